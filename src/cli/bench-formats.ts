/**
 * A bench in the formats that dashboards read:
 * `github`: an array of figures of which smaller is better, for benchmark-action/github-action-benchmark (`customSmallerIsBetter`);
 * `bencher`: Bencher Metric Format, an object of benchmarks, each of measures (https://bencher.dev/docs/reference/bencher-metric-format/);
 * `benchmarkjs`: a line an operation as `benchmark` prints it (operations a second of user CPU time), which github-action-benchmark reads too;
 * `markdown`: a table a pair, for a comment or a job summary.
 */

import type { BenchedPair, BenchResult } from './bench-result.js';
import type { ProcessCost } from './measure-process.js';
import { count } from './report-text.js';

export const BENCH_FORMATS = ['github', 'bencher', 'benchmarkjs', 'markdown'] as const;
export type BenchFormat = (typeof BENCH_FORMATS)[number];

export function formatBench(result: BenchResult, format: BenchFormat): string {
  switch (format) {
    case 'github':
      return `${JSON.stringify(listFigures(result), null, 2)}\n`;
    case 'bencher':
      return `${JSON.stringify(toBencher(result), null, 2)}\n`;
    case 'benchmarkjs':
      return benchmarkLines(result);
    case 'markdown':
      return result.pairs.map(markdownOf).join('\n');
  }
}

/** `name x 1.23 ops/sec ±0.00% (3 runs sampled)`: a bench keeps medians, so the spread is not told. */
function benchmarkLines({ rounds, pairs }: BenchResult): string {
  return pairs
    .flatMap(({ name, rows }) =>
      rows.flatMap(({ tool, create, apply }) => [
        ...benchmarkLine(`${name}, ${tool}: create`, create?.userSeconds, rounds),
        ...benchmarkLine(`${name}, ${tool}: apply`, apply?.userSeconds, rounds),
      ]),
    )
    .join('');
}

function benchmarkLine(name: string, seconds: number | undefined, rounds: number): string[] {
  // Less than the system accounts for: no rate.
  if (seconds === undefined || seconds <= 0) return [];
  const rate = (1 / seconds).toFixed(seconds > 0.01 ? 2 : 0);
  return [`${name} x ${rate} ops/sec ±0.00% (${rounds} run${rounds === 1 ? '' : 's'} sampled)\n`];
}

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

function listFigures({ pairs }: BenchResult): Figure[] {
  return pairs.flatMap(({ name, rows }) =>
    rows.flatMap(({ tool, patchBytes, create, apply }) => {
      const title = `${name}, ${tool}`;
      return [
        ...figure(`${title}: patch`, 'bytes', patchBytes),
        ...costFigures(`${title}: create`, create),
        ...costFigures(`${title}: apply`, apply),
      ];
    }),
  );
}

function costFigures(title: string, cost: ProcessCost | undefined): Figure[] {
  return [
    ...figure(`${title}, user CPU`, 's', cost?.userSeconds),
    ...figure(`${title}, peak memory`, 'KiB', cost?.peakKiB),
  ];
}

function figure(name: string, unit: string, value: number | undefined): Figure[] {
  return value === undefined ? [] : [{ name, unit, value }];
}

/** Measures are named by their slugs; Bencher makes those that it does not know. */
function toBencher({ pairs }: BenchResult): Record<string, Record<string, { readonly value: number }>> {
  return Object.fromEntries(
    pairs.flatMap(({ name, rows }) =>
      rows.map(({ tool, patchBytes, create, apply }) => {
        const measures: [string, number | undefined][] = [
          ['patch-bytes', patchBytes],
          ['create-user-seconds', create?.userSeconds],
          ['create-peak-kib', create?.peakKiB],
          ['apply-user-seconds', apply?.userSeconds],
          ['apply-peak-kib', apply?.peakKiB],
        ];
        const known = measures.flatMap(([slug, value]) => (value === undefined ? [] : [[slug, { value }]]));
        return [`${name}, ${tool}`, Object.fromEntries(known)];
      }),
    ),
  );
}

function markdownOf({ name, oldSize, newSize, rows }: BenchedPair): string {
  const seconds = (cost: ProcessCost | undefined) => cost?.userSeconds?.toFixed(2) ?? '-';
  const memory = (cost: ProcessCost | undefined) =>
    cost?.peakKiB === undefined ? '-' : String(Math.round(cost.peakKiB / 1024));
  return [
    `### ${escapeMarkdown(name)}`,
    '',
    `${count(oldSize)} to ${count(newSize)} bytes`,
    '',
    '| tool | patch bytes | create s | MiB | apply s | MiB | |',
    '|---|---:|---:|---:|---:|---:|---|',
    ...rows.map(
      ({ tool, patchBytes, create, apply, note }) =>
        `| ${tool} | ${patchBytes === undefined ? '-' : count(patchBytes)} | ${seconds(create)} | ${memory(create)} | ${seconds(apply)} | ${memory(apply)} | ${escapeMarkdown(note ?? '')} |`,
    ),
    '',
  ].join('\n');
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, '\\$&').replaceAll('\n', ' ');
}
