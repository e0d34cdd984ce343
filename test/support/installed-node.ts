import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ScratchFolder } from './scratch-folder.js';

/** Installs a Node version from the npm registry; undefined when that cannot be reached. */
export function installNode(folder: ScratchFolder, version: string): string | undefined {
  const place = folder.file(`node-${version}`);
  mkdirSync(place);
  try {
    execFileSync('npm', ['install', '--prefix', place, '--no-audit', '--no-fund', `node@${version}`], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  const program = join(place, 'node_modules/node/bin/node');
  return existsSync(program) ? program : undefined;
}
