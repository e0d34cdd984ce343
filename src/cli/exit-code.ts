import { PatchError } from '../errors/patch-error.js';
import type { ErrorClass } from '../errors/status.js';

/** Exit codes of the command line, one per reaction of a caller. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  wrongOld: 3,
  badPatch: 4,
  signature: 5,
  limit: 6,
  storage: 7,
  wrongResult: 8,
  policy: 9,
  interrupted: 130,
} as const;

/** What the exit codes mean, for help and manual. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'ok'],
  [EXIT.failure, 'other failure'],
  [EXIT.usage, 'wrong usage'],
  [EXIT.wrongOld, 'wrong old file'],
  [EXIT.badPatch, 'malformed or truncated patch'],
  [EXIT.signature, 'signature'],
  [EXIT.limit, 'a limit was hit'],
  [EXIT.storage, 'reading or writing failed, or no space'],
  [EXIT.wrongResult, 'the result differs'],
  [EXIT.policy, 'refused by a rule of the release layer'],
  [EXIT.interrupted, 'interrupted; temporary files are removed'],
];

const BY_CLASS: Record<ErrorClass, number> = {
  FormatError: EXIT.badPatch,
  MismatchError: EXIT.wrongOld,
  SignatureError: EXIT.signature,
  VerifyError: EXIT.wrongResult,
  LimitError: EXIT.limit,
  StorageError: EXIT.storage,
  KernelError: EXIT.failure,
  PolicyError: EXIT.policy,
};

/** A wrong command line. */
export class UsageError extends Error {}

/** A check that failed, with its exit code; what failed was told already, the message sums it up. */
export class CheckFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CheckFailure) return error.exitCode;
  if (error instanceof PatchError) return BY_CLASS[error.name as ErrorClass] ?? EXIT.failure;
  if (isAbort(error)) return EXIT.interrupted;
  return EXIT.failure;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
