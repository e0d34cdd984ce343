import { type PatchError, patchError } from '../errors/patch-error.js';

/** FormatError(BAD_STREAM) of the entropy stage. */
export function badStream(message: string): PatchError {
  return patchError('BAD_STREAM', 'entropy', message);
}
