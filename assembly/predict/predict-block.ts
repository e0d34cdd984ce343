// The predictor: what will the next block of new be, given old, the cover map and new so far?
//
//   setBases(old, new)                                   whenever a tile or the window moves
//   beginCover(newOffset, oldOffset, size)               once per cover
//   beginSpan(newStart, newEnd, delta, class, ...)       once per span (span.ts), old's tile being resident
//   for each block of the span:                          at most 64 bytes, cut at multiples of 64 of new
//     predictBlock(newStart, newEnd)                     -> PREDICTED, KIND, CONFIDENCE (block-buffers.ts)
//     ... the coder puts the true bytes at newBase + newStart ...
//     teachBlock(newStart, newEnd, wrong)                wrong = 0 when every byte was as predicted
//
// A prediction uses only state from before its block, so the decoder can make it before it reads the first
// flag of the block. Blocks depend on new offsets alone, so how the host slices a span cannot be seen.
// Everything here may meet any bytes: offsets are the host's, loops are bounded by the block or by 64 words.

import { oldBase } from './bases';
import { clearKinds, copyBlock } from './block-buffers';
import { setCover, setSpan, spanDelta } from './span';

/** Announces the cover that the next spans are cut from. */
export function beginCover(newOffset: u32, oldOffset: u32, size: u32): void {
  setCover(newOffset, oldOffset, size);
}

/** Announces a span; the bytes around its old start must be resident. */
export function beginSpan(
  newStart: u32,
  newEnd: u32,
  delta: u32,
  regionClass: i32,
  regionStart: u32,
  regionEnd: u32,
  oldAddressDelta: u32,
  newAddressDelta: u32,
): void {
  setSpan(newStart, newEnd, delta, regionClass, regionStart, regionEnd, oldAddressDelta, newAddressDelta);
}

/** Predicts new[newStart, newEnd), which lies in the announced span and in one 64-byte block of new. */
export function predictBlock(newStart: u32, newEnd: u32): void {
  clearKinds();
  copyBlock(oldBase + <usize>(newStart - spanDelta), newStart & 63, newEnd - newStart);
}

/** Learns from the true bytes of the block just predicted; `wrong` says whether any byte differs. */
export function teachBlock(newStart: u32, newEnd: u32, wrong: i32): void {}
