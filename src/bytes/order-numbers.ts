// The order of numbers by their size: a radix sort of their places, eleven bits at a time from the lowest on, each pass stable.
//
// Tables hold tens of thousands of offsets, and are sorted in processes that live for a second: a comparing function would be called
// half a million times before it is compiled. Time and memory are O(n), whatever the numbers; digits that all share cost no pass.

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const GREATEST = 0xffffffff;

/**
 * Places of numbers of 0 or more, from the smallest number to the greatest, equal ones in their order. Fractions are cut off; all numbers from 2^32 - 1 on
 * count as equal.
 */
export function orderNumbers(numbers: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const count = numbers.length;
  const keys = new Uint32Array(count);
  let order = new Uint32Array(count);
  let isSorted = true;
  let varying = 0;
  for (let i = 0; i < count; i++) {
    order[i] = i;
    keys[i] = Math.min(numbers[i]!, GREATEST);
    if (i > 0 && keys[i - 1]! > keys[i]!) isSorted = false;
    varying |= keys[i]! ^ keys[0]!;
  }
  if (isSorted) return order;
  let other = new Uint32Array(count);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    if (((varying >>> shift) & (DIGITS - 1)) === 0) continue;
    sortByDigit(keys, shift, order, other);
    [order, other] = [other, order];
  }
  return order;
}

/** Puts the places of `from` into `to` in the order of one digit of their keys. */
function sortByDigit(keys: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array): void {
  const starts = new Uint32Array(DIGITS + 1);
  for (const key of keys) starts[((key >>> shift) & (DIGITS - 1)) + 1]!++;
  for (let digit = 0; digit < DIGITS; digit++) starts[digit + 1]! += starts[digit]!;
  for (const place of from) {
    const digit = (keys[place]! >>> shift) & (DIGITS - 1);
    to[starts[digit]!++] = place;
  }
}
