import type { EffortLevel } from '../progress/effort.js';

/** How a pair is compared and coded. */
export interface DiffSettings {
  readonly effort: EffortLevel;
  readonly image: 'auto' | 'raw';
  readonly simd?: boolean | undefined;
  readonly memoryLimit?: number | undefined;
  /** Matches coarsely and only tells the sizes of long streams: for an estimate. */
  readonly quick?: boolean | undefined;
  /** The effort that streams are coded with, where it is another. */
  readonly codingEffort?: EffortLevel | undefined;
}
