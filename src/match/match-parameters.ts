import type { EffortLevel } from '../progress/effort.js';

/** How the matcher looks for copies; see assembly/match/scan-matches.ts. */
export interface MatchParameters {
  /** Bytes of a seed: 8, 12 or 16. */
  readonly seedSize: number;
  /** Every `stride`-th position of old is a seed. */
  readonly stride: number;
  /** Positions kept per hash bucket: 1 or 4. */
  readonly ways: number;
  /** Least equal bytes among the next 32 for the scan to stay on its diagonal. */
  readonly tolerance: number;
}

const FAST: MatchParameters = { seedSize: 16, stride: 16, ways: 1, tolerance: 20 };
const DEFAULT: MatchParameters = { seedSize: 12, stride: 4, ways: 4, tolerance: 28 };
const MAX: MatchParameters = { seedSize: 12, stride: 2, ways: 4, tolerance: 30 };

/** Parameters of an effort level. */
export function matchParameters(effort: EffortLevel): MatchParameters {
  if (effort <= 3) return FAST;
  return effort <= 6 ? DEFAULT : MAX;
}
