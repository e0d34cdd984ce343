// How one cover { newOffset, oldOffset, length } is told, given those before it. docs/FORMAT.md, "control".
//
//   gap      bytes of new since the last cover's end
//   origin   KNOWN_DELTA  its newOffset - oldOffset is one of the last four
//            HEAD         a head (stream-heads.ts) and the distance from it: as a count of unused function starts, or
//                         in bytes from head + gap, after the two low bits of the delta
//            FAR          any offset of old: as an unused function start, as the first of a hole, or in bytes
//   length   ends at a function start: the count of starts passed; else in bytes
//
// Numbers of bytes begin with their two low bits, since instructions stand and move in fours. A cover may well begin
// or end inside an instruction, some of whose bytes happen to agree: then its delta is still a multiple of 4, and its
// two ends lie where the low bits of the start say. Where no function starts are left nothing is said about them.
//
// The encoder sets a plan (cover-plan.ts) and the cover, the decoder neither. Both then run this one source: every
// number that was coded leads to an offset by the same steps, and is checked by the same bounds. So a plan that did
// not lead to its cover is found at once, and no decoded cover lies outside the images.

import { BAD_CONTROL, OK } from '../common/status';
import { codeAdaptiveBit, resetBits } from '../entropy/adaptive-bit';
import { isEncoding } from '../entropy/binary-coder';
import { codeNumber, MODEL_COUNTERS } from '../entropy/exp-golomb';
import { codeUniform } from '../entropy/uniform-number';
import {
  firstFunctionAt,
  functionCount,
  functionStart,
  holeAt,
  holeCount,
  holesBelow,
  isHole,
  startsAt,
  unusedAt,
  unusedBelow,
  unusedCount,
  useFunctions,
} from './function-starts';
import {
  deltaAt,
  headCount,
  headEnd,
  headFunction,
  headOfDelta,
  pushDelta,
  pushHead,
  resetHeads,
} from './stream-heads';

export const KNOWN_DELTA: u32 = 0;
export const HEAD: u32 = 1;
export const FAR: u32 = 2;

// Counters of single bits. `context` = last origin (3) x last cover ended at a function start (2) x gap is 0 (2);
// trees of 4 code two bits and use 3 counters.
const CONTEXTS: u32 = 12;
const GAP_ZERO: u32 = 0; // by last origin x last end x low bits of the last end in new
const IS_KNOWN: u32 = GAP_ZERO + 24; // by context
const IS_HEAD: u32 = IS_KNOWN + CONTEXTS; // by context
const DELTA_INDEX: u32 = IS_HEAD + CONTEXTS; // tree
const BY_FUNCTION: u32 = DELTA_INDEX + 4; // by { head, far } x context
const BACKWARD: u32 = BY_FUNCTION + 2 * CONTEXTS; // by { functions, bytes } x place
const IS_HOLE: u32 = BACKWARD + 2 * 6;
const ENDS_AT_FUNCTION: u32 = IS_HOLE + 1; // by origin x starts at a function x gap is 0
const DELTA_LOW: u32 = ENDS_AT_FUNCTION + CONTEXTS; // tree by { head, far }
const GAP_LOW: u32 = DELTA_LOW + 2 * 4; // tree by low bits of the last end in new
const LENGTH_LOW: u32 = GAP_LOW + 4 * 4; // tree by low bits of the start in new
const BITS: u32 = LENGTH_LOW + 4 * 4;

// Models of numbers. `place` = gap is 0, small, big (3) x { other head, the last used } (2).
const HEAD_INDEX: u32 = BITS; // by last origin
const HEAD_FUNCTIONS: u32 = HEAD_INDEX + 3 * MODEL_COUNTERS; // by { forward, backward }
const HEAD_BYTES: u32 = HEAD_FUNCTIONS + 2 * MODEL_COUNTERS; // by place
const LENGTH_FUNCTIONS: u32 = HEAD_BYTES + 6 * MODEL_COUNTERS; // by origin x starts at a function
const LENGTH_BYTES: u32 = LENGTH_FUNCTIONS + 6 * MODEL_COUNTERS; // by origin x { not a multiple of 4, a multiple }
const GAP_BYTES: u32 = LENGTH_BYTES + 6 * MODEL_COUNTERS; // by { not a multiple of 4, a multiple }
const COUNTERS: u32 = GAP_BYTES + 2 * MODEL_COUNTERS;

const SMALL_GAP: u32 = 64;

let counters: usize = 0;
let oldSize: u32 = 0;
let newSize: u32 = 0;
let newEnd: u32 = 0;
/** 2 x origin of the last cover + whether it ended at a function start. */
let last: u32 = 0;

// The cover at hand: set by the encoder, filled in by the decoder.
let newOffset: u32 = 0;
let oldOffset: u32 = 0;
let length: u32 = 0;

// How the encoder wants the cover told.
let planOrigin: u32 = 0;
let planIndex: u32 = 0;
let planByFunction: bool = false;

/** Bytes of counters. */
export function coverModelSize(): u32 {
  return COUNTERS << 2;
}

export function resetCoverModel(block: usize, oldBytes: u32, newBytes: u32): void {
  counters = block;
  resetBits(block, COUNTERS);
  oldSize = oldBytes;
  newSize = newBytes;
  newEnd = 0;
  last = FAR << 1;
  planByFunction = false;
  resetHeads();
}

/** End of the last cover in new. */
export function lastNewEnd(): u32 {
  return newEnd;
}

/** The encoder's cover and plan: an origin, the index of a delta or head, and whether by function starts. */
export function planCover(cover: usize, origin: u32, index: u32, byFunction: bool): void {
  newOffset = load<u32>(cover);
  oldOffset = load<u32>(cover, 4);
  length = load<u32>(cover, 8);
  planOrigin = origin;
  planIndex = index;
  planByFunction = byFunction;
}

/** Where a cover behind `gap` bytes goes on from the head `index`, were old as long in between as new. */
export function expectedAt(index: u32, gap: u32): u32 {
  const expected = <u64>headEnd(index) + <u64>gap;
  return expected < <u64>oldSize ? <u32>expected : oldSize;
}

/** Codes the next cover; a decoded one is stored at `cover` if it is possible, else the answer is BAD_CONTROL. */
export function codeCover(cover: usize): i32 {
  const gap = codeGap(newOffset - newEnd);
  if (gap >= newSize - newEnd) return BAD_CONTROL;
  const start = newEnd + gap;
  const context = (last << 1) | (gap == 0 ? 1 : 0);

  const origin = codeOrigin(context);
  let old: u64;
  let replaced = headCount();
  if (origin == KNOWN_DELTA) {
    const delta = deltaAt(codeDeltaIndex());
    replaced = headOfDelta(delta);
    old = <u64>(start - delta);
  } else if (origin == HEAD) {
    replaced = codeNumber(planIndex, model(HEAD_INDEX + (last >>> 1) * MODEL_COUNTERS));
    if (replaced >= headCount()) return BAD_CONTROL;
    old = codeFromHead(start, replaced, gap, context);
  } else old = codeFar(start, context);
  if (old >= <u64>oldSize) return BAD_CONTROL;

  const from = <u32>old;
  const first = firstFunctionAt(from);
  const atStart: u32 = startsAt(first, from) ? 1 : 0;
  const size = codeLength(start, from, first + atStart, origin, atStart, context & 1);
  if (size == 0 || size > <u64>(oldSize - from) || size > <u64>(newSize - start)) return BAD_CONTROL;

  if (!isEncoding()) {
    store<u32>(cover, start);
    store<u32>(cover, from, 4);
    store<u32>(cover, <u32>size, 8);
  } else if (start != newOffset || from != oldOffset || <u32>size != length) return BAD_CONTROL;

  const end = from + <u32>size;
  const next = firstFunctionAt(end);
  useFunctions(first, next);
  pushHead(replaced, end, start - from, next);
  pushDelta(start - from);
  newEnd = start + <u32>size;
  last = (origin << 1) | (startsAt(next, end) ? 1 : 0);
  return OK;
}

function model(index: u32): usize {
  return counters + <usize>(index << 2);
}

function codeFlag(flag: bool, index: u32): bool {
  return codeAdaptiveBit(flag ? 1 : 0, model(index)) != 0;
}

/** Codes a value of two bits with the tree of counters at `index`. */
function codePair(value: u32, index: u32): u32 {
  const high: u32 = codeFlag((value & 2) != 0, index + 1) ? 1 : 0;
  const low: u32 = codeFlag((value & 1) != 0, index + 2 + high) ? 1 : 0;
  return (high << 1) | low;
}

/** Codes a number of bytes, at least 1: its low bits by a tree, the rest by one of two models. May exceed 32 bits. */
function codeBytes(value: u32, tree: u32, models: u32): u64 {
  const low = codePair(value & 3, tree);
  const whole: u32 = low == 0 ? 1 : 0;
  const rest = codeNumber((value >>> 2) - whole, model(models + whole * MODEL_COUNTERS)) + whole;
  return ((<u64>rest) << 2) | <u64>low;
}

function codeGap(gap: u32): u32 {
  if (codeFlag(gap == 0, GAP_ZERO + ((last << 2) | (newEnd & 3)))) return 0;
  const coded = codeBytes(gap, GAP_LOW + ((newEnd & 3) << 2), GAP_BYTES);
  return coded > 0xffffffff ? 0xffffffff : <u32>coded;
}

function codeOrigin(context: u32): u32 {
  if (codeFlag(planOrigin == KNOWN_DELTA, IS_KNOWN + context)) return KNOWN_DELTA;
  if (headCount() == 0) return FAR;
  return codeFlag(planOrigin == HEAD, IS_HEAD + context) ? HEAD : FAR;
}

function codeDeltaIndex(): u32 {
  return codePair(planIndex, DELTA_INDEX);
}

/** Codes the two low bits of the delta, which are 0 where instructions stay whole; answers those of the old offset. */
function codeLow(start: u32, tree: u32): u32 {
  return (start - codePair((start - oldOffset) & 3, tree)) & 3;
}

/** Whether the origin is told by function starts; never where there are none unused. */
function codeByFunction(context: u32): bool {
  return unusedCount() > 0 && codeFlag(planByFunction, BY_FUNCTION + context);
}

/** Offset that is told from a head; oldSize or more when there is none such. */
function codeFromHead(start: u32, index: u32, gap: u32, context: u32): u64 {
  const place: u32 = ((gap == 0 ? 0 : gap < SMALL_GAP ? 1 : 2) << 1) | (index == 0 ? 1 : 0);
  if (codeByFunction(context)) {
    const below = unusedBelow(headFunction(index));
    const rank = planByFunction ? unusedBelow(firstFunctionAt(oldOffset)) : 0;
    const backward = codeFlag(rank < below, BACKWARD + place);
    const passed = codeNumber(
      backward ? below - 1 - rank : rank - below,
      model(HEAD_FUNCTIONS + (backward ? MODEL_COUNTERS : 0)),
    );
    if (backward ? passed >= below : passed >= unusedCount() - below) return ~(<u64>0);
    return <u64>functionStart(unusedAt(backward ? below - 1 - passed : below + passed));
  }
  // The delta's two low bits, then the nth offset before or behind the expected one that has them.
  const expected = expectedAt(index, gap);
  const low = codeLow(start, DELTA_LOW);
  const base = <i64>expected + <i64>((low - expected) & 3);
  const backward = codeFlag(<i64>oldOffset < base, BACKWARD + 6 + place);
  const steps = <u32>((backward ? base - 4 - <i64>oldOffset : <i64>oldOffset - base) >> 2);
  const coded = (<i64>codeNumber(steps, model(HEAD_BYTES + place * MODEL_COUNTERS))) << 2;
  return backward ? <u64>(base - 4 - coded) : <u64>(base + coded);
}

/** Offset that is told by itself; oldSize or more when there is none such. */
function codeFar(start: u32, context: u32): u64 {
  if (codeByFunction(CONTEXTS + context)) {
    const index = planByFunction ? firstFunctionAt(oldOffset) : 0;
    if (holeCount() > 0 && codeFlag(planByFunction && isHole(index), IS_HOLE)) {
      return <u64>functionStart(holeAt(codeUniform(holesBelow(index), holeCount())));
    }
    return <u64>functionStart(unusedAt(codeUniform(unusedBelow(index), unusedCount())));
  }
  // The two low bits of the delta, then which of the offsets that have them.
  const low = codeLow(start, DELTA_LOW + 4);
  if (low >= oldSize) return ~(<u64>0);
  const choices = ((oldSize - 1 - low) >>> 2) + 1;
  return <u64>low + ((<u64>codeUniform((oldOffset - low) >>> 2, choices)) << 2);
}

/** Length of a cover that starts at `from`; `next` is the first function start behind `from`. 0 when there is none. */
function codeLength(start: u32, from: u32, next: u32, origin: u32, atStart: u32, gapZero: u32): u64 {
  const starts = functionCount();
  if (next < starts) {
    const index = isEncoding() ? firstFunctionAt(from + length) : 0;
    const exact = startsAt(index, from + length);
    if (codeFlag(exact, ENDS_AT_FUNCTION + (((origin << 1) | atStart) << 1) + gapZero)) {
      const passed = codeNumber(
        index - next,
        model(LENGTH_FUNCTIONS + ((origin << 1) | atStart) * MODEL_COUNTERS),
      );
      return passed >= starts - next ? 0 : <u64>(functionStart(next + passed) - from);
    }
  }
  return codeBytes(length, LENGTH_LOW + ((start & 3) << 2), LENGTH_BYTES + ((origin * MODEL_COUNTERS) << 1));
}
