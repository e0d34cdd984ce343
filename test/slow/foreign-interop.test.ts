import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { findMeter, measureProcess } from '../../src/cli/measure-process.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { createForeignSync, type WritableFormat } from '../../src/formats-diff/create-foreign.js';
import { corpusPairs } from '../support/corpus.js';
import { hasTool } from '../support/installed-tool.js';
import { ScratchFolder } from '../support/scratch-folder.js';

/** A tool that makes and applies patches of a format that is written here too. */
interface Tool {
  readonly name: string;
  readonly format: WritableFormat;
  make(old: string, next: string, patch: string): readonly string[];
  apply(old: string, made: string, patch: string): readonly string[];
}

const TOOLS: readonly Tool[] = [
  {
    name: 'bsdiff',
    format: 'bsdiff40',
    make: (old, next, patch) => ['bsdiff', old, next, patch],
    apply: (old, made, patch) => ['bspatch', old, made, patch],
  },
  {
    name: 'xdelta3',
    format: 'vcdiff',
    make: (old, next, patch) => ['xdelta3', '-e', '-9', '-S', 'lzma', '-f', '-s', old, next, patch],
    apply: (old, made, patch) => ['xdelta3', '-d', '-f', '-s', old, patch, made],
  },
  {
    name: 'zstd',
    format: 'zstd',
    make: (old, next, patch) => [
      'zstd',
      '-q',
      '-f',
      '-12',
      '--long=27',
      `--patch-from=${old}`,
      next,
      '-o',
      patch,
    ],
    apply: (old, made, patch) => [
      'zstd',
      '-q',
      '-d',
      '-f',
      '--long=27',
      `--patch-from=${old}`,
      patch,
      '-o',
      made,
    ],
  },
];

/**
 * Pairs of npm packages, whose tools end within minutes. `DELTAKIT_INTEROP=debian` takes those of Debian packages instead, which need the better part of
 * an hour; `DELTAKIT_INTEROP` may be any other expression for the names of pairs too.
 */
const NPM = 'esbuild|fsevents|swc|typescript';
const DEBIAN = 'xml2|jsc|node';
const { DELTAKIT_INTEROP = NPM } = process.env;
const wanted = new RegExp(`^(${DELTAKIT_INTEROP === 'debian' ? DEBIAN : DELTAKIT_INTEROP})`);
const PAIRS = corpusPairs().filter(({ name }) => wanted.test(name));
if (PAIRS.length === 0) {
  console.warn('skipped: no pairs are at hand; npm run bench fetches them');
  // A suite without a test would fail.
  PAIRS.push({ name: 'pairs are at hand', old: '', new: '' });
}

const meter = findMeter();

/** Runs a tool; answers its user seconds. */
function run([program, ...args]: readonly string[]): number {
  const { status, errorText, cost } = measureProcess(meter, program!, args);
  if (status !== 0) throw new Error(`${program}: exit code ${status}: ${errorText}`);
  return cost.userSeconds ?? Number.NaN;
}

/** Runs something here; answers what it made and the user seconds of this process. */
function timed<T>(work: () => T): readonly [made: T, seconds: number] {
  const start = process.cpuUsage();
  const made = work();
  return [made, process.cpuUsage(start).user / 1e6];
}

const HEAD = [
  '| pair | tool | its patch | ours | ours / its | made by it, s | by us, s | ours applied by it, s | its applied by us, s |',
  '|---|---|---|---|---|---|---|---|---|',
];
const rows: string[] = [];
afterAll(() => {
  if (rows.length > 0) console.info(`seconds of user time\n${[...HEAD, ...rows].join('\n')}`);
});

describe.each(TOOLS)('$name both ways', (tool) => {
  const scratch = new ScratchFolder();
  afterAll(() => scratch.clean());
  const isThere = hasTool(tool.name);
  if (!isThere) console.warn(`skipped: there is no ${tool.name}`);

  it.skipIf(!isThere || PAIRS[0]!.old === '').each(PAIRS)('$name', ({ name, old, new: next }) => {
    const [patch, made] = [scratch.file('patch'), scratch.file('made')];
    const [oldBytes, newBytes] = [new Uint8Array(readFileSync(old)), new Uint8Array(readFileSync(next))];
    const madeByIt = run(tool.make(old, next, patch));
    const theirs = new Uint8Array(readFileSync(patch));
    const [byUs, appliedByUs] = timed(() => applyForeignSync(oldBytes, theirs));
    expect(Buffer.compare(byUs, newBytes), 'theirs by us').toBe(0);
    const [ours, madeByUs] = timed(() =>
      createForeignSync(oldBytes, newBytes, { format: tool.format, verify: false }),
    );
    writeFileSync(patch, ours);
    const appliedByIt = run(tool.apply(old, made, patch));
    expect(Buffer.compare(readFileSync(made), newBytes), 'ours by them').toBe(0);
    const sizes = [theirs.length, ours.length, (ours.length / theirs.length).toFixed(3)];
    const times = [madeByIt, madeByUs, appliedByIt, appliedByUs].map((seconds) => seconds.toFixed(2));
    rows.push(`| ${[name, tool.name, ...sizes, ...times].join(' | ')} |`);
    console.info(rows.at(-1));
    // On noise (swc) bzip2's own tables are better by a few bytes in ten thousand.
    if (tool.format === 'bsdiff40') expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.0005);
  });
});
