// Where one cover ends and the next begins: bsdiff's backward extension and its split of what both want.

import { matchLengthBackward } from './match-length';
import { newPtr, oldPtr } from './matched-images';

let examined: u32 = 0;

/** Bytes that the last `extendBackward` looked at. */
export function examinedBytes(): u32 {
  return examined;
}

/**
 * How far back before new `at` and old `offset` a cover should begin: where the bytes that agree, less those that do
 * not, are most. Looks at `most` bytes at most, and gives up when that score falls `patience` below its best.
 */
export function extendBackward(at: u32, offset: u32, most: u32, patience: i32): u32 {
  const here = newPtr + at;
  const there = oldPtr + offset;
  let back: u32 = 0;
  let score: i32 = 0;
  let best: i32 = 0;
  let bestBack: u32 = 0;
  while (back < most) {
    const run = matchLengthBackward(here - back, there - back, most - back);
    back += run;
    score += run;
    if (score > best) {
      best = score;
      bestBack = back;
    }
    if (back == most) break;
    back++;
    score--;
    if (score < best - patience) break;
  }
  examined = back;
  return bestBack;
}

/** Of the `size` bytes from new `start` on that both diagonals claim, how many the first one keeps. */
export function splitOverlap(start: u32, size: u32, firstDelta: u32, secondDelta: u32): u32 {
  const here = newPtr + start;
  const first = oldPtr + (start + firstDelta);
  const second = oldPtr + (start + secondDelta);
  let lead: i32 = 0;
  let best: i32 = 0;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const byte = <u32>load<u8>(here + i);
    if (<u32>load<u8>(first + i) == byte) lead++;
    if (<u32>load<u8>(second + i) == byte) lead--;
    if (lead > best) {
      best = lead;
      kept = i + 1;
    }
  }
  return kept;
}
