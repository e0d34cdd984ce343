/** Options and results of creating a patch. */

import type { Effort } from '../progress/effort.js';
import type { OperationOptions } from '../progress/operation-options.js';

/** How hard to try, what to take and what to store; everything has a default. */
export interface CreateOptions extends OperationOptions {
  /** Default: `default`. */
  readonly effort?: Effort | undefined;
  /** `auto` models executables, `raw` treats the inputs as plain bytes. Default: `auto`. */
  readonly image?: 'auto' | 'raw' | undefined;
  /** Most bytes of linear memory to take; more is a LimitError. Default: 4 GiB - 64 KiB. */
  readonly memoryLimit?: number | undefined;
  /**
   * Threads of Node to share the work, this one included, each with images of its own in memory; the bytes of a patch never depend on
   * them. Elsewhere, and in `createPatchSync`, there is one. Default: 1.
   */
  readonly threads?: number | undefined;
  /** Free key/value texts stored in the header and signed with it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Store the way back from new to old as well, so that an improvement can be removed offline. Default: false. */
  readonly reverse?: boolean | undefined;
  /** Apply the patch back and compare before it is handed out. Default: true. */
  readonly verify?: boolean | undefined;
}

/** What a stream of the patch holds and what it costs, in bytes. */
export interface StreamReport {
  readonly name: string;
  readonly coder: string;
  readonly rawSize: number;
  readonly codedSize: number;
}

/** What the patch is and where its bytes went. */
export interface CreateReport {
  readonly form: 'delta' | 'stored' | 'same';
  readonly formatVersion: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly patchSize: number;
  /** Covers: stretches of new predicted from old. */
  readonly coverCount: number;
  /** Bytes of new that covers predict. */
  readonly coveredBytes: number;
  /** Bytes of new that no cover reaches. */
  readonly gapBytes: number;
  /** Units of 4 covered bytes whose prediction was wrong. */
  readonly wrongUnits: number;
  readonly streams: readonly StreamReport[];
  /** Bytes of linear memory the encoder took at its peak, and what the decoder needs. */
  readonly encoderMemory: number;
  readonly decoderMemory: number;
  /** Bytes of the way back; 0 for none. */
  readonly reverseSize: number;
}

/** A patch, applied back unless `verify` was false, and where its bytes went. */
export interface CreateResult {
  readonly patch: Uint8Array<ArrayBuffer>;
  readonly report: CreateReport;
}
