/** A bench against an earlier one: what grew, by how much, and whether that is too much. */

import type { BenchRow } from './bench-pair.js';
import type { BenchedPair, BenchResult } from './bench-result.js';
import { count } from './report-text.js';

/** Ratios above which a figure is a regression; undefined: never. */
export interface RegressionLimits {
  readonly bytes: number | undefined;
  /** Of user CPU seconds. They compare only where both runs were made on one quiet machine. */
  readonly seconds: number | undefined;
}

/** A figure of a tool on a pair, then and now. */
export interface FigureChange {
  readonly pair: string;
  readonly tool: string;
  readonly figure: 'patch bytes' | 'create seconds' | 'apply seconds';
  readonly before: number;
  readonly now: number;
  readonly ratio: number;
  readonly tooMuch: boolean;
}

/** Changes of our own tools on the pairs that both runs have, and the names of pairs that only one of them has. */
export interface BenchComparison {
  readonly changes: readonly FigureChange[];
  readonly unmatched: readonly string[];
}

export function compareBenches(
  before: BenchResult,
  now: BenchResult,
  limits: RegressionLimits,
): BenchComparison {
  const others = new Map(before.pairs.map((pair) => [pair.name, pair]));
  const changes = now.pairs.flatMap((pair) => {
    const other = others.get(pair.name);
    return other === undefined ? [] : comparePair(other, pair, limits);
  });
  const unmatched = [...namesMissing(before, now), ...namesMissing(now, before)];
  return { changes, unmatched };
}

function namesMissing(of: BenchResult, from: BenchResult): string[] {
  const there = new Set(from.pairs.map(({ name }) => name));
  return of.pairs.map(({ name }) => name).filter((name) => !there.has(name));
}

function comparePair(before: BenchedPair, now: BenchedPair, limits: RegressionLimits): FigureChange[] {
  return now.rows.flatMap((row) => {
    const other = before.rows.find(({ tool }) => tool === row.tool);
    if (other === undefined || !row.tool.startsWith('deltakit ')) return [];
    return FIGURES.flatMap(({ figure, limit, read }) => {
      const [a, b] = [read(other), read(row)];
      if (a === undefined || b === undefined || a === 0) return [];
      const most = limits[limit];
      const ratio = b / a;
      const tooMuch = most !== undefined && ratio > most;
      return { pair: now.name, tool: row.tool, figure, before: a, now: b, ratio, tooMuch };
    });
  });
}

const FIGURES: readonly {
  readonly figure: FigureChange['figure'];
  readonly limit: keyof RegressionLimits;
  read(row: BenchRow): number | undefined;
}[] = [
  { figure: 'patch bytes', limit: 'bytes', read: ({ patchBytes }) => patchBytes },
  { figure: 'create seconds', limit: 'seconds', read: ({ create }) => create?.userSeconds },
  { figure: 'apply seconds', limit: 'seconds', read: ({ apply }) => apply?.userSeconds },
];

/** Lines for people: every change of bytes, and what is too much. */
export function describeChanges({ changes, unmatched }: BenchComparison): string[] {
  const told = changes.filter(
    ({ figure, ratio, tooMuch }) => tooMuch || (figure === 'patch bytes' && ratio !== 1),
  );
  return [
    ...told.map(({ pair, tool, figure, before, now, ratio, tooMuch }) => {
      const show = (value: number) => (figure === 'patch bytes' ? count(value) : value.toFixed(3));
      return `${tooMuch ? 'TOO MUCH: ' : ''}${pair}, ${tool}, ${figure}: ${show(before)} to ${show(now)}, x ${ratio.toFixed(3)}`;
    }),
    ...(told.length === 0 ? ['no patch differs in size from the compared run'] : []),
    ...unmatched.map((name) => `${name}: in one of the runs only`),
  ];
}
