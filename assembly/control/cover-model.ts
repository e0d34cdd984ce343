// How one cover { newOffset, oldOffset, length } is told, given those before it. docs/FORMAT.md, "control".
//
//   gap      bytes of new since the last cover's end
//   origin   KNOWN_DELTA  its newOffset - oldOffset is one of the last four
//            HEAD         a head (stream-heads.ts) and the distance from it: as a count of unused function starts, or
//                         in bytes from head + gap
//            FAR          any offset of old: as an unused function start, as the first of a hole, or in bytes
//   length   ends at a function start: the count of starts passed; else in bytes
//
// Numbers of bytes are told by `codeBytes`: a tree of the two low bits first, since code moves in fours, then the rest
// by one of two models. Where there are no function starts nothing is said about them.
//
// The encoder sets a plan (cover-plan.ts) and the cover, the decoder neither. Both then run this one source: every
// number that was coded leads to an offset by the same steps, and is checked by the same bounds. So a plan that did
// not lead to its cover is found at once, and no decoded cover lies outside the images.

import { BAD_CONTROL, OK } from '../common/status';
import { codeAdaptiveBit, resetBits } from '../entropy/adaptive-bit';
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

// Counters of single bits. `context` = last origin (3) x last cover ended at a function start (2) x gap is 0 (2).
const CONTEXTS: u32 = 12;
const GAP_ZERO: u32 = 0; // by last origin x last end
const IS_KNOWN: u32 = GAP_ZERO + CONTEXTS;
const IS_HEAD: u32 = IS_KNOWN + CONTEXTS;
const DELTA_INDEX: u32 = IS_HEAD + CONTEXTS; // tree of 4
const BY_FUNCTION: u32 = DELTA_INDEX + 4; // by context; heads, then far
const BACKWARD: u32 = BY_FUNCTION + 2 * CONTEXTS; // by { functions, bytes } x gap is 0 x { head 0, other }
const IS_HOLE: u32 = BACKWARD + 8;
const ENDS_AT_FUNCTION: u32 = IS_HOLE + 2; // by origin x starts at a function x gap is 0
const FAR_LOW: u32 = ENDS_AT_FUNCTION + CONTEXTS; // tree of the delta's two low bits
const BITS: u32 = FAR_LOW + 4;

// Models of numbers. A model of bytes = zero flag, tree of 4, two models.
const BYTES_COUNTERS: u32 = 8 + 2 * MODEL_COUNTERS;
const HEAD_INDEX: u32 = BITS;
const HEAD_FUNCTIONS: u32 = HEAD_INDEX + MODEL_COUNTERS;
const LENGTH_FUNCTIONS: u32 = HEAD_FUNCTIONS + 2 * MODEL_COUNTERS; // by origin x starts at a function
const GAP_BYTES: u32 = LENGTH_FUNCTIONS + 6 * MODEL_COUNTERS;
const HEAD_BYTES: u32 = GAP_BYTES + BYTES_COUNTERS; // by gap is 0 x { head 0, other }
const LENGTH_BYTES: u32 = HEAD_BYTES + 4 * BYTES_COUNTERS; // by origin
const COUNTERS: u32 = LENGTH_BYTES + 3 * BYTES_COUNTERS;

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
export function codeCover(cover: usize, decoding: bool): i32 {
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
    replaced = codeNumber(planIndex, model(HEAD_INDEX));
    if (replaced >= headCount()) return BAD_CONTROL;
    old = codeFromHead(replaced, gap, context);
  } else old = codeFar(start, context);
  if (old >= <u64>oldSize) return BAD_CONTROL;

  const from = <u32>old;
  const first = firstFunctionAt(from);
  const atStart: u32 = startsAt(first, from) ? 1 : 0;
  const size = codeLength(from, first + atStart, origin, atStart, context & 1);
  if (size == 0 || size > <u64>(oldSize - from) || size > <u64>(newSize - start)) return BAD_CONTROL;

  if (decoding) {
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

/** Codes a number of bytes, at least 1, with the bytes model at `index`. Wider than 32 bits only when it is bad. */
function codeBytes(value: u32, index: u32): u64 {
  const lowBits = codePair(value & 3, index);
  const aligned: u32 = lowBits == 0 ? 1 : 0;
  const rest = codeNumber((value >>> 2) - aligned, model(index + 8 + aligned * MODEL_COUNTERS)) + aligned;
  return ((<u64>rest) << 2) | <u64>lowBits;
}

function codeGap(gap: u32): u32 {
  if (codeFlag(gap == 0, GAP_ZERO + last)) return 0;
  const coded = codeBytes(gap, GAP_BYTES);
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

/** Whether the origin is told by function starts; never where there are none unused. */
function codeByFunction(context: u32): bool {
  return unusedCount() > 0 && codeFlag(planByFunction, BY_FUNCTION + context);
}

/** Offset that is told from a head; oldSize or more when there is none such. */
function codeFromHead(index: u32, gap: u32, context: u32): u64 {
  const place: u32 = ((context & 1) << 1) | (index == 0 ? 1 : 0);
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
  const expected = expectedAt(index, gap);
  const bytes = HEAD_BYTES + place * BYTES_COUNTERS;
  if (codeFlag(oldOffset == expected, bytes + 4)) return <u64>expected;
  const backward = codeFlag(oldOffset < expected, BACKWARD + 4 + place);
  const distance = codeBytes(backward ? expected - oldOffset : oldOffset - expected, bytes);
  if (!backward) return <u64>expected + distance;
  return distance > <u64>expected ? ~(<u64>0) : <u64>expected - distance;
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
  const low = (start - codePair((start - oldOffset) & 3, FAR_LOW)) & 3;
  if (low >= oldSize) return ~(<u64>0);
  const choices = ((oldSize - 1 - low) >>> 2) + 1;
  return <u64>low + ((<u64>codeUniform((oldOffset - low) >>> 2, choices)) << 2);
}

/** Length of a cover that starts at `from`; `next` is the first function start behind `from`. 0 when there is none. */
function codeLength(from: u32, next: u32, origin: u32, atStart: u32, gapZero: u32): u64 {
  const starts = functionCount();
  if (next < starts) {
    const index = firstFunctionAt(from + length);
    const exact = startsAt(index, from + length);
    if (codeFlag(exact, ENDS_AT_FUNCTION + (((origin << 1) | atStart) << 1) + gapZero)) {
      const passed = codeNumber(
        index - next,
        model(LENGTH_FUNCTIONS + ((origin << 1) | atStart) * MODEL_COUNTERS),
      );
      return passed >= starts - next ? 0 : <u64>(functionStart(next + passed) - from);
    }
  }
  return codeBytes(length, LENGTH_BYTES + origin * BYTES_COUNTERS);
}
