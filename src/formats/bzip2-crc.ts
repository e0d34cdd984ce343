/** bzip2's checksum: CRC-32 of polynomial 0x04c11db7, the highest bit of a byte first (bzip2's crctable.c describes it). */
const TABLE = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let value = (i << 24) >>> 0;
  for (let bit = 0; bit < 8; bit++)
    value = ((value & 0x80000000) !== 0 ? (value << 1) ^ 0x04c11db7 : value << 1) >>> 0;
  TABLE[i] = value;
}

/** State of the checksum before the first byte. */
export const BZIP2_CRC_START = 0xffffffff;

/** State after more bytes. The checksum is the complement of the last state. */
export function updateBzip2Crc(state: number, bytes: Uint8Array): number {
  let crc = state;
  for (let i = 0; i < bytes.length; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ bytes[i]!]!;
  return crc >>> 0;
}

/** The checksum of a stream with one more block in it. */
export function combineBzip2Crc(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}
