import { describe, expect, it } from 'vitest';
import { compareBenches, describeChanges } from '../../src/cli/bench-compare.js';
import { formatBench } from '../../src/cli/bench-formats.js';
import type { BenchRow } from '../../src/cli/bench-pair.js';
import type { BenchResult } from '../../src/cli/bench-result.js';

function rowOf(tool: string, patchBytes: number, seconds = 0.5): BenchRow {
  const cost = { userSeconds: seconds, cpuSeconds: seconds * 1.2, peakKiB: 2048 };
  return { tool, patchBytes, create: cost, apply: cost, outcome: 'same', note: undefined };
}

function benchOf(...rows: BenchRow[]): BenchResult {
  return { rounds: 1, pairs: [{ name: '1 to 2: lib', oldSize: 1000, newSize: 1100, rows }] };
}

const MISSING: BenchRow = {
  tool: 'bsdiff',
  patchBytes: undefined,
  create: undefined,
  apply: undefined,
  outcome: 'missing',
  note: 'not installed | <at all>',
};
const RESULT = benchOf(rowOf('deltakit default', 1234), MISSING);

describe('formats of a bench', () => {
  it('github: figures of which smaller is better', () => {
    expect(JSON.parse(formatBench(RESULT, 'github'))).toEqual([
      { name: '1 to 2: lib, deltakit default: patch', unit: 'bytes', value: 1234 },
      { name: '1 to 2: lib, deltakit default: create, user CPU', unit: 's', value: 0.5 },
      { name: '1 to 2: lib, deltakit default: create, peak memory', unit: 'KiB', value: 2048 },
      { name: '1 to 2: lib, deltakit default: apply, user CPU', unit: 's', value: 0.5 },
      { name: '1 to 2: lib, deltakit default: apply, peak memory', unit: 'KiB', value: 2048 },
    ]);
  });

  it('bencher: benchmarks of measures', () => {
    expect(JSON.parse(formatBench(RESULT, 'bencher'))).toEqual({
      '1 to 2: lib, deltakit default': {
        'patch-bytes': { value: 1234 },
        'create-user-seconds': { value: 0.5 },
        'create-peak-kib': { value: 2048 },
        'apply-user-seconds': { value: 0.5 },
        'apply-peak-kib': { value: 2048 },
      },
      '1 to 2: lib, bsdiff': {},
    });
  });

  it('benchmarkjs: a line an operation, in the form that github-action-benchmark parses', () => {
    const text = formatBench(RESULT, 'benchmarkjs');
    expect(text).toBe(`1 to 2: lib, deltakit default: create x 2.00 ops/sec ±0.00% (1 run sampled)
1 to 2: lib, deltakit default: apply x 2.00 ops/sec ±0.00% (1 run sampled)
`);
    // The pattern of its `benchmarkjs` reader.
    const line = /^ x ([0-9,.]+)\s+(\S+)\s+((?:\u00b1|\u00b1)[^%]+%) \((\d+) runs? sampled\)$/;
    for (const one of text.trimEnd().split('\n')) expect(one.slice(one.indexOf(' x '))).toMatch(line);
  });

  it('markdown: a table, messages kept from being markup', () => {
    expect(formatBench(RESULT, 'markdown')).toBe(`### 1 to 2: lib

1,000 to 1,100 bytes

| tool | patch bytes | create s | MiB | apply s | MiB | |
|---|---:|---:|---:|---:|---:|---|
| deltakit default | 1,234 | 0.50 | 2 | 0.50 | 2 |  |
| bsdiff | - | - | - | - | - | not installed \\| \\<at all\\> |
`);
  });
});

describe('a bench against an earlier one', () => {
  const before = benchOf(rowOf('deltakit default', 1000), rowOf('bsdiff', 2000));

  it('tells bytes that changed, ours only', () => {
    const now = benchOf(rowOf('deltakit default', 1050), rowOf('bsdiff', 9000));
    const comparison = compareBenches(before, now, { bytes: 1.1, seconds: undefined });
    expect(comparison.changes.filter(({ tooMuch }) => tooMuch)).toEqual([]);
    expect(describeChanges(comparison)).toEqual([
      '1 to 2: lib, deltakit default, patch bytes: 1,000 to 1,050, x 1.050',
    ]);
  });

  it('finds what is above the limits, of bytes and of seconds', () => {
    const now = benchOf(rowOf('deltakit default', 1101, 0.6));
    const limits = { bytes: 1.1, seconds: 1.1 };
    expect(describeChanges(compareBenches(before, now, limits))).toEqual([
      'TOO MUCH: 1 to 2: lib, deltakit default, patch bytes: 1,000 to 1,101, x 1.101',
      'TOO MUCH: 1 to 2: lib, deltakit default, create seconds: 0.500 to 0.600, x 1.200',
      'TOO MUCH: 1 to 2: lib, deltakit default, apply seconds: 0.500 to 0.600, x 1.200',
    ]);
    expect(
      compareBenches(before, now, { bytes: undefined, seconds: undefined }).changes.some(
        ({ tooMuch }) => tooMuch,
      ),
    ).toBe(false);
  });

  it('exactly at the limit is no regression', () => {
    const now = benchOf(rowOf('deltakit default', 1100));
    const { changes } = compareBenches(before, now, { bytes: 1.1, seconds: undefined });
    expect(changes.some(({ tooMuch }) => tooMuch)).toBe(false);
  });

  it('names pairs that only one run has', () => {
    const other = { rounds: 1, pairs: [{ ...before.pairs[0]!, name: 'else' }] };
    expect(describeChanges(compareBenches(before, other, { bytes: 1, seconds: 1 }))).toEqual([
      'no patch differs in size from the compared run',
      '1 to 2: lib: in one of the runs only',
      'else: in one of the runs only',
    ]);
  });
});
