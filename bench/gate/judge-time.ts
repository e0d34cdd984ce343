/** Whether the head build is slower than the base build: by much, not by chance, and twice. */

import { compareRounds } from '../micro/rank-agreement.js';
import { medianOf } from '../micro/statistics.js';
import { slowerByChance } from './mann-whitney.js';

/** Slower by less than this share is no failure, whatever the statistics say. */
export const RATIO_LIMIT = 1.1;
/** A difference must be less likely than this to come by chance. */
export const CHANCE_LIMIT = 0.01;
/** Fewest observations a side; with fewer a single slow spell could decide. */
export const FEWEST_ROUNDS = 10;

/** User CPU seconds of one operation, one observation a round and build. */
export interface RoundTimes {
  readonly name: string;
  readonly base: readonly number[];
  readonly head: readonly number[];
}

export interface TimeVerdict {
  readonly name: string;
  readonly baseSeconds: number;
  readonly headSeconds: number;
  /** Median of head over median of base. */
  readonly ratio: number;
  /** Probability that equal builds differ so. */
  readonly chance: number;
  readonly slower: boolean;
}

/** Judges one series of rounds. `benchmark`'s own test must agree. */
export function judgeTime({ name, base, head }: RoundTimes): TimeVerdict {
  if (Math.min(base.length, head.length) < FEWEST_ROUNDS) {
    throw new RangeError(
      `judgeTime: needs ${FEWEST_ROUNDS} rounds, got ${base.length} of base and ${head.length} of head`,
    );
  }
  const [baseSeconds, headSeconds] = [medianOf(base), medianOf(head)];
  const ratio = headSeconds / baseSeconds;
  const chance = slowerByChance(head, base);
  const slower = ratio > RATIO_LIMIT && chance < CHANCE_LIMIT && compareRounds(base, head) > 0;
  return { name, baseSeconds, headSeconds, ratio, chance, slower };
}
