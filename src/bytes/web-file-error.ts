import { patchError } from '../errors/patch-error.js';
import type { StatusName } from '../errors/status.js';
import { translateError } from '../errors/translate-error.js';

const CODES: Record<string, StatusName> = {
  QuotaExceededError: 'NO_SPACE',
  // A file that somebody else holds open for writing: another tab, another worker.
  NoModificationAllowedError: 'BUSY',
};

/**
 * What a failed operation on a file of the web is told as: a StorageError that names the file and the browser's reason. Anything but a DOMException
 * is the caller's own mistake, or deltakit's error already, and comes back as it is.
 */
export function webFileError(
  name: string,
  fallback: 'READ_FAILED' | 'WRITE_FAILED',
  cause: unknown,
): unknown {
  if (typeof DOMException !== 'function' || !(cause instanceof DOMException)) return cause;
  // Of an aborted operation the reason is told, which nobody wants wrapped.
  if (cause.name === 'AbortError') return cause;
  const verb = fallback === 'READ_FAILED' ? 'read' : 'written';
  return patchError(
    CODES[cause.name] ?? fallback,
    'storage',
    `${name} could not be ${verb}: ${cause.name}: ${cause.message}`,
    { path: name, reason: cause.name },
    cause,
  );
}

/** Runs an operation on a file of the web; its failure becomes a StorageError. */
export function withWebFile<Result>(
  name: string,
  fallback: 'READ_FAILED' | 'WRITE_FAILED',
  run: () => Result,
): Result {
  return translateError(run, (cause) => webFileError(name, fallback, cause));
}
