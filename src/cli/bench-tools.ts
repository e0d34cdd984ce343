import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A tool that makes and applies patches, as command lines. */
export interface BenchTool {
  /** Name and what distinguishes its variants: `deltakit max`, `zstd -3 --patch-from`. */
  readonly name: string;
  readonly program: string;
  readonly applyProgram: string;
  /** What distinguishes creating, for the reader of a table. */
  readonly options: string;
  create(oldPath: string, newPath: string, patchPath: string): readonly string[];
  apply(oldPath: string, patchPath: string, outPath: string): readonly string[];
}

const CLI = fileURLToPath(new URL('./main.js', import.meta.url));

/** deltakit's own command at an effort. */
export function ownTool(effort: string, cli = CLI): BenchTool {
  return {
    name: `deltakit ${effort}`,
    program: process.execPath,
    applyProgram: process.execPath,
    options: `--effort ${effort}`,
    create: (oldPath, newPath, patchPath) =>
      [cli, 'diff', oldPath, newPath, '-o', patchPath, '-q', '-f'].concat('--effort', effort),
    apply: (oldPath, patchPath, outPath) => [cli, 'apply', oldPath, patchPath, '-o', outPath, '-q', '-f'],
  };
}

const BSDIFF: BenchTool = {
  name: 'bsdiff',
  program: 'bsdiff',
  applyProgram: 'bspatch',
  options: 'none',
  create: (oldPath, newPath, patchPath) => [oldPath, newPath, patchPath],
  apply: (oldPath, patchPath, outPath) => [oldPath, outPath, patchPath],
};

const XDELTA: BenchTool = {
  name: 'xdelta3 -9 -S lzma',
  program: 'xdelta3',
  applyProgram: 'xdelta3',
  options: '-9 -S lzma -B (the power of two above old)',
  create: (oldPath, newPath, patchPath) => {
    const buffer = ['-B', xdeltaBuffer(oldPath)];
    return ['-e', '-f', '-9', '-S', 'lzma', ...buffer, '-s', oldPath, newPath, patchPath];
  },
  apply: (oldPath, patchPath, outPath) =>
    ['-d', '-f', '-B', xdeltaBuffer(oldPath)].concat('-s', oldPath, patchPath, outPath),
};

/** xdelta3 sees all of old when its buffer is the next power of two. */
function xdeltaBuffer(oldPath: string): string {
  return String(2 ** Math.ceil(Math.log2(Math.max(1 << 19, statSync(oldPath).size))));
}

function zstdTool(level: string): BenchTool {
  const common = (oldPath: string) => ['-q', '-f', '-T1', '--long=31', `--patch-from=${oldPath}`];
  return {
    name: `zstd ${level} --patch-from`,
    program: 'zstd',
    applyProgram: 'zstd',
    options: `${level} -T1 --long=31 --patch-from`,
    create: (oldPath, newPath, patchPath) => [level, ...common(oldPath), newPath, '-o', patchPath],
    apply: (oldPath, patchPath, outPath) =>
      ['-d', '--memory=2048MB', ...common(oldPath)].concat(patchPath, '-o', outPath),
  };
}

export const PEER_TOOLS: readonly BenchTool[] = [BSDIFF, XDELTA, zstdTool('-3'), zstdTool('-19')];

/** Whether a program is there, by its path or on PATH. */
export function isInstalled(program: string): boolean {
  if (existsSync(program)) return true;
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
