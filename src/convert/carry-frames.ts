import { ByteReader } from '../bytes/byte-reader.js';
import { concatBytes } from '../bytes/concat-bytes.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { DCZ_HEADER_SIZE, DCZ_MAGIC } from '../formats/dictionary-transport.js';
import { beginFrame } from '../formats/zstd-decode.js';
import { fitsDcz } from '../formats-diff/zstd-write.js';

/** The frames inside a `dcz`: what `zstd -d --patch-from=OLD` takes. Their headers are checked, their blocks are not decoded. */
export function carryDczToZstd(patch: Uint8Array): Uint8Array<ArrayBuffer> {
  if (patch.length < DCZ_HEADER_SIZE)
    throw patchError('TRUNCATED', 'formats', 'the dcz header is cut off', {
      expected: DCZ_HEADER_SIZE,
      found: patch.length,
    });
  const frames = patch.slice(DCZ_HEADER_SIZE);
  largestWindow(frames);
  return frames;
}

/** The frames of `zstd --patch-from` behind the digest of old; undefined where their window is larger than clients of `dcz` must take. */
export function carryZstdToDcz(oldBytes: Uint8Array, patch: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (!fitsDcz(oldBytes.length, largestWindow(patch))) return undefined;
  return concatBytes(DCZ_MAGIC, sha256(oldBytes), patch);
}

/** Largest window of Zstandard frames, from their headers and those of their blocks (RFC 8878, section 3.1.1). */
function largestWindow(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes, 'formats');
  let largest = 0;
  while (beginFrame(reader)) {
    const descriptor = reader.u8('the frame header');
    const isSingle = (descriptor & 32) !== 0;
    if (!isSingle) {
      const window = reader.u8('the window descriptor');
      largest = Math.max(largest, 2 ** (10 + (window >>> 3)) * (1 + (window & 7) / 8));
    }
    reader.take([0, 1, 2, 4][descriptor & 3]!, 'the dictionary id');
    const contentSize = readContentSize(reader, descriptor >>> 6, isSingle);
    if (isSingle) largest = Math.max(largest, contentSize);
    for (let isLast = false; !isLast; ) {
      const [a, b, c] = reader.take(3, 'a block header') as unknown as [number, number, number];
      isLast = (a & 1) !== 0;
      // A block of one repeated byte holds that byte alone.
      reader.take(((a >>> 1) & 3) === 1 ? 1 : (a >>> 3) | (b << 5) | (c << 13), 'a block');
    }
    if ((descriptor & 4) !== 0) reader.take(4, 'the checksum');
  }
  return largest;
}

function readContentSize(reader: ByteReader, flag: number, isSingle: boolean): number {
  if (flag === 0) return isSingle ? reader.u8('the content size') : 0;
  const bytes = reader.take([0, 2, 4, 8][flag]!, 'the content size');
  let size = 0;
  for (let i = bytes.length - 1; i >= 0; i--) size = size * 256 + bytes[i]!;
  return flag === 1 ? size + 256 : size;
}
