// Logistic mixing of up to eight predictions of one bit (M. Mahoney, "Adaptive weighing of context models for
// lossless data compression", 2005): each counter's probability is stretched, ln(p / (1 - p)), the stretches are
// weighed and summed, the sum is squashed back to a probability, and after the bit every weight moves along its
// stretch times the error. A model that is right in a context soon carries the weight there, so it costs little to
// offer one more.
//
// Numbers:  stretch   1/256, within +-2840 (+-11.1: one in 65,536)                          i16
//           weight    1/65536, within +-4; the sum takes its upper bits, 1/8192, as i16      i32
//           error     ((bit << 16) - p) / 2                                                   i16
//           step      (stretch x error) / 2^rate, rounded; rates of 12 to 16 are of use, 16 moves slowest
//
// A caller names the inputs (`setInput` with the address of an adaptive-bit.ts counter), picks a weight set by a small
// context of its own, and codes the bit with `mixBit`. A counter lies in a direct table, indexed by the
// context, or in a hashed one (`hashedSlot`), where its spare byte holds a check of the context.
// Contexts of one bit that fall on one counter are a loss, not an error: both sides do the same.
//
// Eight lanes of i16 are one SIMD vector: the sum is one dot product and a few adds. With all eight inputs the counters are read into two vectors once, stretched
// there (but for the table) and taught there; when two inputs are one counter, it is taught by one after the other. The scalar form gives the same
// numbers. Integers only, and the float32 of integers below 2^16, which is exact; tables are constants (mixer-tables.ts).
//
// Kept out: stretches stored by `setInput` (the vector load waits for the narrow stores, + 6 ns), a 4096-entry stretch table (no faster, coarse where
// flags live).

import { FRESH_BIT, ratesOf, USES, updateBit, updateFour } from './adaptive-bit';
import { codeBit } from './binary-coder';
import { STRETCHES_OF, TAILS } from './mixer-tables';
import { refine, teachRefined } from './refine';

/** Bytes of one weight set (aligned to 16): a mixer has eight inputs, and 65536 is a weight of 1. */
export const WEIGHT_SET_SIZE: u32 = 32;

const STRETCH_LIMIT: i32 = 2815;
const WEIGHT_LIMIT: i32 = 4 * 65536 - 1;

/** Addresses of the counters that the inputs name. */
const SLOTS: usize = memory.data(8 * 4, 16);
/** Their stretches, for the scalar form. */
const STRETCHES: usize = memory.data(8 * 2, 16);
/** From `LANES + 16 - 2 n` on, the first n of eight lanes are ones. */
const LANES: usize = memory.data<u16>(
  [0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0, 0, 0, 0, 0],
  16,
);

/** Sets all weights of `sets` weight sets at `block` to `weight` (in 1/65536). */
export function resetWeights(block: usize, sets: u32, weight: i32): void {
  const end = block + <usize>(sets * WEIGHT_SET_SIZE);
  for (let at = block; at < end; at += 4) store<i32>(at, weight);
}

/** ln(p / (65536 - p)) in 1/256, p in 1..65535: odd about a half, within 1/128 of the logarithm. */
export function stretch(p: u32): i32 {
  const q = p > 32768 ? 65536 - p : p;
  const zeros = <u32>clz<u32>(q);
  const at = ((31 - zeros) << 6) | (((q << zeros) << 1) >>> 26);
  const value = <i32>load<i16>(STRETCHES_OF + ((<usize>at) << 1));
  return p > 32768 ? -value : value;
}

/** Probability of a 1, in 1..65535, of a stretch in 1/256; any i32. */
export function squash(value: i32): u32 {
  let distance: i32 = value < 0 ? -value : value;
  if (distance > STRETCH_LIMIT || distance < 0) distance = STRETCH_LIMIT;
  const at = TAILS + ((<usize>(distance >>> 5)) << 1);
  const from = <u32>load<u16>(at);
  const tail = from - (((from - <u32>load<u16>(at, 2)) * (<u32>distance & 31)) >>> 5);
  return value < 0 ? tail : 65536 - tail;
}

/** Makes the counter at `slot` the input `index` (below 8) until it is set anew. */
export function setInput(index: u32, slot: usize): void {
  store<u32>(SLOTS + ((<usize>index) << 2), <u32>slot);
}

/**
 * Address of the counter of the context `hash` in a table of 2^bits counters (bits >= 1, aligned to 8). Its home is a pair
 * of counters; one whose check agrees is taken, else the less used of the two is made fresh for the context.
 * The upper bits of the hash choose the pair, the low byte is the check, so both must be well mixed.
 */
export function hashedSlot(table: usize, bits: u32, hash: u32): usize {
  const check = hash & 255;
  const first = table + <usize>((hash >>> (32 - bits)) << 2);
  const second = first ^ 4;
  const state = load<u32>(first);
  const other = load<u32>(second);
  // Whether and which of the two agrees is as good as random, so all is chosen without a branch.
  const isFirst = (state & 255) == check;
  const isSecond = (other & 255) == check;
  const isKnown = select<bool>(true, isSecond, isFirst);
  const isFirstVictim = (state & USES) <= (other & USES);
  const takesFirst = select<bool>(isFirst, isFirstVictim, isKnown);
  const slot = select<usize>(first, second, takesFirst);
  store<u32>(slot, select<u32>(select<u32>(state, other, takesFirst), FRESH_BIT | check, isKnown));
  return slot;
}

/** Hash of a context { a, b } for `hashedSlot`; `model` keeps the contexts of several models in one table apart. */
export function hashContext(model: u32, a: u32, b: u32): u32 {
  const mixed = (<u64>a | ((<u64>b) << 32)) * 0x9e3779b97f4a7c15 + <u64>(model + 1) * 0xd6e8feb86659fd93;
  return <u32>(((mixed ^ (mixed >>> 32)) * 0xbf58476d1ce4e5b9) >>> 32);
}

/** Whether no two of the eight inputs are one counter. */
export function inputsDiffer(): bool {
  const a = v128.load(SLOTS);
  const b = v128.load(SLOTS, 16);
  const b1 = v128.shuffle<i32>(b, b, 1, 2, 3, 0);
  const b2 = v128.shuffle<i32>(b, b, 2, 3, 0, 1);
  const inA = v128.or(
    i32x4.eq(a, v128.shuffle<i32>(a, a, 1, 2, 3, 0)),
    i32x4.eq(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1)),
  );
  const inB = v128.or(i32x4.eq(b, b1), i32x4.eq(b, b2));
  const across = v128.or(
    v128.or(i32x4.eq(a, b), i32x4.eq(a, b1)),
    v128.or(i32x4.eq(a, b2), i32x4.eq(a, v128.shuffle<i32>(b, b, 3, 0, 1, 2))),
  );
  return !v128.any_true(v128.or(v128.or(inA, inB), across));
}

/**
 * Codes one bit from the first `count` inputs (1 to 8) with the weight set at `weights`, then teaches counters and
 * weights, these at `rate`. Answers the bit, which is only looked at when the open stream is written.
 */
export function mixBit(bit: i32, count: u32, weights: usize, rate: i32): i32 {
  if (ASC_FEATURE_SIMD) {
    if (count == 8) return mixEight(bit, weights, rate);
    const stretches = v128.and(gather(count), v128.load(LANES + 16 - <usize>(count << 1)));
    const p = squash(weighVector(stretches, weights) >> 13);
    bit = codeBit(bit, p);
    const errors = i16x8.splat(<i16>(((bit << 16) - <i32>p) >> 1));
    moveWeights(weights, i32x4.extmul_low_i16x8_s(stretches, errors), rate);
    if (count > 4) moveWeights(weights + 16, i32x4.extmul_high_i16x8_s(stretches, errors), rate);
  } else {
    const p = squash(weighEach(count, weights) >> 13);
    bit = codeBit(bit, p);
    moveEach(((bit << 16) - <i32>p) >> 1, count, weights, rate);
  }
  updateEach(count, 0, bit);
  return bit;
}

function mixEight(bit: i32, weights: usize, rate: i32): i32 {
  const low = countersAt(SLOTS, 0);
  const high = countersAt(SLOTS + 16, 0);
  const stretches = stretchEight(low, high);
  const p = squash(weighVector(stretches, weights) >> 13);
  bit = codeBit(bit, p);
  const errors = i16x8.splat(<i16>(((bit << 16) - <i32>p) >> 1));
  moveWeights(weights, i32x4.extmul_low_i16x8_s(stretches, errors), rate);
  moveWeights(weights + 16, i32x4.extmul_high_i16x8_s(stretches, errors), rate);
  teachEight(low, high, 0, bit, inputsDiffer());
  return bit;
}

/**
 * Codes one bit from eight counters, each `offset` bytes behind where its input is, with two weight sets at once, each input weighed by the sum of both: one set
 * for a narrow context, which knows best once it has seen enough, and one for a wide context, which knows soon. The probability is refined
 * (refine.ts) by `context` in `table`. `differ` is what `inputsDiffer` says of the inputs; the scalar form does not look at it.
 */
export function mixBitTwice(
  bit: i32,
  offset: usize,
  differ: bool,
  narrow: usize,
  wide: usize,
  rate: i32,
  table: usize,
  context: u32,
): i32 {
  if (ASC_FEATURE_SIMD) {
    const low = countersAt(SLOTS, offset);
    const high = countersAt(SLOTS + 16, offset);
    const stretches = stretchEight(low, high);
    const value = weighTwice(stretches, narrow, wide) >> 13;
    const p = squash(value);
    bit = codeBit(bit, refine(table, context, value, p));
    const errors = i16x8.splat(<i16>(((bit << 16) - <i32>p) >> 1));
    const lowSteps = i32x4.extmul_low_i16x8_s(stretches, errors);
    const highSteps = i32x4.extmul_high_i16x8_s(stretches, errors);
    moveWeights(narrow, lowSteps, rate);
    moveWeights(narrow + 16, highSteps, rate);
    moveWeights(wide, lowSteps, rate);
    moveWeights(wide + 16, highSteps, rate);
    teachEight(low, high, offset, bit, differ);
  } else {
    const value = weighEachTwice(narrow, wide, offset) >> 13;
    const p = squash(value);
    bit = codeBit(bit, refine(table, context, value, p));
    const error = ((bit << 16) - <i32>p) >> 1;
    moveEach(error, 8, narrow, rate);
    moveEach(error, 8, wide, rate);
    updateEach(8, offset, bit);
  }
  teachRefined(bit);
  return bit;
}

/** Address of the counter that an input names. */
function counterOf(index: usize): usize {
  return <usize>load<u32>(SLOTS + (index << 2));
}

function updateEach(count: u32, offset: usize, bit: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) updateBit(counterOf(i) + offset, bit);
}

/** Four counters whose addresses stand at `inputs`. */
function countersAt(inputs: usize, offset: usize): v128 {
  let states = v128.load32_zero(<usize>load<u32>(inputs) + offset);
  states = v128.load32_lane(<usize>load<u32>(inputs, 4) + offset, states, 1);
  states = v128.load32_lane(<usize>load<u32>(inputs, 8) + offset, states, 2);
  return v128.load32_lane(<usize>load<u32>(inputs, 12) + offset, states, 3);
}

function storeCounters(inputs: usize, offset: usize, states: v128): void {
  v128.store32_lane(<usize>load<u32>(inputs) + offset, states, 0);
  v128.store32_lane(<usize>load<u32>(inputs, 4) + offset, states, 1);
  v128.store32_lane(<usize>load<u32>(inputs, 8) + offset, states, 2);
  v128.store32_lane(<usize>load<u32>(inputs, 12) + offset, states, 3);
}

/** Stretches of eight counters, as i16. */
function stretchEight(low: v128, high: v128): v128 {
  const half = i32x4.splat(32768);
  const lowP = i32x4.max_u(i32x4.shr_u(low, 16), i32x4.splat(1));
  const highP = i32x4.max_u(i32x4.shr_u(high, 16), i32x4.splat(1));
  const found = v128.shuffle<i64>(tabled(lowP), tabled(highP), 0, 2);
  const turned = i16x8.narrow_i32x4_s(i32x4.gt_s(lowP, half), i32x4.gt_s(highP, half));
  return i16x8.sub(v128.xor(found, turned), turned);
}

/** Entries of the table of stretches for the nearer halves of four probabilities: i16 in the lower half of a vector. */
function tabled(p: v128): v128 {
  const q = i32x4.min_u(p, i32x4.sub(i32x4.splat(65536), p));
  // A float's exponent and the six bits below its leading one are the place in the table.
  const at = i32x4.sub(i32x4.shr_u(f32x4.convert_i32x4_s(q), 17), i32x4.splat(127 << 6));
  const places = i32x4.shl(at, 1);
  const none = i32x4.splat(0);
  let found = v128.load16_lane(STRETCHES_OF + <usize>i32x4.extract_lane(places, 0), none, 0);
  found = v128.load16_lane(STRETCHES_OF + <usize>i32x4.extract_lane(places, 1), found, 1);
  found = v128.load16_lane(STRETCHES_OF + <usize>i32x4.extract_lane(places, 2), found, 2);
  return v128.load16_lane(STRETCHES_OF + <usize>i32x4.extract_lane(places, 3), found, 3);
}

/** Teaches the eight counters, whose states are given. */
function teachEight(low: v128, high: v128, offset: usize, bit: i32, differ: bool): void {
  if (!differ) {
    updateEach(8, offset, bit);
    return;
  }
  const rates = ratesOf(low, high);
  storeCounters(SLOTS, offset, updateFour(low, i32x4.extend_low_i16x8_u(rates), bit));
  storeCounters(SLOTS + 16, offset, updateFour(high, i32x4.extend_high_i16x8_u(rates), bit));
}

function stretchOf(index: usize, offset: usize = 0): i32 {
  const p = load<u32>(counterOf(index) + offset) >>> 16;
  return stretch(p == 0 ? 1 : p);
}

/** Sum of stretch x weight / 8, in 1/2^21: below 2^30. */
function weighVector(stretches: v128, weights: usize): i32 {
  const upper = i16x8.narrow_i32x4_s(
    i32x4.shr_s(v128.load(weights), 3),
    i32x4.shr_s(v128.load(weights, 16), 3),
  );
  const sums = i32x4.dot_i16x8_s(stretches, upper);
  const pairs = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** The same for the sum of two weight sets; upper halves beyond i16 are cut. */
function weighTwice(stretches: v128, narrow: usize, wide: usize): i32 {
  const low = i32x4.add(v128.load(narrow), v128.load(wide));
  const high = i32x4.add(v128.load(narrow, 16), v128.load(wide, 16));
  const upper = i16x8.narrow_i32x4_s(i32x4.shr_s(low, 3), i32x4.shr_s(high, 3));
  const sums = i32x4.dot_i16x8_s(stretches, upper);
  const pairs = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** Stretches of the inputs, four or eight: those behind the count name old counters and are masked by the caller. */
function gather(count: u32): v128 {
  let all = i16x8.splat(0);
  all = i16x8.replace_lane(all, 0, <i16>stretchOf(0));
  all = i16x8.replace_lane(all, 1, <i16>stretchOf(1));
  all = i16x8.replace_lane(all, 2, <i16>stretchOf(2));
  all = i16x8.replace_lane(all, 3, <i16>stretchOf(3));
  if (count > 4) {
    all = i16x8.replace_lane(all, 4, <i16>stretchOf(4));
    all = i16x8.replace_lane(all, 5, <i16>stretchOf(5));
    all = i16x8.replace_lane(all, 6, <i16>stretchOf(6));
    all = i16x8.replace_lane(all, 7, <i16>stretchOf(7));
  }
  return all;
}

function weighEach(count: u32, weights: usize): i32 {
  let sum: i32 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const value = stretchOf(i);
    store<i16>(STRETCHES + (i << 1), <i16>value);
    sum += value * (load<i32>(weights + (i << 2)) >> 3);
  }
  return sum;
}

function weighEachTwice(narrow: usize, wide: usize, offset: usize): i32 {
  let sum: i32 = 0;
  for (let i: usize = 0; i < 8; i++) {
    const value = stretchOf(i, offset);
    store<i16>(STRETCHES + (i << 1), <i16>value);
    const upper = (load<i32>(narrow + (i << 2)) + load<i32>(wide + (i << 2))) >> 3;
    sum += value * (upper > 32767 ? 32767 : upper < -32768 ? -32768 : upper);
  }
  return sum;
}

function moveEach(error: i32, count: u32, weights: usize, rate: i32): void {
  const half = (1 << rate) >> 1;
  const least = -WEIGHT_LIMIT;
  for (let i: usize = 0; i < <usize>count; i++) {
    const step = (<i32>load<i16>(STRETCHES + (i << 1)) * error + half) >> rate;
    const moved = load<i32>(weights + (i << 2)) + step;
    store<i32>(weights + (i << 2), moved > WEIGHT_LIMIT ? WEIGHT_LIMIT : moved < least ? least : moved);
  }
}

function moveWeights(weights: usize, products: v128, rate: i32): void {
  const steps = i32x4.shr_s(i32x4.add(products, i32x4.splat((1 << rate) >> 1)), rate);
  const moved = i32x4.add(v128.load(weights), steps);
  v128.store(weights, i32x4.max_s(i32x4.min_s(moved, i32x4.splat(WEIGHT_LIMIT)), i32x4.splat(-WEIGHT_LIMIT)));
}
