/** Options and results of creating a patch. */

/** How hard to try: a preset or 0..9 (`fast` = 2, `default` = 5, `max` = 9). */
export type Effort = 'fast' | 'default' | 'max' | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** Progress of an operation: `done` of `total` bytes of the named stage. At most 20 reports a second. */
export interface Progress {
  readonly stage: 'digest' | 'match' | 'predict' | 'encode' | 'verify' | 'apply' | 'write';
  readonly done: number;
  readonly total: number;
}

export interface OperationOptions {
  /** Aborts the operation; it rejects with `signal.reason`. Ignored by the Sync twins. */
  readonly signal?: AbortSignal;
  /** Called as the work goes on; an error that it throws is ignored. */
  readonly onProgress?: (progress: Progress) => void;
  /** Run the SIMD or the scalar kernels; default: SIMD where the engine has it. The bytes are the same. */
  readonly simd?: boolean;
}

export interface CreateOptions extends OperationOptions {
  /** Default: `default`. */
  readonly effort?: Effort;
  /** `auto` models executables, `raw` treats the inputs as plain bytes. Default: `auto`. */
  readonly image?: 'auto' | 'raw';
  /** Most bytes of linear memory to take; more is a LimitError. Default: 4 GiB - 64 KiB. */
  readonly memoryLimit?: number;
  /** Worker threads; the bytes of a patch never depend on them. Default: 1. */
  readonly threads?: number;
  /** Free key/value texts stored in the header and signed with it. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Apply the patch back and compare before it is handed out. Default: true. */
  readonly verify?: boolean;
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
  readonly oldSize: number;
  readonly newSize: number;
  readonly patchSize: number;
  /** Covers: stretches of new predicted from old. */
  readonly coverCount: number;
  /** Bytes of new that covers predict. */
  readonly coveredBytes: number;
  /** Bytes of new that no cover reaches. */
  readonly gapBytes: number;
  /** Covered bytes whose prediction was wrong. */
  readonly wrongBytes: number;
  readonly streams: readonly StreamReport[];
  /** Bytes of linear memory the encoder took at its peak, and what the decoder needs. */
  readonly encoderMemory: number;
  readonly decoderMemory: number;
}

export interface CreateResult {
  readonly patch: Uint8Array<ArrayBuffer>;
  readonly report: CreateReport;
}
