// Numbers as modelled bits (adaptive exp-Golomb): the bit length of value + 1 in unary, then the bits below its
// leading one. The unary part and the first three bits below have adaptive counters, since they carry the shape of
// the distribution; the rest is close to uniform and coded with probability 1/2.
//
//   counters of one model (288): [0, 32) unary, by position; [32 + 8 k, 40 + 8 k) the upper three bits of numbers of
//   k bits (1 <= k <= 31), a binary tree from node 1

import { codeAdaptiveBit } from './adaptive-bit';
import { codeBit, isEncoding } from './binary-coder';

/** Counters that one model takes. */
export const MODEL_COUNTERS: u32 = 288;
const UPPER: u32 = 32;
const HALF: u32 = 32768;

/** Codes `value` (at most 2^32 - 2) with the counters at `model`; answers it. */
export function codeNumber(value: u32, model: usize): u32 {
  const plusOne = value + 1;
  const wanted: u32 = isEncoding() ? 31 - <u32>clz<u32>(plusOne) : 0;
  let bits: u32 = 0;
  while (bits < 31 && codeAdaptiveBit(bits < wanted ? 1 : 0, model + <usize>(bits << 2))) bits++;
  let result: u32 = 1;
  const tree = model + <usize>((UPPER + (bits << 3)) << 2);
  const modelled: u32 = bits < 3 ? bits : 3;
  let left = bits;
  for (let i: u32 = 0; i < modelled; i++) {
    left--;
    result = (result << 1) | <u32>codeAdaptiveBit((plusOne >>> left) & 1, tree + <usize>(result << 2));
  }
  while (left > 0) {
    left--;
    result = (result << 1) | <u32>codeBit((plusOne >>> left) & 1, HALF);
  }
  return result - 1;
}

/** About how many 1/16 bits `codeNumber` takes: a logarithmic prior, for choices that the encoder makes. */
export function numberCost(value: u32): u32 {
  const plusOne = value + 1;
  const bits = 31 - <u32>clz<u32>(plusOne);
  // The mantissa's next three bits refine the logarithm, so that costs grow smoothly.
  const eighths = bits < 3 ? (plusOne << (3 - bits)) & 7 : (plusOne >>> (bits - 3)) & 7;
  return 16 + bits * 29 + eighths * 3;
}
