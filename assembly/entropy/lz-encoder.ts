// Encoder of the LZ coder: one stream, whole in linear memory, coded in slices. The parts:
//
//   lz-match-finder  where the bytes at a place occurred before
//   lz-greedy        fast levels: which operations to use, decided place by place
//   lz-optimal       other levels: the cheapest way through the next thousands of places
//   lz-prices        what operations cost, for lz-optimal
//   lz-writer        model and range coder
//
// State is kept in module globals: one encoder at a time in an instance.
//
//   block: model | nodes of the optimal parse (not for fast levels) | finder
//
// Output is bounded: a path of the parser takes at most PATH_OUTPUT bytes, and a step stops when less than that is free.
// A run of bytes that wait for a carry can be longer than any slice, so that the room it needs is asked for
// (`lzEncoderRoom`) before each step.

import { writeGreedy } from './lz-greedy';
import { finderSize, finderStart, forgetHeld, parsedSize } from './lz-match-finder';
import { modelEntries } from './lz-model';
import { nodesSize, optimalStart, writePath } from './lz-optimal';
import {
  writerFinish,
  writerOutput,
  writerOutputPosition,
  writerPendingBytes,
  writerStart,
} from './lz-writer';

/**
 * Most bytes that one path can take. The dearest operation for each byte of input is a match of 2 bytes: 22 modelled bits of at
 * most 6.05 bits each (2048 / 31) and 22 direct ones, 9.7 bytes for each of at most 4,548 bytes.
 */
const PATH_OUTPUT: u32 = 48 << 10;

let size: u32 = 0;
let optimal: bool = true;

function modelSize(lc: u32, lp: u32): u32 {
  return (modelEntries(lc, lp) * 2 + 15) & ~15;
}

/** Bytes of an encoder's block for `bytes` of input, searched to `depth`. */
export function lzEncoderSize(bytes: u32, window: u32, lc: u32, lp: u32, useOptimal: bool, depth: u32): u32 {
  return modelSize(lc, lp) + (useOptimal ? nodesSize() : 0) + finderSize(bytes, window, useOptimal, depth);
}

/**
 * Starts the encoder for `bytes` of input at `input`. `depth` = positions tried per search, `niceLength` = a match that is taken
 * without looking further, 8..273.
 */
export function lzEncoderStart(
  block: usize,
  input: usize,
  bytes: u32,
  window: u32,
  lc: u32,
  lp: u32,
  pb: u32,
  useOptimal: bool,
  depth: u32,
  niceLength: u32,
): void {
  size = bytes;
  optimal = useOptimal;
  const nodes = block + <usize>modelSize(lc, lp);
  const finder = nodes + <usize>(useOptimal ? nodesSize() : 0);
  forgetHeld();
  writerStart(block, input, lc, lp, pb);
  finderStart(finder, input, bytes, window, useOptimal, depth, niceLength);
  if (useOptimal) optimalStart(nodes, 1 << pb);
}

/** Place of the input up to which operations were written. */
export function lzEncodedSize(): u32 {
  return parsedSize();
}

/** Bytes of output that the next step or the end may need. With less, a step writes nothing. */
export function lzEncoderRoom(): u32 {
  return PATH_OUTPUT + writerPendingBytes();
}

/** Encodes input up to at least `target` (or its end) to `out`, as far as the room goes; answers the end of what was written. */
export function lzEncodeStep(target: u32, out: usize, outSize: u32): usize {
  writerOutput(out);
  if (target > size) target = size;
  while (parsedSize() < target && <u32>(writerOutputPosition() - out) + lzEncoderRoom() <= outSize) {
    if (optimal) writePath();
    else writeGreedy();
  }
  return writerOutputPosition();
}

/** Ends the stream; `out` holds `lzEncoderRoom()` bytes. */
export function lzEncodeFinish(out: usize): usize {
  writerOutput(out);
  writerFinish();
  return writerOutputPosition();
}
