// Which blocks and units are predicted right, as adaptive bits with direct contexts: the flags of fast patches. The mixed ones are
// in flag-model.ts.

import { codeAdaptiveBit, resetBits } from '../entropy/adaptive-bit';

// Counters: block flags by { kind of the first unit: 32 } x { last four block flags: 16 }, then unit flags by
// { kind: 32 } x { the two units before: 4 } x { top byte of the predicted unit: 256 }.
const BLOCK_FLAGS: u32 = 32 * 16;
const UNIT_FLAGS: u32 = 32 * 4 * 256;

let counters: usize = 0;
let blockHistory: u32 = 0;
let unitHistory: u32 = 0;

export function directFlagsSize(): u32 {
  return (BLOCK_FLAGS + UNIT_FLAGS) << 2;
}

export function startDirectFlags(block: usize): void {
  counters = block;
  resetBits(block, BLOCK_FLAGS + UNIT_FLAGS);
  blockHistory = 0;
  unitHistory = 0;
}

export function codeDirectBlock(right: i32, kind: u32): i32 {
  right = codeAdaptiveBit(right, counters + <usize>(((kind << 4) | blockHistory) << 2));
  blockHistory = ((blockHistory << 1) | <u32>right) & 15;
  if (right) unitHistory = 3;
  return right;
}

export function codeDirectUnit(right: i32, kind: u32, top: u32): i32 {
  const place = BLOCK_FLAGS + ((((kind << 2) | unitHistory) << 8) | top);
  right = codeAdaptiveBit(right, counters + <usize>(place << 2));
  unitHistory = ((unitHistory << 1) | <u32>right) & 3;
  return right;
}
