// Numbers of which every value is equally likely: the bits of the number from the top, each with the exact share of
// values that begin so, hence log2(count) bits in all. Only bits on the path of the greatest value need a
// division; once a number has left that path both halves are equal.

import { codeBit, isEncoding } from './binary-coder';

/** Codes `value` of 0 .. count - 1 (count >= 1); answers it. A decoded number is always below `count`. */
export function codeUniform(value: u32, count: u32): u32 {
  const last = count - 1;
  let left: u32 = last == 0 ? 0 : 32 - <u32>clz<u32>(last);
  let result: u32 = 0;
  let onPath = true;
  while (left > 0) {
    left--;
    const bit: i32 = isEncoding() ? (value >>> left) & 1 : 0;
    let coded: i32;
    if (!onPath) coded = codeBit(bit, 32768);
    else if (((last >>> left) & 1) == 0) coded = 0;
    else {
      // Values with a 0 here: all 2^left continuations; with a 1: up to the low bits of `last`.
      const zeros: u64 = (<u64>1) << left;
      const ones: u64 = (<u64>last & (zeros - 1)) + 1;
      let p = <u32>((ones << 16) / (zeros + ones));
      if (p == 0) p = 1;
      coded = codeBit(bit, p);
      if (coded == 0) onPath = false;
    }
    result = (result << 1) | <u32>coded;
  }
  return result;
}
