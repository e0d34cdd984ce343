import { type ErrorClass, type StatusName, statusClass } from './status.js';

/** Stage of the work in which an error arose: the folder names of the flow. */
export type Stage =
  | 'arguments'
  | 'image'
  | 'match'
  | 'predict'
  | 'residual'
  | 'control'
  | 'entropy'
  | 'container'
  | 'signature'
  | 'verify-old'
  | 'apply'
  | 'verify-new'
  | 'storage'
  | 'bundle'
  | 'formats'
  | 'kernels'
  | 'levels'
  | 'publisher'
  | 'agent';

/** Plain facts about an error: what was expected, what was found, where. Survives JSON. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null>>;

const BRAND = Symbol.for('deltakit.PatchError');

/**
 * Base of every error that deltakit throws about patches, images and storage. Wrong arguments throw
 * TypeError or RangeError instead. `code` says what happened, the subclass says what to do about it,
 * `stage` where it happened, `data` the facts. `instanceof` works across copies of the package.
 */
export class PatchError extends Error {
  readonly code: StatusName;
  readonly stage: Stage;
  readonly data: ErrorData;

  constructor(code: StatusName, stage: Stage, message: string, data: ErrorData = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.stage = stage;
    this.data = data;
    this.name = statusClass(code);
  }

  /** Which subclass this is; survives bundling, minifying and copies of the package. */
  get [BRAND](): ErrorClass {
    return statusClass(this.code);
  }

  toJSON(): { name: string; code: StatusName; stage: Stage; message: string; data: ErrorData } {
    return { name: this.name, code: this.code, stage: this.stage, message: this.message, data: this.data };
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasBrand(value, this.prototype === PatchError.prototype ? undefined : this.brandName);
  }

  /** @internal Brand that subclasses answer to; undefined on the base. */
  static readonly brandName: ErrorClass | undefined = undefined;
}

function hasBrand(value: unknown, name: ErrorClass | undefined): boolean {
  if (typeof value !== 'object' || value === null || !(BRAND in value)) return false;
  return name === undefined || (value as Record<symbol, unknown>)[BRAND] === name;
}

/** The patch is malformed, truncated, has trailing bytes or needs a newer reader: drop it, take the full image. */
export class FormatError extends PatchError {
  static override readonly brandName: ErrorClass = 'FormatError';
}
/** The old image is not the one that the patch was made from: choose another patch or the full image. */
export class MismatchError extends PatchError {
  static override readonly brandName: ErrorClass = 'MismatchError';
}
/** The signature is missing or does not hold: refuse, report loudly, never fall back silently. */
export class SignatureError extends PatchError {
  static override readonly brandName: ErrorClass = 'SignatureError';
}
/** The result is not the promised new image: discard it. */
export class VerifyError extends PatchError {
  static override readonly brandName: ErrorClass = 'VerifyError';
}
/** A limit on size, memory or operations was hit: retry with other limits or take the full image. */
export class LimitError extends PatchError {
  static override readonly brandName: ErrorClass = 'LimitError';
}
/** Reading or writing storage failed: retry later. */
export class StorageError extends PatchError {
  static override readonly brandName: ErrorClass = 'StorageError';
}
/** A kernel trapped or answered an unknown status: a bug; keep the evidence. */
export class KernelError extends PatchError {
  static override readonly brandName: ErrorClass = 'KernelError';
}
/** The release layer's rules say no, or not now: a lock, a frozen history, stale metadata, an unhealthy level. */
export class PolicyError extends PatchError {
  static override readonly brandName: ErrorClass = 'PolicyError';
}

const CLASSES: Record<ErrorClass, typeof PatchError> = {
  FormatError,
  MismatchError,
  SignatureError,
  VerifyError,
  LimitError,
  StorageError,
  KernelError,
  PolicyError,
};

/** Makes the error of the class that `code` belongs to. */
export function patchError(
  code: StatusName,
  stage: Stage,
  message: string,
  data: ErrorData = {},
  cause?: unknown,
): PatchError {
  return new CLASSES[statusClass(code)](code, stage, message, data, cause);
}
