import type { ExpectedDigests } from '../formats/expect-results.js';
import type { ForeignFormat } from '../formats/foreign-format.js';
import type { ReadOptions } from '../formats/foreign-options.js';
import { WRITABLE_FORMATS, type WritableFormat } from '../formats-diff/create-foreign.js';
import type { Effort } from '../progress/effort.js';
import type { OperationOptions } from '../progress/operation-options.js';

/** A format that `convertPatch` reads. */
export type ConvertSource = ForeignFormat | 'deltakit';
/** A format that `convertPatch` writes. */
export type ConvertTarget = WritableFormat | 'deltakit';

/** Every format that `convertPatch` writes. */
export const CONVERT_TARGETS: readonly ConvertTarget[] = ['deltakit', ...WRITABLE_FORMATS];

/** Which format to write, and what old is. */
export interface ConvertOptions extends ReadOptions, OperationOptions {
  readonly to: ConvertTarget;
  /** Which format it is; default: by its first bytes. */
  readonly from?: ConvertSource | undefined;
  /** The file that the patch is for. With it every conversion is possible, and the result is proved on it. */
  readonly old?: Uint8Array | undefined;
  /** Make the patch anew from `old` even where it could be carried over: it may become smaller. */
  readonly rebuild?: boolean | undefined;
  /** How hard the matcher searches where the patch is made anew. Default: that of the target format. */
  readonly effort?: Effort | undefined;
  /** Most bytes of linear memory to take; more is a LimitError. */
  readonly memoryLimit?: number | undefined;
  /** Digests that old and new must have; they need `old`. */
  readonly expect?: ExpectedDigests | undefined;
}

/** What converting did, and what the result no longer says. */
export interface ConvertReport {
  readonly from: ConvertSource;
  readonly to: ConvertTarget;
  /** `carried`: what the patch says was written in the other format. `rebuilt`: new was made, and a patch to it from old. */
  readonly way: 'carried' | 'rebuilt';
  /** Whether the result was applied to old and made the same new as the patch that was given. */
  readonly proved: boolean;
  /** SHA-256 of new, in hexadecimal; null where old was not given. */
  readonly newDigest: string | null;
  /** What the patch said that the result does not say. */
  readonly dropped: readonly string[];
  readonly patchSize: number;
  readonly resultSize: number;
}

/** The converted patch. */
export interface ConvertResult {
  readonly patch: Uint8Array<ArrayBuffer>;
  readonly report: ConvertReport;
}
