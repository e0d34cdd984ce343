/**
 * What files have in common, without matching them: fingerprints at places that the content itself chooses. A rolling sum over 32
 * bytes ("gear": W. Xia et al., "FastCDC", USENIX ATC 2016) chooses about one place in 1,024, the same ones in every file that holds those
 * 32 bytes, wherever they stand. The share of common fingerprints is about the share of common content.
 */

const PLACES_LOG2 = 10;
/** Fingerprints of 64 MB; of a larger file the first ones. */
const MAX_FINGERPRINTS = 1 << 16;

/** Random numbers for bytes, the same everywhere: xorshift32 from a fixed start. */
const GEAR = (() => {
  let state = 0x9e3779b9;
  return Uint32Array.from({ length: 256 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
})();

export function fingerprintsOf(bytes: Uint8Array): Set<number> {
  const found = new Set<number>();
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    sum = ((sum << 1) + GEAR[bytes[i]!]!) | 0;
    if (i >= 31 && sum >>> (32 - PLACES_LOG2) === 0) {
      found.add(sum);
      if (found.size === MAX_FINGERPRINTS) break;
    }
  }
  return found;
}

/** How many of `a`'s fingerprints `b` has. */
export function countCommon(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let common = 0;
  for (const fingerprint of a) if (b.has(fingerprint)) common++;
  return common;
}
