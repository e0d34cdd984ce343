// The control stream: all covers of a patch in the order of new, as modelled bits. The host opens and ends the bit
// stream (entropy/binary-coder.ts); this file drives the cover model over slices of covers, triples of u32.
//
//   scratch:  counters of the cover model | sets of function starts
//
// Time is O(log(functions)) per decoded cover; the encoder also looks at up to 64 heads.

import { BAD_CONTROL, OK, TRUNCATED } from '../common/status';
import { coderOverran } from '../entropy/binary-coder';
import { codeCover, coverModelSize, lastNewEnd, resetCoverModel } from './cover-model';
import { choosePlan } from './cover-plan';
import { functionStartsSize, resetFunctionStarts } from './function-starts';

const COVER_SIZE: usize = 12;
/** Most bytes of code of one cover: fewer than 180 modelled bits at 11.5 bits each, 90 plain ones, and slack. */
const COVER_CODE_SIZE: u32 = 512;

let coded: u32 = 0;
let oldBytes: u32 = 0;
let newBytes: u32 = 0;

/** Bytes of scratch that `controlStart` wants. */
export function controlSize(functionCount: u32): u32 {
  return modelSize() + functionStartsSize(functionCount);
}

/** Most bytes that `controlEncode` writes for `count` covers, with the ending. */
export function controlCodeSize(count: u32): u32 {
  return count * COVER_CODE_SIZE + 16;
}

/**
 * Starts a list of covers. `functions` are u32 offsets in old, strictly ascending, at most oldSize, else the answer is
 * BAD_CONTROL; they must stay where they are.
 */
export function controlStart(
  scratch: usize,
  functions: usize,
  functionCount: u32,
  oldSize: u32,
  newSize: u32,
): i32 {
  coded = 0;
  oldBytes = oldSize;
  newBytes = newSize;
  resetCoverModel(scratch, oldSize, newSize);
  return resetFunctionStarts(scratch + <usize>modelSize(), functions, functionCount, oldSize);
}

/** Covers coded since `controlStart`: after an error, the index of the bad one. */
export function controlCount(): u32 {
  return coded;
}

/** Codes the next `count` covers at `covers`; BAD_CONTROL at one that is empty, out of order or outside the images. */
export function controlEncode(covers: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const cover = covers + <usize>i * COVER_SIZE;
    if (!isPossible(cover)) return BAD_CONTROL;
    choosePlan(cover);
    const status = codeCover(cover);
    if (status != OK) return status;
    coded++;
  }
  return OK;
}

/** Decodes the next `count` covers to `covers`; BAD_CONTROL at the first impossible one, TRUNCATED behind the end. */
export function controlDecode(covers: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const status = codeCover(covers + <usize>i * COVER_SIZE);
    if (status != OK) return status;
    if (coderOverran()) return TRUNCATED;
    coded++;
  }
  return OK;
}

function isPossible(cover: usize): bool {
  const newOffset = load<u32>(cover);
  const length = <u64>load<u32>(cover, 8);
  if (newOffset < lastNewEnd() || length == 0) return false;
  return <u64>newOffset + length <= <u64>newBytes && <u64>load<u32>(cover, 4) + length <= <u64>oldBytes;
}

function modelSize(): u32 {
  return (coverModelSize() + 15) & ~15;
}
