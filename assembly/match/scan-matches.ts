// Which stretches of new are copies, not quite exact ones, of which stretches of old.
//
// bsdiff's idea (C. Percival, "Naive differences of executable code", 2003) on a seed index (seed-index.ts): walk
// through new along a diagonal, that is, at a fixed distance to old, and leave it only for a clearly better one.
//
//   old   ······A·········B·············        delta = oldOffset - newOffset, modulo 2^32
//   new   ··A·······B···················        position = where the walk stands in new
//
//   1. Follow. While the next 32 bytes agree with the diagonal in `tolerance` places, or the next 16 in all, go on, by
//      the run of equal bytes or by 16.
//   2. Look up. Otherwise ask the index at each byte, in code at each word (word-ranges.ts), for a better diagonal (find-better.ts).
//   3. Extend. A cover reaches as far as the bytes that agree, less those that do not, are most: forward as the walk
//      goes, backward from where it was taken (extend-cover.ts). What two covers want is split between them.
//   4. Close. A cover whose score has fallen PATIENCE below its best has ended. The walk still watches its diagonal;
//      when a run shows that it is good again, the cover goes on if one byte in BRIDGE_PARTS agreed in between (a table
//      whose every entry changed: predicting may get it right), else a new cover begins. bsdiff bridges anything.
//
// Worst cases: a lookup's work is bounded (find-better.ts); backward extension lives on credit, CREDIT bytes for each
// byte of new, so that periodic data, where every diagonal is as good as the next, stays linear; in foreign data
// lookups thin out, by odd steps so that every alignment is tried, and backward extension makes up for it.
//
// The covers depend on the inputs and rules only: nothing looks at where a slice ends or where the buffer was full.

import { hasRoom, putCover } from './cover-buffer';
import { examinedBytes, extendBackward, splitOverlap } from './extend-cover';
import { betterOffset, findBetter, setLookUp } from './find-better';
import { countEqual, equalMask, matchLength } from './match-length';
import { newEnd, newPtr, oldPtr, oldSize, setImages, setNewEnd } from './matched-images';
import { unitAt } from './word-ranges';

const LONG_RUN: u32 = 16;
/** A closed cover goes on with a run of equal bytes, else it would begin with wrong ones. */
const SHORT_RUN: u32 = 8;
const RUN_SLICE: u32 = 65536;
const PATIENCE: i32 = 64;
const BRIDGE_PARTS: u32 = 4;
const CREDIT: u32 = 16;
const MOST_CREDIT: u32 = 1 << 20;
/** Bytes of foreign data after which two more bytes, in code words, are left out between lookups, and the most times. */
const HURRY_BITS: u32 = 10;
const MOST_HURRY: u32 = 3;

let tolerance: i32 = 28;
let minimumGain: i32 = 0;

let position: u32 = 0;
let delta: u32 = 0;
let coverStart: u32 = 0;
/** Equal bytes less unequal ones from where the diagonal was taken; the most it has been, and where that was. */
let score: i32 = 0;
let bestScore: i32 = 0;
let bestEnd: u32 = 0;
let isOpen: bool = true;
/** Bytes that were looked up since the diagonal was good. */
let misses: u32 = 0;
let credit: u32 = 0;
/** Where the diagonal was taken: credit is earned from there on, once for each byte. */
let taken: u32 = 0;
/** Where in old the walk goes on when it has left its diagonal. */
let foundOffset: u32 = 0;

/** What makes a diagonal good (equal bytes of 32), another one better, and a cover worth its control. */
export function setRules(sizeOfSeed: u32, goodOf32: i32, betterBy: u32, leastGain: i32): void {
  setLookUp(sizeOfSeed, betterBy);
  tolerance = goodOf32;
  minimumGain = leastGain;
}

/** Starts on the diagonal 0 at the start of new. The seed index must hold all of old. */
export function startScan(
  old: usize,
  sizeOfOld: u32,
  next: usize,
  sizeOfNew: u32,
  sizeOfSeed: u32,
  goodOf32: i32,
  betterBy: u32,
  leastGain: i32,
): void {
  setImages(old, sizeOfOld, next, sizeOfNew);
  setRules(sizeOfSeed, goodOf32, betterBy, leastGain);
  startStretch(0, sizeOfNew, 0);
  isOpen = true;
}

/** Starts on new[from, to) alone, behind a cover that ended at `from` on the diagonal `oldDelta`. */
export function startStretch(from: u32, to: u32, oldDelta: u32): void {
  setNewEnd(to);
  position = from;
  misses = 0;
  credit = 0;
  taken = from;
  startCover(from, oldDelta);
  isOpen = false;
}

export function scanPosition(): u32 {
  return position;
}

export function scanDelta(): u32 {
  return delta;
}

/** Bytes of a scan's state; see `saveScan`. */
const SCAN_STATE_SIZE: u32 = 40;

export function scanStateSize(): u32 {
  return SCAN_STATE_SIZE;
}

// What the rest of a scan depends on beside images, index and rules, ten words:
//   position · delta · coverStart · score · bestScore · bestEnd · isOpen · misses · credit · taken
// Two scans of the same images that have equal states between slices go on alike, wherever they began: so a scan that began
// further on can be joined to one that arrives there (src/match/range-search.ts).

export function saveScan(state: usize): void {
  store<u32>(state, position);
  store<u32>(state, delta, 4);
  store<u32>(state, coverStart, 8);
  store<i32>(state, score, 12);
  store<i32>(state, bestScore, 16);
  store<u32>(state, bestEnd, 20);
  store<u32>(state, <u32>isOpen, 24);
  store<u32>(state, misses, 28);
  store<u32>(state, credit, 32);
  store<u32>(state, taken, 36);
}

/** Goes on from a state; `startScan` has set the images and rules. */
export function restoreScan(state: usize): void {
  position = load<u32>(state);
  delta = load<u32>(state, 4);
  coverStart = load<u32>(state, 8);
  score = load<i32>(state, 12);
  bestScore = load<i32>(state, 16);
  bestEnd = load<u32>(state, 20);
  isOpen = load<u32>(state, 24) != 0;
  misses = load<u32>(state, 28);
  credit = load<u32>(state, 32);
  taken = load<u32>(state, 36);
}

/** Scans on until `limit` or until the cover buffer is full. True when all is scanned and written. */
export function scanMatches(limit: u32): bool {
  const end = min(limit, newEnd);
  while (hasRoom()) {
    if (walk(end)) {
      switchDiagonal();
    } else if (position < newEnd) {
      return false;
    } else {
      trimEnd();
      finishCover(bestEnd);
      startCover(newEnd, delta);
      return true;
    }
  }
  return false;
}

function startCover(start: u32, oldDelta: u32): void {
  coverStart = start;
  delta = oldDelta;
  score = 0;
  bestScore = 0;
  bestEnd = position;
  isOpen = true;
}

/** Goes on until `limit` or until a cover should begin at `position` and `foundOffset` (true). */
function walk(limit: u32): bool {
  const distance = delta;
  let at = position;
  let now = score;
  let best = bestScore;
  let end = bestEnd;
  let open = isOpen;
  let missed = misses;
  let found = false;
  while (at < limit) {
    const here = newPtr + at;
    const there = at + distance;
    let run: u32 = 0;
    if (there < oldSize) {
      const room = min(newEnd - at, oldSize - there);
      let mask = equalMask(here, oldPtr + there);
      // What lies behind either end agrees: an end is no reason to leave.
      if (room < 32) mask |= (<u32>0xffffffff) << room;
      run = mask == 0xffffffff ? 32 : <u32>ctz<u32>(~mask);
      if (run >= LONG_RUN || ((open || run >= SHORT_RUN) && popcnt<i32>(mask) >= tolerance)) {
        if (!open) {
          if (!isBridge(end, at - end, distance)) {
            foundOffset = there;
            found = true;
            break;
          }
          open = true;
          now = 0;
          best = 0;
          end = at;
        }
        if (run >= LONG_RUN) {
          run = run == 32 ? runLength(here, oldPtr + there, room) : min(run, room);
          now += run;
        } else if (room >= LONG_RUN) {
          run = LONG_RUN;
          now += (popcnt<i32>(mask & 0xffff) << 1) - <i32>LONG_RUN;
        } else {
          now += run != 0 ? run : -1;
          run = max<u32>(run, 1);
        }
        at += run;
        if (now > best) {
          best = now;
          end = at;
        } else if (now < best - PATIENCE) {
          open = false;
        }
        missed = 0;
        continue;
      }
    }
    const unit = unitAt(at);
    const skew = at & (unit - 1);
    if (skew == 0 && findBetter(at, there)) {
      foundOffset = betterOffset();
      found = true;
      break;
    }
    if (skew == 0) missed++;
    if (open) {
      at++;
      now += run != 0 ? 1 : -1;
      if (now > best) {
        best = now;
        end = at;
      } else if (now < best - PATIENCE) {
        open = false;
      }
    } else {
      at += 1 + unit * (min(missed >>> HURRY_BITS, MOST_HURRY) << 1);
    }
  }
  position = min(at, newEnd);
  score = now;
  bestScore = best;
  bestEnd = end;
  isOpen = open;
  misses = found ? 0 : missed;
  return found;
}

/** Whether a cover that closed at `from` should go on through `size` bytes to where its diagonal is good again. */
function isBridge(from: u32, size: u32, distance: u32): bool {
  return countEqual(newPtr + from, oldPtr + (from + distance), size) * BRIDGE_PARTS >= size;
}

/** matchLength in slices, so that its loop is soon entered as optimised code (assembly/README.md). */
function runLength(a: usize, b: usize, size: u32): u32 {
  let run: u32 = 0;
  while (run < size) {
    const slice = min(size - run, RUN_SLICE);
    const more = matchLength(a + run, b + run, slice);
    run += more;
    if (more < slice) break;
  }
  return run;
}

/** Ends the cover and starts the next one on the diagonal that `walk` found. */
function switchDiagonal(): void {
  trimEnd();
  const next = foundOffset - position;
  // A cover that goes on along its own diagonal leaves what it has got alone.
  const floor = next == delta ? bestEnd : coverStart;
  credit = min(MOST_CREDIT, credit + min(position - taken, MOST_CREDIT) * CREDIT);
  taken = position;
  const most = min(min(position - floor, foundOffset), credit);
  let start = position - extendBackward(position, foundOffset, most, PATIENCE);
  credit -= examinedBytes();
  if (start < bestEnd) start += splitOverlap(start, bestEnd - start, delta, next);
  finishCover(min(bestEnd, start));
  startCover(start, next);
}

/** Following by 16 may have left wrong bytes at the cover's end. */
function trimEnd(): void {
  while (bestEnd > coverStart && load<u8>(newPtr + bestEnd - 1) != load<u8>(oldPtr + (bestEnd + delta) - 1)) {
    bestEnd--;
  }
}

/** Writes the cover from `coverStart` to `end` unless it saves too little. */
function finishCover(end: u32): void {
  if (end <= coverStart) return;
  const length = end - coverStart;
  const oldOffset = coverStart + delta;
  if (length < <u32>(minimumGain << 3)) {
    const equal = countEqual(newPtr + coverStart, oldPtr + oldOffset, length);
    if (<i32>(equal * 2 - length) < minimumGain) return;
  }
  putCover(coverStart, oldOffset, length);
}
