import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Builds the package when dist/ is missing: what is measured is what users run. Answers the command line's file. */
export function ensureBuilt(): string {
  const cli = fileURLToPath(new URL('../dist/bin/main.js', import.meta.url));
  if (!existsSync(cli)) {
    process.stdout.write('Building the package first ...\n');
    // npm is a script on Windows, which only a shell can start.
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: ROOT,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  return cli;
}
