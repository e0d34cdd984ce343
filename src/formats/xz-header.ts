import type { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import { crc32 } from './crc32.js';

/** Kinds of checks behind a block: none, CRC-32, CRC-64 and SHA-256 (xz file format 1.1, section 2.1.1.2), and their sizes. */
export const XZ_CHECK_SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };

/** Reads the header of an xz stream; answers the kind of its checks. */
export function readXzStreamHeader(reader: ByteReader, what: string): number {
  const header = reader.take(12, `${what}: the xz header`);
  const magic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
  if (!magic.every((byte, i) => header[i] === byte)) throw bad(what, 'is no xz stream');
  if (crc32(header.subarray(6, 8)) !== littleEndian32(header, 8))
    throw bad(what, 'the checksum of the xz header is wrong');
  const check = header[7]!;
  if (header[6] !== 0 || XZ_CHECK_SIZES[check] === undefined) {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'formats',
      `${what}: xz flags ${header[6]} ${check} are not known`,
    );
  }
  return check;
}

/** Sizes that an xz block's header may state. */
export interface XzBlockHeader {
  readonly codedSize: number | undefined;
  readonly newSize: number | undefined;
}

/** Reads the header of a block whose one filter is LZMA2; undefined at the index, whose mark (a zero byte) is read. */
export function readXzBlockHeader(reader: ByteReader, what: string): XzBlockHeader | undefined {
  const start = reader.offset;
  const sizeByte = reader.u8(`${what}: the xz block header`);
  if (sizeByte === 0) return undefined;
  const size = 4 * (sizeByte + 1);
  reader.offset = start;
  const header = reader.take(size, `${what}: the xz block header`);
  if (crc32(header.subarray(0, size - 4)) !== littleEndian32(header, size - 4))
    throw bad(what, 'the checksum of an xz block header is wrong');
  const flags = header[1]!;
  if ((flags & 0x3f) !== 0) throw unsupported(what);
  let at = 2;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < size - 4 && scale < 2 ** 50; scale *= 128) {
      const byte = header[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw bad(what, 'a number in an xz block header is malformed');
  };
  const codedSize = (flags & 0x40) === 0 ? undefined : varint();
  const newSize = (flags & 0x80) === 0 ? undefined : varint();
  const filter = varint();
  const propertySize = varint();
  if (filter !== 0x21 || propertySize !== 1) throw unsupported(what);
  at++;
  for (; at < size - 4; at++)
    if (header[at] !== 0) throw bad(what, 'the padding of an xz block header is not zero');
  return { codedSize, newSize };
}

export function littleEndian32(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>>
    0
  );
}

function bad(what: string, message: string): Error {
  return patchError('BAD_STREAM', 'formats', `${what}: ${message}`);
}

function unsupported(what: string): Error {
  return patchError('UNSUPPORTED_FEATURE', 'formats', `${what}: an xz block has other filters than LZMA2`);
}
