import { constants } from 'node:os';
import { patchError } from '../errors/patch-error.js';
import type { StatusName } from '../errors/status.js';
import { translateError } from '../errors/translate-error.js';

const CODES: Record<string, StatusName> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EFBIG: 'NO_SPACE',
  EEXIST: 'DESTINATION_EXISTS',
};

/** Node has no name for a quota that is used up, only its number. */
function codeOf(errno: string, number: number): StatusName | undefined {
  return number === -constants.errno.EDQUOT ? 'NO_SPACE' : CODES[errno];
}

/** Runs a file operation; its failure becomes a StorageError that names the path and the system's reason. */
export function withPath<Result>(
  path: string,
  fallback: 'READ_FAILED' | 'WRITE_FAILED',
  run: () => Result,
): Result {
  return translateError(run, (cause) => storageError(path, fallback, cause));
}

/** What a failed file operation is told as; what is no error of the system comes back as it is. */
export function storageError(
  path: string,
  fallback: 'READ_FAILED' | 'WRITE_FAILED',
  cause: unknown,
): unknown {
  const { errno: number, code: errno } = cause as NodeJS.ErrnoException;
  // Only the system's own errors have a number; a path of the wrong type is the caller's TypeError.
  if (number === undefined || errno === undefined) return cause;
  const verb = fallback === 'READ_FAILED' ? 'read' : 'written';
  return patchError(
    codeOf(errno, number) ?? fallback,
    'storage',
    `${path} could not be ${verb}: ${(cause as Error).message}`,
    { path, errno },
    cause,
  );
}
