import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What one process took: user + system CPU seconds, peak resident memory. Undefined where it cannot be measured. */
export interface ProcessCost {
  readonly cpuSeconds: number | undefined;
  readonly userSeconds: number | undefined;
  readonly peakKiB: number | undefined;
}

export interface BenchRow {
  readonly tool: string;
  readonly patchBytes: number | undefined;
  readonly create: ProcessCost | undefined;
  readonly apply: ProcessCost | undefined;
  /** Why there is no figure, or what is wrong with it. */
  readonly note: string | undefined;
}

interface Tool {
  readonly name: string;
  readonly program: string;
  create(oldPath: string, newPath: string, patch: string): readonly string[];
  readonly applyProgram?: string;
  apply(oldPath: string, patch: string, out: string): readonly string[];
}

const CLI = fileURLToPath(new URL('./main.js', import.meta.url));

const OWN: readonly Tool[] = ['fast', 'default', 'max'].map((effort) => ({
  name: `deltakit ${effort}`,
  program: process.execPath,
  create: (oldPath, newPath, patch) => [
    CLI,
    'diff',
    oldPath,
    newPath,
    '-o',
    patch,
    '-q',
    '-f',
    '--effort',
    effort,
  ],
  apply: (oldPath, patch, out) => [CLI, 'apply', oldPath, patch, '-o', out, '-q', '-f'],
}));

const PEERS: readonly Tool[] = [
  {
    name: 'bsdiff',
    program: 'bsdiff',
    create: (oldPath, newPath, patch) => [oldPath, newPath, patch],
    applyProgram: 'bspatch',
    apply: (oldPath, patch, out) => [oldPath, out, patch],
  },
  {
    name: 'xdelta3 -9 -S lzma',
    program: 'xdelta3',
    create: (oldPath, newPath, patch) => [
      '-e',
      '-f',
      '-9',
      '-S',
      'lzma',
      '-B',
      String(blockSize(oldPath)),
      '-s',
      oldPath,
      newPath,
      patch,
    ],
    apply: (oldPath, patch, out) => ['-d', '-f', '-B', String(blockSize(oldPath)), '-s', oldPath, patch, out],
  },
  {
    name: 'zstd -19 --patch-from',
    program: 'zstd',
    create: (oldPath, newPath, patch) => [
      '-q',
      '-f',
      '-19',
      '--long=31',
      `--patch-from=${oldPath}`,
      newPath,
      '-o',
      patch,
    ],
    apply: (oldPath, patch, out) => [
      '-q',
      '-f',
      '-d',
      '--long=31',
      '--memory=2048MB',
      `--patch-from=${oldPath}`,
      patch,
      '-o',
      out,
    ],
  },
];

/** xdelta3 sees all of old when its buffer is the next power of two. */
function blockSize(oldPath: string): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1 << 19, statSync(oldPath).size)));
}

/** Every effort and every installed peer on one pair; each operation is a process of its own. */
export function* benchPair(
  oldPath: string,
  newPath: string,
  options: { readonly peers: boolean },
): Generator<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-bench-'));
  try {
    for (const tool of [...OWN, ...(options.peers ? PEERS : [])]) {
      yield runTool(tool, oldPath, newPath, folder);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runTool(tool: Tool, oldPath: string, newPath: string, folder: string): BenchRow {
  const patch = join(folder, 'patch');
  const out = join(folder, 'out');
  for (const path of [patch, out]) rmSync(path, { force: true });
  const missing = { tool: tool.name, patchBytes: undefined, create: undefined, apply: undefined };
  if (!isInstalled(tool.program)) return { ...missing, note: 'not installed' };
  const create = runMeasured(tool.program, tool.create(oldPath, newPath, patch));
  if (create === undefined || !existsSync(patch)) return { ...missing, note: 'creating failed' };
  const patchBytes = statSync(patch).size;
  const apply = runMeasured(tool.applyProgram ?? tool.program, tool.apply(oldPath, patch, out));
  const same = existsSync(out) && Buffer.compare(readFileSync(out), readFileSync(newPath)) === 0;
  return { tool: tool.name, patchBytes, create, apply, note: same ? undefined : 'RESULT DIFFERS' };
}

function isInstalled(program: string): boolean {
  return (
    existsSync(program) ||
    (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
  );
}

const TIME = '/usr/bin/time';

/** Runs a program to its end; undefined when it fails. GNU time measures where it is installed. */
export function runMeasured(program: string, args: readonly string[]): ProcessCost | undefined {
  const measured = existsSync(TIME);
  const command = measured ? TIME : program;
  const words = measured ? ['-f', '\n%U %S %M', program, ...args] : args;
  const { status, stderr } = spawnSync(command, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (status !== 0) return undefined;
  const figures = /(\d+\.\d+) (\d+\.\d+) (\d+)\s*$/.exec(stderr.toString());
  if (figures === null) return { cpuSeconds: undefined, userSeconds: undefined, peakKiB: undefined };
  const [user, system, peakKiB] = figures.slice(1).map(Number) as [number, number, number];
  return { cpuSeconds: user + system, userSeconds: user, peakKiB };
}
