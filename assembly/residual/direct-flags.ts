// Which blocks and units are predicted right, as adaptive bits with direct contexts: the flags of fast patches. The mixed ones are
// in flag-model.ts.

import { codeAdaptiveBit, resetBits } from '../entropy/adaptive-bit';

// Counters: block flags by { kind of the first unit: 32 } x { last four block flags: 16 }, then unit flags by
// { kind: 32 } x { the two units before: 4 } x { last byte of the predicted unit: 256 }, then group flags by
// { size: 8 } x { last four group flags: 16 }.
const BLOCK_FLAGS: u32 = 32 * 16;
const UNIT_FLAGS: u32 = 32 * 4 * 256;
const GROUP_FLAGS: u32 = 8 * 16;
const FLAGS: u32 = BLOCK_FLAGS + UNIT_FLAGS + GROUP_FLAGS;

let counters: usize = 0;
let groupHistory: u32 = 0;
let blockHistory: u32 = 0;
let unitHistory: u32 = 0;

export function directFlagsSize(): u32 {
  return FLAGS << 2;
}

export function startDirectFlags(block: usize): void {
  counters = block;
  resetBits(block, FLAGS);
  groupHistory = 0;
  blockHistory = 0;
  unitHistory = 0;
}

/** A group of 2^size blocks or more. */
export function codeDirectGroup(right: i32, size: u32): i32 {
  const place = BLOCK_FLAGS + UNIT_FLAGS + ((size << 4) | groupHistory);
  right = codeAdaptiveBit(right, counters + <usize>(place << 2));
  groupHistory = ((groupHistory << 1) | <u32>right) & 15;
  if (right) {
    blockHistory = 15;
    unitHistory = 3;
  }
  return right;
}

export function codeDirectBlock(right: i32, kind: u32): i32 {
  right = codeAdaptiveBit(right, counters + <usize>(((kind << 4) | blockHistory) << 2));
  blockHistory = ((blockHistory << 1) | <u32>right) & 15;
  if (right) unitHistory = 3;
  return right;
}

export function codeDirectUnit(right: i32, kind: u32, last: u32): i32 {
  const place = BLOCK_FLAGS + ((((kind << 2) | unitHistory) << 8) | last);
  right = codeAdaptiveBit(right, counters + <usize>(place << 2));
  unitHistory = ((unitHistory << 1) | <u32>right) & 3;
  return right;
}
