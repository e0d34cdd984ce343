import { patchError } from '../errors/patch-error.js';

/** Throws FormatError: a side table says what no new image can have. */
export function refuseSideTable(offset: number, reason: string): never {
  throw patchError('BAD_STREAM', 'image', `side table, near offset ${offset}: ${reason}`, { offset });
}
