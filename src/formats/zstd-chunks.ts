import { PatchError, patchError } from '../errors/patch-error.js';
import type { Chunks } from './chunk-source.js';
import { decodeZstd } from './zstd-decode.js';

const NO_PREFIX = new Uint8Array(0);

/** A stream inside a patch that is coded in Zstandard frames, decoded at once when it is first asked for; at most `limit` bytes. */
export function* zstdChunks(bytes: Uint8Array, what: string, limit: number): Chunks {
  let made: Uint8Array;
  try {
    made = decodeZstd(bytes, NO_PREFIX, { maxNewSize: limit });
  } catch (error) {
    // What is too long for this stream is no limit of the caller's.
    if (!(error instanceof PatchError) || error.code !== 'NEW_SIZE_LIMIT') throw error;
    throw patchError(
      'BAD_STREAM',
      'formats',
      `${what} holds more than the ${limit} bytes that are of use`,
      { expected: limit },
      error,
    );
  }
  if (made.length > 0) yield made;
}
