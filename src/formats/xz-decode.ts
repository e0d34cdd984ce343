import { ByteReader } from '../bytes/byte-reader.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { crc32 } from './crc32.js';
import { crc64 } from './crc64.js';
import { Lzma2Decoder } from './lzma2-decode.js';
import { littleEndian32, readXzBlockHeader, readXzStreamHeader, XZ_CHECK_SIZES } from './xz-header.js';

/**
 * One xz stream (xz file format 1.1): header, blocks of LZMA2, index, footer. Block sizes, the index, the footer and the check of each block are
 * checked: CRC-32, CRC-64 or SHA-256, where it has one. Answers at most `limit` bytes.
 */
export function decodeXz(bytes: Uint8Array, what: string, limit: number): Uint8Array<ArrayBuffer> {
  const reader = new ByteReader(bytes, 'formats');
  const check = readXzStreamHeader(reader, what);
  const bad = (message: string) => patchError('BAD_STREAM', 'formats', `${what}: ${message} (xz)`);
  const pieces: Uint8Array[] = [];
  const sizes: (readonly [unpadded: number, size: number])[] = [];
  let left = limit;
  for (;;) {
    const start = reader.offset;
    const header = readXzBlockHeader(reader, what);
    if (header === undefined) break;
    const bodyStart = reader.offset;
    const decoder = new Lzma2Decoder(what);
    const end = decoder.decode(bytes, bodyStart, left);
    if (!decoder.hasEnded) throw patchError('TRUNCATED', 'formats', `${what}: the xz data ends too early`);
    const made = decoder.made;
    if (
      (header.codedSize ?? end - bodyStart) !== end - bodyStart ||
      (header.newSize ?? made.length) !== made.length
    )
      throw bad('a block has another size than its header says');
    reader.offset = end;
    const padding = (4 - ((end - start) % 4)) % 4;
    if (reader.take(padding, `${what}: padding`).some((byte) => byte !== 0))
      throw bad('the padding of a block is not zero');
    const sum = reader.take(XZ_CHECK_SIZES[check]!, `${what}: the check of a block`);
    if (!equalBytes(sum, checkOf(check, made))) throw bad('the check of a block is wrong');
    sizes.push([end - start + sum.length, made.length]);
    pieces.push(made);
    left -= made.length;
  }
  readIndex(reader, bytes, sizes, check, what, bad);
  reader.done(`${what}: the xz stream`);
  const whole = new Uint8Array(limit - left);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The check of a block's bytes (xz file format 1.1, section 3.4). */
function checkOf(kind: number, made: Uint8Array): Uint8Array {
  switch (kind) {
    case 1: {
      const sum = new Uint8Array(4);
      new DataView(sum.buffer).setUint32(0, crc32(made), true);
      return sum;
    }
    case 4:
      return crc64(made);
    case 10:
      return sha256(made);
    default:
      return NO_CHECK;
  }
}

const NO_CHECK = new Uint8Array(0);

function readIndex(
  reader: ByteReader,
  bytes: Uint8Array,
  sizes: readonly (readonly [number, number])[],
  check: number,
  what: string,
  bad: (message: string) => Error,
): void {
  // The mark of the index was read.
  const start = reader.offset - 1;
  if (reader.varint(`${what}: the index`) !== sizes.length) throw bad('the index counts other blocks');
  for (const [unpadded, size] of sizes) {
    if (reader.varint(`${what}: the index`) !== unpadded || reader.varint(`${what}: the index`) !== size)
      throw bad('the index has other sizes');
  }
  const padding = (4 - ((reader.offset - start) % 4)) % 4;
  if (reader.take(padding, `${what}: the index`).some((byte) => byte !== 0))
    throw bad('the padding of the index is not zero');
  const end = reader.offset;
  if (littleEndian32(reader.take(4, `${what}: the index`), 0) !== crc32(bytes.subarray(start, end)))
    throw bad('the checksum of the index is wrong');
  const footer = reader.take(12, `${what}: the xz footer`);
  const isGood =
    littleEndian32(footer, 0) === crc32(footer.subarray(4, 10)) &&
    4 * (littleEndian32(footer, 4) + 1) === end + 4 - start &&
    footer[8] === 0 &&
    footer[9] === check &&
    footer[10] === 0x59 &&
    footer[11] === 0x5a;
  if (!isGood) throw bad('the footer is malformed');
}
