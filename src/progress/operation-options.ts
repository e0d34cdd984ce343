/** Progress of an operation: `done` of `total` bytes of the named stage. At most 20 reports a second. */
export interface Progress {
  readonly stage: 'digest' | 'match' | 'predict' | 'encode' | 'verify' | 'apply' | 'write' | 'download';
  readonly done: number;
  readonly total: number;
}

/** Options that every long operation has. */
export interface OperationOptions {
  /** Aborts the operation; it rejects with `signal.reason`. Ignored by the Sync twins. */
  readonly signal?: AbortSignal | undefined;
  /** Called as the work goes on; an error that it throws is ignored. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Run the SIMD or the scalar kernels; default: SIMD where the engine has it. The bytes are the same. */
  readonly simd?: boolean | undefined;
}
