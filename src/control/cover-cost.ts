/**
 * What a cover will cost in the control stream before the stream is written: a fixed prior of the adaptive model, in
 * 1/16 bit, for matchers that weigh a cover against leaving it out. `priceCovers` gives the real price of a whole list.
 *
 * Numbers of bytes are spread about evenly over their orders of magnitude: a few bits say which, and one bit per
 * doubling says where in it. Integers only, so that matchers that decide by it decide alike everywhere.
 */

/** Flags and the head's index. */
const ORIGIN_PRICE = 56;
/** Where a cover comes from, when no earlier end is near: log2 of a quarter of old, and the flags. */
const FAR_FLAGS = 40;
const MAGNITUDE_PRICE = 40;
const NO_GAP_PRICE = 14;
const GAP_PRICE = 24;

/** About log2(value + 1) in 1/16, for 0 <= value < 2^31: linear between powers of two. */
function logOf(value: number): number {
  const plusOne = value + 1;
  const bits = 31 - Math.clz32(plusOne);
  return bits * 16 + (bits >= 4 ? (plusOne >>> (bits - 4)) & 15 : (plusOne << (4 - bits)) & 15);
}

function bytesPrice(bytes: number): number {
  return MAGNITUDE_PRICE + logOf(Math.min(bytes, 0x7ffffff0) >>> 2);
}

export interface CoverShape {
  /** Bytes of new between the end of the cover before and this one. */
  readonly gap: number;
  /** Bytes of old between where the cover begins and the nearest earlier cover's end plus the gap; either sign. */
  readonly distance: number;
  readonly length: number;
  readonly oldSize: number;
}

/** Price of one cover in 1/16 bit. */
export function estimateCoverCost({ gap, distance, length, oldSize }: CoverShape): number {
  const gapPrice = gap === 0 ? NO_GAP_PRICE : GAP_PRICE + bytesPrice(gap);
  const near = ORIGIN_PRICE + bytesPrice(Math.abs(distance));
  const far = FAR_FLAGS + logOf(Math.min(oldSize, 0xfffffff8) >>> 2);
  return gapPrice + Math.min(near, far) + bytesPrice(length);
}
