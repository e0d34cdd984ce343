import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { decodeWithDictionary } from './brotli-decode.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';
import { decodeZstd } from './zstd-decode.js';

/**
 * Dictionary-compressed bodies (RFC 9842, sections 4 and 5): a magic, the SHA-256 of the dictionary, which is the old file, then
 *
 *     dcb   FF 44 43 42                a Brotli stream (RFC 7932) whose window reaches into the dictionary
 *     dcz   5E 2A 4D 18 20 00 00 00    a Zstandard frame; the header is a skippable frame for decoders that know nothing of it
 */
export const DCB_MAGIC: Uint8Array = Uint8Array.of(0xff, 0x44, 0x43, 0x42);
export const DCZ_MAGIC: Uint8Array = Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0);
const DIGEST_SIZE = 32;
export const DCZ_HEADER_SIZE: number = DCZ_MAGIC.length + DIGEST_SIZE;

/** Makes new from old and a `dcb` body; the header says which old it is for. */
export function applyDcb(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ReadOptions,
): Uint8Array<ArrayBuffer> {
  const stream = takeStream(oldBytes, patch, DCB_MAGIC, 'dcb');
  const made = decodeWithDictionary(stream, oldBytes, options);
  assertNewSize(made.length, options);
  return new Uint8Array(made);
}

/** Makes new from old and a `dcz` body; the header says which old it is for. */
export function applyDcz(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ReadOptions,
): Uint8Array<ArrayBuffer> {
  return decodeZstd(takeStream(oldBytes, patch, DCZ_MAGIC, 'dcz'), oldBytes, options);
}

/** What stands behind the header; throws unless it is for this old. */
function takeStream(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  magic: Uint8Array,
  name: 'dcb' | 'dcz',
): Uint8Array {
  const headerSize = magic.length + DIGEST_SIZE;
  if (patch.length < headerSize)
    throw patchError('TRUNCATED', 'formats', `the ${name} header is cut off`, {
      expected: headerSize,
      found: patch.length,
    });
  const expected = patch.subarray(magic.length, headerSize);
  const found = sha256(oldBytes);
  if (!equalBytes(expected, found)) {
    throw patchError(
      'OLD_DIGEST_MISMATCH',
      'verify-old',
      `old is another file: the patch names SHA-256 ${toHex(expected)}, found ${toHex(found)}`,
      { expected: toHex(expected), found: toHex(found) },
    );
  }
  return patch.subarray(headerSize);
}
