import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { plainEnvironment } from './cli-program.js';
import { ScratchFolder } from './scratch-folder.js';

/** What a program ended with: a status, or the signal that ended it. */
export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Whether strace can change what the system answers; some containers forbid it. */
export const HAS_STRACE =
  process.platform === 'linux' &&
  spawnSync('strace', ['-qq', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO', 'true']).status === 0;

export const NO_STRACE = 'strace is missing or may not trace: faults of the system are not injected';

/**
 * Runs Node with faults injected into its calls of the system that concern `path`; each of `faults` as strace wants it, for instance
 * `fsync:error=EIO:when=2`. `log` is a file for the calls of `traced`.
 */
export function runWithFaults(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly faults?: readonly string[];
    readonly log?: string;
    readonly traced?: string;
  },
): ProcessEnd {
  const { cwd, faults = [], log = '/dev/null', traced } = options;
  const names = traced ?? faults.map((fault) => fault.split(':')[0]).join(',');
  const words = ['-f', '-qq', '-y', '-o', log, '-e', `trace=${names}`];
  for (const fault of faults) words.push('-e', `inject=${fault}`);
  return end(spawnSync('strace', [...words, process.execPath, ...args], { cwd, env: plainEnvironment() }));
}

/** Runs Node by a shell that sets a limit first. */
export function runWithLimit(limit: string, args: readonly string[], cwd: string): ProcessEnd {
  const words = ['-c', `${limit}; exec "$@"`, 'sh', process.execPath, ...args];
  return end(spawnSync('bash', words, { cwd, env: plainEnvironment() }));
}

function end({ status, signal, stderr }: ReturnType<typeof spawnSync>): ProcessEnd {
  return { status, signal, stderr: String(stderr) };
}

/** A small file system of its own, or undefined where none may be mounted. */
export function mountSmallDisk(options: string): { readonly path: string; unmount(): void } | undefined {
  const folder = new ScratchFolder();
  const path = folder.file('disk');
  mkdirSync(path);
  if (process.platform !== 'linux') return undefined;
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status !== 0) {
    folder.clean();
    return undefined;
  }
  return {
    path,
    unmount() {
      spawnSync('umount', [path]);
      folder.clean();
    },
  };
}
