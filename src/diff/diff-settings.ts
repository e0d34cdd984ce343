import type { EffortLevel } from '../progress/effort.js';

/** How a pair is compared and coded. */
export interface DiffSettings {
  readonly effort: EffortLevel;
  readonly image: 'auto' | 'raw';
  readonly simd?: boolean | undefined;
  readonly memoryLimit?: number | undefined;
  /** Long streams are only told their size (entropy/estimate-stream.ts): for an estimate. */
  readonly quick?: boolean | undefined;
}
