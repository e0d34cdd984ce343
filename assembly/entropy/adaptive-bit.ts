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
/** The bits of a counter that tell its uses. */
export const USES: u32 = 0x3f00;
const RATE: usize = memory.data(256, 16);
/** Lower bytes of the first 32 rates, then the upper ones, for looking up eight at once; counters never get further. */
const RATE_BYTES: usize = memory.data(64, 16);
/** p = 1/2, never used. */
export const FRESH_BIT: u32 = 0x80000000;

/** Fills the rate table: call once per instance before any bit is coded. */
export function initRates(): void {
  for (let n: u32 = 0; n < 64; n++) {
    const rate = 81920 / (n * 10 + 16);
    store<u32>(RATE + ((<usize>n) << 2), rate);
    if (n >= 32) continue;
    store<u8>(RATE_BYTES + <usize>n, <u8>rate);
    store<u8>(RATE_BYTES + <usize>n, <u8>(rate >>> 8), 32);
  }
}

/** Makes `count` counters at `block` fresh. */
export function resetBits(block: usize, count: u32): void {
  let at = block;
  const end = block + <usize>(count << 2);
  if (ASC_FEATURE_SIMD) {
    for (; at + 16 <= end; at += 16) v128.store(at, i32x4.splat(FRESH_BIT));
  }
  for (; at < end; at += 4) store<u32>(at, FRESH_BIT);
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

/** Rates of eight counters, as eight u16. */
export function ratesOf(low: v128, high: v128): v128 {
  const mask = i32x4.splat(63);
  const uses = i16x8.narrow_i32x4_s(
    v128.and(i32x4.shr_u(low, 8), mask),
    v128.and(i32x4.shr_u(high, 8), mask),
  );
  const beyond = i8x16.sub(uses, i8x16.splat(16));
  const lower = v128.or(
    i8x16.swizzle(v128.load(RATE_BYTES), uses),
    i8x16.swizzle(v128.load(RATE_BYTES, 16), beyond),
  );
  const upper = v128.or(
    i8x16.swizzle(v128.load(RATE_BYTES, 32), uses),
    i8x16.swizzle(v128.load(RATE_BYTES, 48), beyond),
  );
  return v128.or(v128.and(lower, i16x8.splat(255)), i16x8.shl(upper, 8));
}

/** Four counters moved towards `bit`, each at its rate. */
export function updateFour(states: v128, rates: v128, bit: i32): v128 {
  const distance = i32x4.sub(i32x4.splat(-bit & 0x3ffff), i32x4.shr_u(states, 14));
  const change = i32x4.mul(distance, rates);
  const towardsZero = i32x4.add(change, v128.and(i32x4.shr_s(change, 31), i32x4.splat(0x1fff)));
  const step = i32x4.shl(i32x4.shr_s(towardsZero, 13), 14);
  const isYoung = i32x4.lt_s(v128.and(states, i32x4.splat(USES)), i32x4.splat(LIMIT << 8));
  return i32x4.add(i32x4.add(states, step), v128.and(isYoung, i32x4.splat(0x100)));
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
