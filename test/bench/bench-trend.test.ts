import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORPUS } from '../../bench/corpus.js';
import { addToHistory, readHistory, summarizeRun } from '../../bench/history.js';
import { groupByClass, PAIR_CLASSES } from '../../bench/pair-class.js';
import { renderReport } from '../../bench/report.js';
import { drawTrends } from '../../bench/trend-page.js';
import { makeEntry, makePairResult, makeRun } from '../support/bench-run.js';
import { checkXml } from '../support/check-xml.js';
import { ScratchFolder } from '../support/scratch-folder.js';

function runOf(date: string, commit: string, bytes: number) {
  return makeRun({
    date,
    commit,
    pairs: [
      makePairResult('alpha', {
        entries: [makeEntry('deltakit default', bytes, [0.5, 0.25]), makeEntry('bsdiff', 100_000, [4, 0.5])],
      }),
    ],
  });
}

describe('the history', () => {
  it('keeps sizes, and times as ratios to bsdiff', () => {
    expect(summarizeRun(runOf('2030-01-02T03:04:05Z', 'abc', 40_000))).toEqual({
      date: '2030-01-02T03:04:05Z',
      commit: 'abc',
      node: '20.19.0',
      figures: [
        { pair: 'alpha', tool: 'deltakit default', bytes: 40_000, createSpeedUp: 8, applySpeedUp: 2 },
      ],
    });
  });

  it('takes each run once', () => {
    const folder = new ScratchFolder();
    try {
      const file = folder.file('history.jsonl');
      for (const commit of ['a', 'b', 'a']) addToHistory(runOf('2030-01-02T03:04:05Z', commit, 1), file);
      expect(readHistory(file).map(({ commit }) => commit)).toEqual(['a', 'b']);
      expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
    } finally {
      folder.clean();
    }
  });
});

describe('the trend', () => {
  const history = [
    summarizeRun(runOf('2030-02-01T00:00:00Z', 'second', 20_000)),
    summarizeRun(runOf('2030-01-01T00:00:00Z', 'first', 40_000)),
  ];

  it('goes from the oldest run to the newest, the first = 1', () => {
    const files = new Map(drawTrends(history));
    const chart = files.get('charts/trend.svg')!;
    checkXml(chart);
    expect(chart).toContain('alpha: 40,000, 20,000 bytes');
    expect(chart).toContain('alpha × 0.50');
    expect(chart.indexOf('first')).toBeLessThan(chart.indexOf('second'));
    const page = files.get('TRENDS.md')!;
    expect(page.indexOf('2030-02-01')).toBeLessThan(page.indexOf('2030-01-01'));
    expect(page).toContain('| alpha | default | 20,000 | 8.00 | 2.00 |');
  });

  it('stands in the report once there is a history', () => {
    expect([...renderReport([makeRun()]).keys()]).not.toContain('TRENDS.md');
    expect([...renderReport([makeRun()], history).keys()]).toContain('TRENDS.md');
  });
});

describe('classes of pairs', () => {
  it('name every pair of the corpus once', () => {
    const named = PAIR_CLASSES.flatMap(({ pairs }) => pairs).sort();
    expect(named).toEqual(CORPUS.map(({ name }) => name).sort());
  });

  it('get a chart each where bsdiff ran', () => {
    const pairs = [makePairResult('jsc-arm64-2.52.6-2.54.0'), makePairResult('typescript-js-6.0.2-6.0.3')];
    expect(groupByClass(pairs).map(({ group }) => group.slug)).toEqual(['releases', 'modules']);
    const files = renderReport([makeRun({ pairs })]);
    expect([...files.keys()].filter((path) => path.includes('speed'))).toEqual([
      'charts/speed-releases.svg',
      'charts/speed-modules.svg',
    ]);
    expect(files.get('BENCHMARKS.md')).toContain('](charts/speed-releases.svg)');
  });
});
