import type { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';

/** Base-128 number, the highest digit first (RFC 3284, section 2). At most 2^53 - 1. */
export function readBigEndianVarint(reader: ByteReader, what: string): number {
  const start = reader.offset;
  let byte = reader.u8(what);
  let value = byte & 127;
  let goesOn = byte >= 128;
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
