import type { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';

/**
 * Base-128 number, the highest digit first (RFC 3284, section 2; HDiffPatch's packed integers). `bits` says how many of the first byte
 * belong to the number, 7 unless a tag stands above them. At most 2^53 - 1.
 */
export function readBigEndianVarint(reader: ByteReader, what: string, bits = 7): number {
  const start = reader.offset;
  const more = 1 << bits;
  let byte = reader.u8(what) & (2 * more - 1);
  let value = byte & (more - 1);
  let goesOn = (byte & more) !== 0;
  while (goesOn) {
    if (value > 2 ** 46 - 1 || reader.offset - start > 10)
      throw patchError('BAD_HEADER', 'formats', `${what} at offset ${start} is beyond 2^53`, {
        offset: start,
      });
    byte = reader.u8(what);
    value = value * 128 + (byte & 127);
    goesOn = byte >= 128;
  }
  return value;
}

/** The twin of `readBigEndianVarint`. */
export function bigEndianVarint(value: number): Uint8Array<ArrayBuffer> {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift((rest % 128) | 128);
  return Uint8Array.from(digits);
}
