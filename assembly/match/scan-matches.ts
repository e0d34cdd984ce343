// Which stretches of new are copies, not quite exact ones, of which stretches of old.
//
// bsdiff's idea (C. Percival, "Naive differences of executable code", 2003) on a seed index (seed-index.ts): walk
// through new along a diagonal, that is, with a fixed distance to old, and leave it only for a clearly better one.
//
//   old   ······A·········B·············        delta = oldOffset - newOffset, modulo 2^32
//   new   ··A·······B···················        position = where the walk stands in new
//
//   1. Follow. If the next 32 bytes agree with the diagonal in `tolerance` places, or the next 16 in all, go on.
//   2. Look up. Otherwise ask the index for the seed at the position; the longest exact run wins, of equal ones the
//      nearest to the diagonal. It is taken if the diagonal has more than `advantage` mismatches over that run.
//   3. Extend. A cover grows as far as twice the bytes that agree, less its length, grows (bsdiff's score): forward as
//      the walk goes, backward from where the next one was taken. Where both want the same bytes they split where the
//      sum of what agrees is greatest.
//   4. Close. A cover whose score has fallen `PATIENCE` below its best has ended. The walk still watches its diagonal;
//      when a run shows that it is good again, the cover goes on if one byte in BRIDGE_PARTS agreed in between (a table
//      whose every entry changed: predicting may get it right), else a new cover begins (bsdiff bridges anything).
//
// Worst cases: an exact run is looked at for MATCH_CAP bytes at most, so a lookup costs ways * MATCH_CAP; backward
// extension lives on credit, 16 bytes for each byte of new, so that periodic data, where every diagonal is as good as
// the next, stays linear; in foreign data lookups thin out with the distance from the last thing known.
//
// The covers depend on the inputs and parameters only: nothing looks at where a slice ends.

import { countEqual, equalMask, matchLength, matchLengthBackward } from './match-length';
import { NO_SEED, seedBucket, seedHash, seedOffset, seedWays } from './seed-index';

const LONG_RUN: u32 = 16;
/** A closed cover goes on with a run of equal bytes, else it would begin with wrong ones. */
const SHORT_RUN: u32 = 8;
const RUN_SLICE: u32 = 65536;
/** Bytes of an exact run that a lookup looks at. */
const MATCH_CAP: u32 = 1024;
const PATIENCE: i32 = 64;
/** A gap is bridged when one byte in so many agrees: a table whose every entry changed, not foreign data. */
const BRIDGE_PARTS: u32 = 4;
const CREDIT: u32 = 16;
const MOST_CREDIT: u32 = 1 << 20;
/** In foreign data: bytes after which lookups get rarer by two more bytes, and the most that is left out. */
const HURRY_BITS: u32 = 10;
const MOST_HURRY: u32 = 6;

/** u32 newOffset · u32 oldOffset · u32 length */
const COVER_SIZE: usize = 12;

let oldPtr: usize = 0;
let oldSize: u32 = 0;
let newPtr: usize = 0;
let newSize: u32 = 0;
let seedSize: u32 = 8;
let tolerance: i32 = 28;
let advantage: u32 = 8;
let minimumGain: i32 = 0;

let coversPtr: usize = 0;
let coverCapacity: u32 = 0;
let coverCount: u32 = 0;

let position: u32 = 0;
let delta: u32 = 0;
let coverStart: u32 = 0;
/** Twice the bytes that agree less all bytes, counted from where the cover's diagonal was taken; its best, and where. */
let score: i32 = 0;
let bestScore: i32 = 0;
let bestEnd: u32 = 0;
let isOpen: bool = true;
/** Bytes since something was known. */
let lost: u32 = 0;
let credit: u32 = 0;
/** Where in old the walk goes on when `walk` found a better diagonal. */
let foundOffset: u32 = 0;

/** Sets the images and the rules. The seed index of old must be complete. */
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
  oldPtr = old;
  oldSize = sizeOfOld;
  newPtr = next;
  newSize = sizeOfNew;
  seedSize = sizeOfSeed;
  tolerance = goodOf32;
  advantage = betterBy;
  minimumGain = leastGain;
  coverCount = 0;
  position = 0;
  lost = 0;
  credit = 0;
  startCover(0, 0);
}

/** Where covers go from now on: `capacity` triples. Forgets those written. */
export function setCoverBuffer(covers: usize, capacity: u32): void {
  coversPtr = covers;
  coverCapacity = capacity;
  coverCount = 0;
}

export function coversFound(): u32 {
  return coverCount;
}

export function scanPosition(): u32 {
  return position;
}

/** Scans on to `limit` at least, or until the buffer has no room for two more covers. True when new is done. */
export function scanMatches(limit: u32): bool {
  const end = min(limit, newSize);
  while (coverCount < coverCapacity) {
    if (walk(end)) {
      switchDiagonal();
    } else if (position < newSize) {
      return false;
    } else {
      finishCover(bestEnd);
      coverStart = newSize;
      bestEnd = newSize;
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

/** Follows the diagonal until `limit` or until a better one is found (true: `position` and `foundOffset` say where). */
function walk(limit: u32): bool {
  const distance = delta;
  let at = position;
  let now = score;
  let best = bestScore;
  let end = bestEnd;
  let open = isOpen;
  let far = lost;
  let found = false;
  while (at < limit) {
    const here = newPtr + at;
    const there = at + distance;
    let agrees = false;
    if (there < oldSize) {
      const room = min(newSize - at, oldSize - there);
      let mask = equalMask(here, oldPtr + there);
      if (room < 32) mask |= (<u32>0xffffffff) << room;
      let run: u32 = mask == 0xffffffff ? 32 : <u32>ctz<u32>(~mask);
      agrees = run != 0;
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
        if (run >= 32) run = runLength(here, oldPtr + there, room);
        else run = min(run, room);
        if (run != 0) {
          at += run;
          now += run;
          if (now > best) {
            best = now;
            end = at;
          }
        } else {
          at++;
          now--;
          if (now < best - PATIENCE) open = false;
        }
        far = 0;
        continue;
      }
    }
    if (at + seedSize <= newSize && lookUp(at, there)) {
      found = true;
      break;
    }
    far++;
    if (open) {
      at++;
      now += agrees ? 1 : -1;
      if (now > best) {
        best = now;
        end = at;
      } else if (now < best - PATIENCE) {
        open = false;
      }
    } else {
      at += 1 + (min(far >>> HURRY_BITS, MOST_HURRY >>> 1) << 1);
    }
  }
  position = min(at, newSize);
  score = now;
  bestScore = best;
  bestEnd = end;
  isOpen = open;
  lost = found ? 0 : far;
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

/** Looks for a run at `at` that beats the diagonal, which stands at `there` in old. */
function lookUp(at: u32, there: u32): bool {
  const here = newPtr + at;
  const hash = seedHash(here);
  const bucket = seedBucket(hash);
  const ways = seedWays();
  const room = min(newSize - at, MATCH_CAP);
  let longest: u32 = 0;
  let chosen: u32 = 0;
  let nearest: u32 = 0;
  for (let way: u32 = 0; way < ways; way++) {
    const offset = seedOffset(load<u32>(bucket + <usize>(way << 2)), hash);
    if (offset == NO_SEED || load<u64>(oldPtr + offset) != load<u64>(here)) continue;
    const run = matchLength(here, oldPtr + offset, min(room, oldSize - offset));
    if (run < longest) continue;
    const away = offset > there ? offset - there : there - offset;
    if (run > longest || away < nearest) {
      longest = run;
      chosen = offset;
      nearest = away;
    }
  }
  if (longest < seedSize) return false;
  const reach = there < oldSize ? min(longest, oldSize - there) : 0;
  if (longest - countEqual(here, oldPtr + there, reach) <= advantage) return false;
  foundOffset = chosen;
  return true;
}

/** Ends the cover and starts the next one on the diagonal that `walk` found. */
function switchDiagonal(): void {
  const next = foundOffset - position;
  // A cover that goes on along its own diagonal leaves what it has got alone.
  const floor = next == delta ? bestEnd : coverStart;
  credit = min(MOST_CREDIT, credit + (position - coverStart) * CREDIT);
  const back = extendBackward(position, foundOffset, min(min(position - floor, foundOffset), credit));
  let start = position - back;
  if (start < bestEnd) start += splitOverlap(start, bestEnd - start, next);
  finishCover(min(bestEnd, start));
  startCover(start, next);
}

/** How far a cover that starts at `at` and `offset` reaches back, at most `most` bytes. */
function extendBackward(at: u32, offset: u32, most: u32): u32 {
  const here = newPtr + at;
  const there = oldPtr + offset;
  let back: u32 = 0;
  let now: i32 = 0;
  let best: i32 = 0;
  let bestBack: u32 = 0;
  while (back < most) {
    const run = matchLengthBackward(here - back, there - back, most - back);
    back += run;
    now += run;
    if (now > best) {
      best = now;
      bestBack = back;
    }
    if (back == most) break;
    back++;
    now--;
    if (now < best - PATIENCE) break;
  }
  credit -= back;
  return bestBack;
}

/** Bytes of the `size` from `start` that stay with the old diagonal when the rest goes to `next`. */
function splitOverlap(start: u32, size: u32, next: u32): u32 {
  const here = newPtr + start;
  const mine = oldPtr + (start + delta);
  const others = oldPtr + (start + next);
  let now: i32 = 0;
  let best: i32 = 0;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const byte = <u32>load<u8>(here + i);
    if (<u32>load<u8>(mine + i) == byte) now++;
    if (<u32>load<u8>(others + i) == byte) now--;
    if (now > best) {
      best = now;
      kept = i + 1;
    }
  }
  return kept;
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
  const cover = coversPtr + <usize>coverCount * COVER_SIZE;
  store<u32>(cover, coverStart);
  store<u32>(cover, oldOffset, 4);
  store<u32>(cover, length, 8);
  coverCount++;
}
