// The residual: which units of a covered stretch are predicted wrong, and what stands there instead.
//
//   new:   |....unit....|....unit....|  ...            units of 4 bytes on multiples of 4 of new;
//          |<------------ block ------------>|         blocks of 64 bytes on multiples of 64;
//   both are cut where a cover begins or ends.
//
// Per block: one flag "all units right". In a block with a wrong unit: one flag per unit. Flags are modelled bits
// in the `flags` stream; the bytes of a wrong unit stand in the value stream of its kind as bytewise differences
// new - predicted (mod 256), which repeat where one target moved and many places refer to it.
//
// Work is in proportion to what is wrong: a right block costs one flag and one copy of 64 bytes.
//
// One source codes in both directions (see entropy/binary-coder.ts): when encoding, new already stands at
// newBase and values are appended to their buffers; when decoding, new is written. The flags of a block depend
// only on what was known before the block, or on units of the block already coded.

import { BAD_STREAM, OK } from '../common/status';
import { codeAdaptiveBit, resetBits } from '../entropy/adaptive-bit';
import { isEncoding } from '../entropy/binary-coder';
import { newBase } from '../predict/bases';
import { KIND, PREDICTED } from '../predict/block-buffers';
import { predictBlock, teachBlock } from '../predict/predict-block';

/** Value buffers, one per slot: { position, end } as addresses. */
const SLOTS: usize = memory.data(32 * 8, 16);
/** Slot of each kind's values. */
const SLOT_OF_KIND: usize = memory.data(32, 16);
/** Wrong units of each kind, for the report. */
const WRONG_OF_KIND: usize = memory.data(32 * 4, 16);

// Counters: block flags by { kind of the first unit: 32 } x { last four block flags: 16 }, then unit flags by
// { kind: 32 } x { the two units before: 4 } x { top byte of the predicted unit: 256 }.
const BLOCK_FLAGS: u32 = 32 * 16;
const UNIT_FLAGS: u32 = 32 * 4 * 256;

let counters: usize = 0;
let blockHistory: u32 = 0;
let unitHistory: u32 = 0;

/** Bytes of counters that `residualStart` wants. */
export function residualSize(): u32 {
  return (BLOCK_FLAGS + UNIT_FLAGS) * 4;
}

/** Starts a residual with fresh counters at `block`. The flags stream is opened by the caller. */
export function residualStart(block: usize): void {
  counters = block;
  resetBits(block, BLOCK_FLAGS + UNIT_FLAGS);
  blockHistory = 0;
  unitHistory = 0;
  memory.fill(SLOTS, 0, 32 * 8);
  memory.fill(SLOT_OF_KIND, 0, 32);
  memory.fill(WRONG_OF_KIND, 0, 32 * 4);
}

/** Address of the 32 value slots, pairs { position, end } of u32 that the host sets and reads back. */
export function residualSlots(): usize {
  return SLOTS;
}

/** Address of the 32 bytes that name the value slot of each kind. */
export function residualSlotOfKind(): usize {
  return SLOT_OF_KIND;
}

/** Address of 32 u32: wrong units coded so far, by kind. */
export function residualWrongCounts(): usize {
  return WRONG_OF_KIND;
}

/**
 * Codes new[newStart, newEnd) of the span that `beginSpan` announced (predict/predict-block.ts). Cut by the host so that it is
 * at most 64 KiB. Answers BAD_STREAM when a value buffer runs out.
 */
export function codeCoverSlice(newStart: u32, newEnd: u32): i32 {
  for (let start = newStart; start < newEnd; ) {
    let end = (start & ~63) + 64;
    if (end > newEnd) end = newEnd;
    const status = codeBlock(start, end);
    if (status != OK) return status;
    start = end;
  }
  return OK;
}

function codeBlock(start: u32, end: u32): i32 {
  predictBlock(start, end);
  const actual = newBase + <usize>start;
  const predicted = PREDICTED + <usize>(start & 63);
  const size = <usize>(end - start);
  const kind = <u32>load<u8>(KIND + <usize>((start & 63) >>> 2));

  let right: i32 = 1;
  if (isEncoding()) right = memory.compare(actual, predicted, size) == 0 ? 1 : 0;
  right = codeAdaptiveBit(right, counters + <usize>(((kind << 4) | blockHistory) << 2));
  blockHistory = ((blockHistory << 1) | <u32>right) & 15;
  if (right) {
    if (!isEncoding()) memory.copy(actual, predicted, size);
    unitHistory = 3;
  } else {
    const status = codeUnits(start, end);
    if (status != OK) return status;
  }
  teachBlock(start, end, right ? 0 : 1);
  return OK;
}

function codeUnits(start: u32, end: u32): i32 {
  const unitCounters = counters + <usize>(BLOCK_FLAGS << 2);
  for (let at = start; at < end; ) {
    let size: u32 = 4 - (at & 3);
    if (size > end - at) size = end - at;
    const predicted = PREDICTED + <usize>(at & 63);
    const actual = newBase + <usize>at;
    const kind = <u32>load<u8>(KIND + <usize>((at & 63) >>> 2));
    const top = <u32>load<u8>(PREDICTED + <usize>((at & 63) | 3));

    let right: i32 = 1;
    if (isEncoding()) right = unitsEqual(actual, predicted, size) ? 1 : 0;
    right = codeAdaptiveBit(right, unitCounters + <usize>(((((kind << 2) | unitHistory) << 8) | top) << 2));
    unitHistory = ((unitHistory << 1) | <u32>right) & 3;
    if (right) {
      if (!isEncoding()) for (let i: u32 = 0; i < size; i++) store<u8>(actual + i, load<u8>(predicted + i));
    } else {
      const status = codeValue(kind, actual, predicted, size);
      if (status != OK) return status;
    }
    at += size;
  }
  return OK;
}

function unitsEqual(a: usize, b: usize, size: u32): bool {
  if (size == 4) return load<u32>(a) == load<u32>(b);
  for (let i: u32 = 0; i < size; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

function codeValue(kind: u32, actual: usize, predicted: usize, size: u32): i32 {
  const slot = SLOTS + ((<usize>load<u8>(SLOT_OF_KIND + kind)) << 3);
  const position = <usize>load<u32>(slot);
  if (position + size > <usize>load<u32>(slot, 4)) return BAD_STREAM;
  const count = WRONG_OF_KIND + ((<usize>kind) << 2);
  store<u32>(count, load<u32>(count) + 1);
  if (isEncoding()) {
    for (let i: u32 = 0; i < size; i++)
      store<u8>(position + i, load<u8>(actual + i) - load<u8>(predicted + i));
  } else {
    for (let i: u32 = 0; i < size; i++)
      store<u8>(actual + i, load<u8>(predicted + i) + load<u8>(position + i));
  }
  store<u32>(slot, <u32>(position + size));
  return OK;
}
