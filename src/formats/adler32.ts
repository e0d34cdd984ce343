/** Longest stretch for which the sums stay below 2^32 (RFC 1950's reference code calls it NMAX). */
const STRETCH = 5552;
const PRIME = 65521;

/** Adler-32 of bytes (RFC 1950, section 9), from a starting value: 1 in RFC 1950, 0 in open-vcdiff. */
export function adler32(bytes: Uint8Array, start: number): number {
  let a = start & 0xffff;
  let b = start >>> 16;
  for (let from = 0; from < bytes.length; from += STRETCH) {
    const to = Math.min(bytes.length, from + STRETCH);
    for (let i = from; i < to; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= PRIME;
    b %= PRIME;
  }
  return ((b << 16) | a) >>> 0;
}
