import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { createForeignSync, type WritableFormat } from '../../src/formats-diff/create-foreign.js';
import { corpusPairs } from '../support/corpus.js';
import { hasTool } from '../support/installed-tool.js';
import { ScratchFolder } from '../support/scratch-folder.js';

/** A tool that makes and applies patches of a format that is written here too. */
interface Tool {
  readonly name: string;
  readonly format: WritableFormat;
  make(old: string, next: string, patch: string): void;
  apply(old: string, made: string, patch: string): void;
}

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'ignore' });
const TOOLS: readonly Tool[] = [
  {
    name: 'bsdiff',
    format: 'bsdiff40',
    make: (old, next, patch) => run('bsdiff', old, next, patch),
    apply: (old, made, patch) => run('bspatch', old, made, patch),
  },
  {
    name: 'xdelta3',
    format: 'vcdiff',
    make: (old, next, patch) => run('xdelta3', '-e', '-9', '-S', 'lzma', '-f', '-s', old, next, patch),
    apply: (old, made, patch) => run('xdelta3', '-d', '-f', '-s', old, patch, made),
  },
  {
    name: 'zstd',
    format: 'zstd',
    make: (old, next, patch) =>
      run('zstd', '-q', '-f', '-12', '--long=27', `--patch-from=${old}`, next, '-o', patch),
    apply: (old, made, patch) =>
      run('zstd', '-q', '-d', '-f', '--long=27', `--patch-from=${old}`, patch, '-o', made),
  },
];

/** Pairs of npm packages, whose tools end within minutes. */
const PAIRS = corpusPairs().filter(({ name }) => /^(esbuild|fsevents|swc|typescript)/.test(name));
if (PAIRS.length === 0) console.warn('skipped: no pairs are at hand; npm run bench fetches them');

describe.each(TOOLS)('$name both ways', (tool) => {
  const scratch = new ScratchFolder();
  afterAll(() => scratch.clean());
  const isThere = hasTool(tool.name);

  it.skipIf(!isThere || PAIRS.length === 0).each(PAIRS)('$name', ({ name, old, new: next }) => {
    const [patch, made] = [scratch.file('patch'), scratch.file('made')];
    const [oldBytes, newBytes] = [new Uint8Array(readFileSync(old)), new Uint8Array(readFileSync(next))];
    tool.make(old, next, patch);
    const theirs = new Uint8Array(readFileSync(patch));
    expect(Buffer.compare(applyForeignSync(oldBytes, theirs), newBytes), 'theirs by us').toBe(0);
    const start = process.cpuUsage();
    const ours = createForeignSync(oldBytes, newBytes, { format: tool.format, verify: false });
    const seconds = process.cpuUsage(start).user / 1e6;
    writeFileSync(patch, ours);
    tool.apply(old, made, patch);
    expect(Buffer.compare(readFileSync(made), newBytes), 'ours by them').toBe(0);
    console.info(
      `${name}: ${tool.name} ${theirs.length} bytes, ours ${ours.length} in ${seconds.toFixed(2)} s of user time`,
    );
    // On noise (swc) bzip2's own tables are better by a few bytes in ten thousand.
    if (tool.format === 'bsdiff40') expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.0005);
  });
});
