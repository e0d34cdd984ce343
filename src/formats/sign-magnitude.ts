import { patchError } from '../errors/patch-error.js';

const TWO_32 = 2 ** 32;

/**
 * bsdiff's integers: 8 bytes, the lowest first, the magnitude in 63 bits and the sign in the highest (bsdiff 4.3, offtin). Minus zero is
 * legal. Magnitudes from 2^53 on are refused: no file is that long, and sums of them would not be exact.
 */
export function readSignMagnitude(bytes: Uint8Array, offset: number, what: string): number {
  const low = bytes[offset]! + bytes[offset + 1]! * 0x100 + bytes[offset + 2]! * 0x10000;
  const middle = bytes[offset + 3]! + bytes[offset + 4]! * 0x100 + bytes[offset + 5]! * 0x10000;
  const high = bytes[offset + 6]! + (bytes[offset + 7]! & 127) * 0x100;
  if (high >= 32) throw patchError('BAD_HEADER', 'formats', `${what} is beyond 2^53`, { offset });
  const magnitude = low + middle * 2 ** 24 + high * 2 ** 48;
  return (bytes[offset + 7]! & 128) === 0 || magnitude === 0 ? magnitude : -magnitude;
}

/** The twin of `readSignMagnitude`, for safe integers. */
export function writeSignMagnitude(bytes: Uint8Array, offset: number, value: number): void {
  const magnitude = Math.abs(value);
  let low = magnitude % TWO_32;
  let high = Math.floor(magnitude / TWO_32);
  for (let i = 0; i < 4; i++) {
    bytes[offset + i] = low & 255;
    bytes[offset + 4 + i] = high & 255;
    low = Math.floor(low / 256);
    high = Math.floor(high / 256);
  }
  if (value < 0) bytes[offset + 7]! |= 128;
}
