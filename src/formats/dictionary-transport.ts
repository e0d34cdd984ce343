import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import type { ReadOptions } from './foreign-options.js';
import { decodeZstd } from './zstd-decode.js';

/**
 * `dcz`, dictionary-compressed Zstandard (RFC 9842, section 5): 8 bytes that make the header a skippable frame, the SHA-256 of the dictionary,
 * which is the old file, then a Zstandard frame.
 */
export const DCZ_MAGIC: Uint8Array = Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0);
export const DCZ_HEADER_SIZE = 40;

/** Makes new from old and a `dcz` body; the header says which old it is for. */
export function applyDcz(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ReadOptions,
): Uint8Array<ArrayBuffer> {
  if (patch.length < DCZ_HEADER_SIZE)
    throw patchError('TRUNCATED', 'formats', 'the dcz header is cut off', {
      expected: DCZ_HEADER_SIZE,
      found: patch.length,
    });
  const expected = patch.subarray(DCZ_MAGIC.length, DCZ_HEADER_SIZE);
  const found = sha256(oldBytes);
  if (!equalBytes(expected, found)) {
    throw patchError(
      'OLD_DIGEST_MISMATCH',
      'verify-old',
      `old is another file: the patch names SHA-256 ${toHex(expected)}, found ${toHex(found)}`,
      { expected: toHex(expected), found: toHex(found) },
    );
  }
  return decodeZstd(patch.subarray(DCZ_HEADER_SIZE), oldBytes, options);
}
