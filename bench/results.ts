import type { BenchRow } from '../src/cli/bench-pair.js';

/** Version of the results' JSON. */
export const RESULTS_SCHEMA = 1;

/** CPU seconds (user + system) of the default effort in a warm process. */
export interface WarmCost {
  readonly create: { readonly median: number; readonly least: number };
  readonly apply: { readonly median: number; readonly least: number };
}

export interface PairResult {
  readonly name: string;
  readonly what: string;
  readonly oldSize: number;
  readonly newSize: number;
  readonly newDigest: string;
  readonly rows: readonly BenchRow[];
  readonly warm: WarmCost | undefined;
}

export interface BenchResults {
  readonly schema: number;
  readonly commit: string;
  readonly version: string;
  readonly node: string;
  readonly machine: string;
  readonly pairs: readonly PairResult[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}
