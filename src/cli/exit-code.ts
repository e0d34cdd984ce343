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
  interrupted: 130,
} as const;

const BY_CLASS: Record<ErrorClass, number> = {
  FormatError: EXIT.badPatch,
  MismatchError: EXIT.wrongOld,
  SignatureError: EXIT.signature,
  VerifyError: EXIT.wrongResult,
  LimitError: EXIT.limit,
  StorageError: EXIT.storage,
  KernelError: EXIT.failure,
};

/** What to do next, told after the message. */
const ADVICE: Record<ErrorClass, string> = {
  FormatError: 'Fetch the patch again; if it stays so, take the full file.',
  MismatchError: 'Choose the patch that was made from this file, or take the full file.',
  SignatureError: 'Do not use this patch.',
  VerifyError: 'Nothing was kept. Try again; if it stays so, take the full file and report it.',
  LimitError: 'Raise the limit if you trust the patch, or take the full file.',
  StorageError: 'Mend the cause and run the command again; nothing was half-written.',
  KernelError: 'This is a bug of deltakit; please report it with the inputs.',
};

/** A wrong command line. */
export class UsageError extends Error {}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof PatchError) return BY_CLASS[error.name as ErrorClass] ?? EXIT.failure;
  if (error instanceof Error && error.name === 'AbortError') return EXIT.interrupted;
  return EXIT.failure;
}

/** Lines that tell a person what went wrong and what to do. */
export function describeError(error: unknown): string {
  if (error instanceof PatchError) {
    return `deltakit: ${error.message} [${error.code}]\n${ADVICE[error.name as ErrorClass] ?? ''}`.trimEnd();
  }
  if (error instanceof UsageError) return `deltakit: ${error.message}`;
  return `deltakit: ${error instanceof Error ? error.message : String(error)}`;
}
