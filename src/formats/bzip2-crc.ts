/**
 * bzip2's checksum: CRC-32 of polynomial 0x04c11db7, the highest bit of a byte first (bzip2's crctable.c describes it), four bytes a turn:
 * `TABLE` has what a byte does to the state when 0, 1, 2 or 3 more follow it, 256 entries for each.
 */
const TABLE = new Int32Array(1024);
for (let i = 0; i < 256; i++) {
  let value = (i << 24) >>> 0;
  for (let bit = 0; bit < 8; bit++)
    value = ((value & 0x80000000) !== 0 ? (value << 1) ^ 0x04c11db7 : value << 1) >>> 0;
  TABLE[i] = value;
}
for (let i = 0; i < 768; i++) TABLE[i + 256] = (TABLE[i]! << 8) ^ TABLE[TABLE[i]! >>> 24]!;

/** State of the checksum before the first byte. */
export const BZIP2_CRC_START = 0xffffffff;

/** State after more bytes. The checksum is the complement of the last state. */
export function updateBzip2Crc(state: number, bytes: Uint8Array): number {
  let crc = state | 0;
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += 4) {
    const word = crc ^ ((bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!);
    crc =
      TABLE[768 + (word >>> 24)]! ^
      TABLE[512 + ((word >>> 16) & 255)]! ^
      TABLE[256 + ((word >>> 8) & 255)]! ^
      TABLE[word & 255]!;
  }
  for (; i < bytes.length; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ bytes[i]!]!;
  return crc >>> 0;
}

/** The checksum of a stream with one more block in it. */
export function combineBzip2Crc(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}
