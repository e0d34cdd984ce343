// The matcher: which stretches of new are approximate copies of which stretches of old.
//
// Walks new from front to back along a diagonal (old = new - delta, the current copy):
//
//   follow    exact runs of 16 bytes and more are passed at memory speed; a short disagreement is tolerated while at
//             least `tolerance` of the next 32 bytes agree;
//   look up   else the seed index is asked; the longest exact match of its candidates wins;
//   accept    a match is taken when it explains at least 9 bytes more than the current diagonal does over the same
//             stretch (bsdiff's rule, C. Percival, "Naive differences of executable code", 2003);
//   extend    the old copy is extended forward and the new one backward for as long as more than half of the bytes
//             agree, and where both claim a stretch it is split where their agreement changes (bsdiff's rules). There is no cut-off: tables whose every entry
//             changed are bridged where the same diagonal goes on behind them.
//
// Result: covers { newOffset, oldOffset, length } as u32 triples, in the order of new, not overlapping.
//
// Cost is linear: an extension looks at each byte between two matches once; a match that is no better than the
// diagonal moves the scan behind the diagonal's last disagreement; in unmatched data the scan takes longer and longer
// steps (up to 7 bytes after 384 misses; always odd, so that every alignment is tried), which backward extension makes
// up for.
//
// The scan is resumable: `scanStep` stops after a slice of new or when the cover buffer is full, and the result does
// not depend on where it stops.

import { countEqual32, matchLength } from './match-length';
import { bucketOf, bucketWays } from './seed-index';

const ACCEPT_GAIN: u32 = 8;
const LEAST_RUN: u32 = 16;
const WINDOW: u32 = 32;
const MISS_SHIFT: u32 = 7;
const MISS_STEP_LIMIT: u32 = 3;

let oldPtr: usize = 0;
let oldSize: u32 = 0;
let newPtr: usize = 0;
let newSize: u32 = 0;
let seedSize: u32 = 0;
let tolerance: u32 = 0;

/** Where the scan stands, and the diagonal it follows: old offset = new offset - delta (mod 2^32). */
let scan: u32 = 0;
let delta: u32 = 0;
let misses: u32 = 0;
/** Start of the copy that is being followed. */
let copyNew: u32 = 0;
let copyOld: u32 = 0;
let finished: bool = false;
let covers: usize = 0;
let coverCount: u32 = 0;
let matchOffset: u32 = 0;

export function scanStart(
  oldAt: usize,
  oldBytes: u32,
  newAt: usize,
  newBytes: u32,
  seed: u32,
  toleratedEqual: u32,
): void {
  oldPtr = oldAt;
  oldSize = oldBytes;
  newPtr = newAt;
  newSize = newBytes;
  seedSize = seed;
  tolerance = toleratedEqual;
  scan = 0;
  delta = 0;
  misses = 0;
  copyNew = 0;
  copyOld = 0;
  finished = false;
}

/** Place of the scan in new. */
export function scanPosition(): u32 {
  return scan;
}

/** Covers written by the last `scanStep`. */
export function scanCoverCount(): u32 {
  return coverCount;
}

/**
 * Goes on until about new[.. target) is scanned, writing covers to `buffer` (room for `capacity`). Answers 1 when new is
 * finished, else 0.
 */
export function scanStep(target: u32, buffer: usize, capacity: u32): i32 {
  covers = buffer;
  coverCount = 0;
  const end = newSize > WINDOW ? newSize - WINDOW : 0;
  while (!finished && coverCount < capacity) {
    if (scan >= end) {
      scan = newSize;
      endCopy(newSize, 0);
      finished = true;
    } else if (scan >= target) {
      break;
    } else if (advance(end)) {
      endCopy(scan, matchOffset);
    }
  }
  return finished ? 1 : 0;
}

/** Moves the scan forward; true when a better match stands at `scan`, in old at `matchOffset`. */
function advance(end: u32): bool {
  const at = newPtr + <usize>scan;
  const old = scan - delta;
  const onDiagonal = old < oldSize && oldSize - old >= WINDOW;
  if (onDiagonal) {
    const limit = min<u32>(newSize - scan, oldSize - old);
    const run = matchLength(at, oldPtr + <usize>old, limit);
    if (run >= LEAST_RUN) {
      scan += run;
      misses = 0;
      return false;
    }
    if (countEqual32(at, oldPtr + <usize>old) >= tolerance) {
      scan += run > 0 ? run : 1;
      misses = 0;
      return false;
    }
  }
  const length = longestMatch(at);
  if (length < seedSize) {
    const skip = min<u32>(misses >>> MISS_SHIFT, MISS_STEP_LIMIT);
    misses++;
    scan = min<u32>(end, scan + 1 + 2 * skip);
    return false;
  }
  misses = 0;
  return beatsDiagonal(old, length);
}

/** Longest exact match of the candidates for new[scan, …); its old offset goes to `matchOffset`. */
function longestMatch(at: usize): u32 {
  const bucket = bucketOf(at);
  const ways = bucketWays();
  let best: u32 = 0;
  for (let way: u32 = 0; way < ways; way++) {
    const entry = load<u32>(bucket + ((<usize>way) << 2));
    if (entry == 0) break;
    const candidate = oldPtr + <usize>(entry - 1);
    if (load<u64>(candidate) != load<u64>(at)) continue;
    const length = matchLength(at, candidate, min<u32>(newSize - scan, oldSize - (entry - 1)));
    if (length > best) {
      best = length;
      matchOffset = entry - 1;
    }
  }
  return best;
}

/** Whether the match explains enough more than the diagonal; if not, moves behind the diagonal's disagreement. */
function beatsDiagonal(old: u32, length: u32): bool {
  if (old >= oldSize || oldSize - old < length) return true;
  let disagreements: u32 = 0;
  let lastDisagreement: u32 = 0;
  const a = newPtr + <usize>scan;
  const b = oldPtr + <usize>old;
  for (let i: u32 = 0; i < length; ) {
    i += matchLength(a + <usize>i, b + <usize>i, length - i);
    if (i >= length) break;
    lastDisagreement = i++;
    if (++disagreements > ACCEPT_GAIN) return true;
  }
  scan += disagreements > 0 ? lastDisagreement + 1 : length;
  return false;
}

/** Ends the followed copy before the match at new `matchNew`, old `matchOld`, and starts a copy there. */
function endCopy(matchNew: u32, matchOld: u32): void {
  let forward = extendForward(matchNew);
  let backward: u32 = matchNew < newSize ? extendBackward(matchNew, matchOld) : 0;
  if (copyNew + forward > matchNew - backward) {
    const overlap = copyNew + forward - (matchNew - backward);
    const kept = splitOverlap(
      copyNew + forward - overlap,
      copyOld + forward - overlap,
      matchOld - backward,
      overlap,
    );
    forward = forward - overlap + kept;
    backward -= kept;
  }
  if (forward > 0) {
    const cover = covers + <usize>coverCount * 12;
    store<u32>(cover, copyNew);
    store<u32>(cover, copyOld, 4);
    store<u32>(cover, forward, 8);
    coverCount++;
  }
  copyNew = matchNew - backward;
  copyOld = matchOld - backward;
  delta = matchNew - matchOld;
}

/**
 * Length of the current copy that scores best: one point a matching byte, minus one for each other byte. The score is
 * kept relative to the best so far, so that it cannot overflow.
 */
function extendForward(matchNew: u32): u32 {
  const limit = min<u32>(matchNew - copyNew, oldSize - copyOld);
  const a = newPtr + <usize>copyNew;
  const b = oldPtr + <usize>copyOld;
  let score: i64 = 0;
  let best: u32 = 0;
  for (let i: u32 = 0; i < limit; ) {
    const run = matchLength(a + <usize>i, b + <usize>i, limit - i);
    i += run;
    score += <i64>run;
    if (score > 0) {
      score = 0;
      best = i;
    }
    if (i < limit) {
      i++;
      score--;
    }
  }
  return best;
}

function extendBackward(matchNew: u32, matchOld: u32): u32 {
  const limit = min<u32>(matchNew - copyNew, matchOld);
  let score: i64 = 0;
  let best: u32 = 0;
  for (let i: u32 = 1; i <= limit; i++) {
    const equal = load<u8>(newPtr + <usize>(matchNew - i)) == load<u8>(oldPtr + <usize>(matchOld - i));
    score += equal ? 1 : -1;
    if (score > 0) {
      score = 0;
      best = i;
    }
  }
  return best;
}

/** Of `overlap` bytes that both copies claim, how many the first one keeps. */
function splitOverlap(newAt: u32, firstOld: u32, secondOld: u32, overlap: u32): u32 {
  let score: i32 = 0;
  let bestScore: i32 = 0;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < overlap; i++) {
    const byte = load<u8>(newPtr + <usize>(newAt + i));
    if (byte == load<u8>(oldPtr + <usize>(firstOld + i))) score++;
    if (byte == load<u8>(oldPtr + <usize>(secondOld + i))) score--;
    if (score > bestScore) {
      bestScore = score;
      kept = i + 1;
    }
  }
  return kept;
}
