/** Builds to compare: the working tree, and a revision that is checked out and built beside it once. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILDS = join(ROOT, '.cache/bench/builds');

export interface Build {
  readonly name: string;
  /** The folder to import from. */
  readonly dist: string;
}

/** Builds the working tree as it is. */
export function buildHead(): Build {
  run('npm', ['run', '--silent', 'build'], ROOT);
  return { name: 'the working tree', dist: join(ROOT, 'dist') };
}

/** Builds a revision, once for all time: its commit names the folder. Throws RangeError on an unknown revision. */
export function buildRevision(revision: string): Build {
  const commit = resolveRevision(revision);
  const folder = join(BUILDS, commit);
  if (!existsSync(folder)) {
    const tree = `${folder}.unfinished`;
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(tree, { recursive: true });
    const archive = execFileSync('git', ['archive', '--format=tar', commit], {
      cwd: ROOT,
      maxBuffer: 1 << 30,
    });
    execFileSync('tar', ['-xf', '-', '-C', tree], { input: archive });
    takeDependencies(tree);
    run('npm', ['run', '--silent', 'build'], tree);
    renameSync(tree, folder);
  }
  return { name: `${revision} (${commit.slice(0, 12)})`, dist: join(folder, 'dist') };
}

function resolveRevision(revision: string): string {
  try {
    const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    throw new RangeError(`--base: git knows no commit ${revision}`);
  }
}

/** With the same lockfile the dependencies are the same; else the revision gets its own. */
function takeDependencies(tree: string): void {
  const lockOf = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (lockOf(tree) === lockOf(ROOT)) symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  else run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], tree);
}

function run(program: string, args: readonly string[], cwd: string): void {
  // npm is a script on Windows, which only a shell can start.
  execFileSync(program, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}
