import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  compareWithBaseline,
  findBestPeer,
  geometricMean,
  hasBaseline,
  speedUpOver,
} from '../../bench/compare-tools.js';
import { formatCount, formatMebibytes, formatRatio, formatSeconds } from '../../bench/format-figure.js';
import { renderReport, writeReport } from '../../bench/report.js';
import { mergeRuns } from '../../bench/report-page.js';
import { medianCpu, medianUser, peakMemory, readResults } from '../../bench/results.js';
import { makeEntry, makePairResult, makeRun } from '../support/bench-run.js';
import { ScratchFolder } from '../support/scratch-folder.js';

describe('the report', () => {
  test('of known results is a known text', async () => {
    const page = renderReport([makeRun()]).get('BENCHMARKS.md')!;
    await expect(page).toMatchFileSnapshot('snapshots/benchmarks-page.txt');
  });

  test('does not depend on the order of the runs', () => {
    const [one, two] = [
      makeRun(),
      makeRun({ date: '2030-02-01T00:00:00Z', pairs: [makePairResult('beta')] }),
    ];
    expect(renderReport([one, two])).toEqual(renderReport([two, one]));
  });

  test('takes the newest figures of a pair', () => {
    const newer = makePairResult('alpha', { entries: [makeEntry('deltakit default', 7, [1, 1])] });
    const runs = [makeRun(), makeRun({ date: '2031-01-01T00:00:00Z', pairs: [newer] })];
    expect(mergeRuns(runs).find(({ name }) => name === 'alpha')).toBe(newer);
  });

  test('says so when nothing could be compared', () => {
    const alone = makePairResult('solo', { entries: [makeEntry('deltakit default', 7, [1, 1])] });
    const report = renderReport([makeRun({ pairs: [alone], kernels: [], skipped: [] })]);
    expect(report.get('BENCHMARKS.md')).toContain('| solo | 2,100,000 | 7 | - | - |');
    expect([...report.keys()].filter((path) => path.includes('speed'))).toEqual([]);
  });

  test('is written from files, and files of another schema are refused', () => {
    const scratch = new ScratchFolder();
    onTestFinished(() => scratch.clean());
    const folder = scratch.path;
    const file = scratch.file('run.json');
    writeFileSync(file, JSON.stringify(makeRun()));
    expect(writeReport([file], folder, [])).toEqual(['docs/BENCHMARKS.md', 'docs/charts/sizes.svg']);
    expect(readFileSync(join(folder, 'BENCHMARKS.md'), 'utf8')).toBe(
      renderReport([makeRun()]).get('BENCHMARKS.md'),
    );
    writeFileSync(file, JSON.stringify({ ...makeRun(), schemaVersion: 1 }));
    expect(() => readResults(file)).toThrow(
      'expected results of schema deltakit-bench 2, found deltakit-bench 1',
    );
  });
});

describe('comparisons', () => {
  const pair = makePairResult('alpha');

  test('medians of user and of all CPU seconds, and the largest peak', () => {
    const samples = { userSeconds: [3, 1, 2], systemSeconds: [0.5, 0.25, 4], peakKiB: [10, 30, 20] };
    expect([medianUser(samples), medianCpu(samples), peakMemory(samples)]).toEqual([2, 3.5, 30]);
    const none = { userSeconds: [], systemSeconds: [], peakKiB: [] };
    expect([medianUser(none), medianCpu(none), peakMemory(none)]).toEqual([undefined, undefined, undefined]);
  });

  test('how many times faster', () => {
    expect(speedUpOver(pair, 'deltakit default', 'bsdiff', 'create')).toEqual({ user: 8, cpu: 8 });
    expect(speedUpOver(pair, 'deltakit default', 'absent', 'apply')).toEqual({
      user: undefined,
      cpu: undefined,
    });
  });

  test('the best peer may be a listed one, and is never ours', () => {
    expect(findBestPeer(pair)).toEqual({ tool: 'bsdiff', bytes: 100_000, listed: false });
    const listed = makePairResult('esbuild-macho-0.28.1-0.28.2');
    expect(findBestPeer({ ...listed, entries: [] })).toEqual({
      tool: 'bsdiff+xz',
      bytes: 463_200,
      listed: true,
    });
  });

  test('a measured size hides the listed one of the same tool', () => {
    const named = makePairResult('fsevents-fat-2.3.2-2.3.3', {
      entries: [makeEntry('bsdiff', 4_000, [1, 1])],
    });
    expect(findBestPeer(named)).toEqual({ tool: 'bsdiff', bytes: 4_000, listed: false });
  });

  test('a result with a problem counts nowhere', () => {
    const wrong = { ...makeEntry('bsdiff', 1, [1, 1]), problem: 'RESULT DIFFERS FROM NEW' };
    const broken = makePairResult('alpha', { entries: [makeEntry('deltakit default', 9, [1, 1]), wrong] });
    expect(findBestPeer(broken)).toBeUndefined();
    expect(hasBaseline(broken)).toBe(false);
    expect(hasBaseline(makePairResult('alpha'))).toBe(true);
  });

  test('means are over the tools that all pairs have', () => {
    const other = makePairResult('beta', { entries: pair.entries.slice(0, 2) });
    const points = compareWithBaseline([pair, other], 'create');
    expect(points.map(({ tool }) => tool)).toEqual(['deltakit default', 'bsdiff']);
    expect(points[0]!.bytes).toBeCloseTo(0.4);
    expect(points[0]!.seconds).toBeCloseTo(0.125);
  });

  test('geometric mean', () => {
    expect(geometricMean([1, 4])).toBeCloseTo(2);
    expect(() => geometricMean([])).toThrow(RangeError);
  });
});

describe('figures as text', () => {
  test('counts and memory', () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([formatMebibytes(2048), formatMebibytes(undefined), formatCount(undefined)]).toEqual([
      '2',
      '-',
      '-',
    ]);
  });

  test('seconds no finer than milliseconds', () => {
    expect([0.0004, 0.1234, 1.234, 12.34, 123.4].map(formatSeconds)).toEqual([
      '0.000',
      '0.123',
      '1.23',
      '12.3',
      '123',
    ]);
  });

  test('ratios on both sides of 1', () => {
    expect([0.0012, 0.043, 0.41, 1.2, 35.21, 120.4].map(formatRatio)).toEqual([
      '0.0012',
      '0.043',
      '0.41',
      '1.20',
      '35.2',
      '120',
    ]);
    expect([undefined, Number.POSITIVE_INFINITY, Number.NaN].map(formatRatio)).toEqual(['-', '-', '-']);
  });
});
