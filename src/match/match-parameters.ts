import type { EffortLevel } from '../progress/effort.js';

/** How the matcher searches: what it indexes of old and when it leaves a diagonal (assembly/match). */
export interface MatchParameters {
  /** Every stride-th offset of old is indexed. */
  readonly stride: number;
  /** Bytes of a seed, 8 to 16. */
  readonly seedSize: number;
  /** Offsets that the index remembers per bucket. */
  readonly ways: number;
  /** The diagonal is good while this many of the next 32 bytes agree. */
  readonly tolerance: number;
  /** A diagonal is better when the present one has more mismatches than this over the run that was found. */
  readonly advantage: number;
  /** A cover must have this many more equal bytes than wrong ones. */
  readonly minimumGain: number;
  /** Gaps are searched again for shorter seeds of 6 to 16 bytes ... */
  readonly gapSeedSize: number;
  /** ... at every gapStride-th offset of old ... */
  readonly gapStride: number;
  /** ... at most this far from where their neighbours' diagonals lead; 0 leaves them. */
  readonly gapReach: number;
  readonly gapMinimumGain: number;
}

const DEFAULT: MatchParameters = {
  stride: 4,
  seedSize: 12,
  ways: 4,
  tolerance: 28,
  advantage: 8,
  minimumGain: 18,
  gapSeedSize: 8,
  gapStride: 1,
  gapReach: 2048,
  gapMinimumGain: 12,
};
/** Gaps are filled in two thirds of the time with every second offset: bun grows by 0.1 %, with every fourth by 0.6 %, xml2 then by 3.5 %. */
const FAST: MatchParameters = { ...DEFAULT, stride: 16, seedSize: 16, ways: 1, gapStride: 2 };
/**
 * A stricter tolerance finds more matches, but of tables at the wrong entry, which mislead the map of addresses: on
 * node-arm64 tolerance 30 made 42,141 bytes of 20,500.
 */
const MAX: MatchParameters = { ...DEFAULT, stride: 1, seedSize: 10, ways: 8 };

const BY_EFFORT: Readonly<Record<EffortLevel, MatchParameters>> = {
  0: FAST,
  1: FAST,
  2: FAST,
  3: { ...FAST, stride: 8, ways: 2 },
  4: { ...DEFAULT, ways: 2 },
  5: DEFAULT,
  6: DEFAULT,
  7: { ...DEFAULT, stride: 2 },
  8: MAX,
  9: MAX,
};

/** The matcher's parameters for an effort level. */
export function matchParameters(effort: EffortLevel): MatchParameters {
  return BY_EFFORT[effort];
}
