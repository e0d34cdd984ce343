/**
 * Whether two benchmark libraries rank the cases of a group alike. Two cases are ordered when the per-round medians
 * differ by the Mann-Whitney U test of `benchmark` (5 %, two-sided) and by more than a margin; each library may
 * leave a pair open, but where both order it they must agree.
 *
 * The test is fed one median per round: raw samples of one round depend on one another, and thousands of them
 * would call any difference significant.
 */

import Benchmark from 'benchmark';
import { medianOf } from './statistics.js';

/** Fewest rounds for which the test's table has a critical value; below, `compare` calls everything significant. */
export const FEWEST_ROUNDS = 5;
/** Differences below this share are no ranking, whatever the test says. */
export const MARGIN = 0.05;

/** 1 when `a` takes less time, -1 when more, 0 when the rounds do not tell. */
export function compareRounds(a: readonly number[], b: readonly number[]): -1 | 0 | 1 {
  if (Math.min(a.length, b.length) < FEWEST_ROUNDS) {
    throw new RangeError(`compareRounds: needs ${FEWEST_ROUNDS} rounds, got ${a.length} and ${b.length}`);
  }
  const [left, right] = [withSample(a), withSample(b)];
  const verdict = Math.sign(left.compare(right)) as -1 | 0 | 1;
  const [fast, slow] = [medianOf(a), medianOf(b)].sort((x, y) => x - y) as [number, number];
  return slow > fast * (1 + MARGIN) ? verdict : 0;
}

function withSample(sample: readonly number[]): Benchmark {
  const bench = new Benchmark(() => {});
  bench.stats = { ...bench.stats, sample: [...sample] };
  return bench;
}

export interface RankedCase {
  readonly name: string;
  /** Per-round medians by each library, in any unit of time. */
  readonly first: readonly number[];
  readonly second: readonly number[];
}

export interface PairVerdict {
  readonly faster: string;
  readonly slower: string;
  readonly agrees: boolean;
}

/** Every pair that both libraries order, named as the first orders it. */
export function judgePairs(cases: readonly RankedCase[]): PairVerdict[] {
  const verdicts: PairVerdict[] = [];
  cases.forEach((a, i) => {
    for (const b of cases.slice(i + 1)) {
      const first = compareRounds(a.first, b.first);
      const second = compareRounds(a.second, b.second);
      if (first === 0 || second === 0) continue;
      const [faster, slower] = first > 0 ? [a, b] : [b, a];
      verdicts.push({ faster: faster.name, slower: slower.name, agrees: first === second });
    }
  });
  return verdicts;
}

/** Names from fastest to slowest by the median of the rounds' medians. */
export function rankByMedian(cases: readonly { name: string; rounds: readonly number[] }[]): string[] {
  return [...cases].sort((a, b) => medianOf(a.rounds) - medianOf(b.rounds)).map(({ name }) => name);
}
