// What the scan has left between two covers is searched again, near where it should be.
//
// An edit inside a function or a table shifts what follows by a few bytes, and what is alike behind it is too short or
// too common for the big index: of what bsdiff covers and the scan does not, most lies within 256 bytes of a
// neighbour's diagonal. For each gap a small index of short seeds, at every offset or every `stride`-th, is made of two windows of old,
//
//   old   ···AAAA|<- size + reach ->···           behind A, the cover before the gap,
//         ···<- reach + size ->|BBBB···           and before B, the cover behind it, each `reach` wider on the far side
//   new   ···AAAA|<--- size --->|BBBB···
//
// and the gap is scanned with it (scan-matches.ts). Long gaps are cut into pieces, since windows are small. The work
// is a few lookups for each byte that is in a gap: 1 to 2 ms for 1.7 MB of libxml2, whose gaps shrink by a third.

import { COVER_SIZE, hasRoom, putCover } from './cover-buffer';
import { oldPtr, oldSize } from './matched-images';
import { scanDelta, scanMatches, setRules, startStretch } from './scan-matches';
import { indexSeeds, seedTableSize, startSeedIndex } from './seed-index';

const MOST_BUCKETS: u32 = 2048;
const WAYS: u32 = 4;
const PIECE: u32 = 8192;
const LEAST_GAP: u32 = 16;
const LEAST_REACH: u32 = 64;

let newSize: u32 = 0;
let covers: usize = 0;
let coverCount: u32 = 0;
let hasTail: bool = true;
let table: usize = 0;
let seedSize: u32 = 9;
let stride: u32 = 1;
let mostReach: u32 = 0;

/** The next cover to be copied, and what is known of the gap before it: new[gapStart, …), whose rest is not filled. */
let next: u32 = 0;
let gapStart: u32 = 0;
let pieceEnd: u32 = 0;
let isInPiece: bool = false;
/** Where old goes on behind the cover before the gap. */
let oldBehind: u32 = 0;
let deltaBehind: u32 = 0;

/** Bytes of scratch that `startFilling` wants. */
export function gapIndexSize(): u32 {
  return seedTableSize(MOST_BUCKETS, WAYS);
}

/**
 * The covers of a finished scan of the same images, to be copied to the cover buffer with those of the gaps. What a gap gets depends on the
 * covers beside it alone, so ranges of covers can be filled apart: all but the first range begin with `first` = 1, behind the last cover of the
 * range before, and all but the last leave out the gap behind their last cover.
 */
export function startFilling(
  sizeOfNew: u32,
  coverTriples: usize,
  count: u32,
  scratch: usize,
  sizeOfSeed: u32,
  seedStride: u32,
  reach: u32,
  goodOf32: i32,
  betterBy: u32,
  leastGain: i32,
  first: u32,
  withTail: bool,
): void {
  newSize = sizeOfNew;
  covers = coverTriples;
  coverCount = count;
  table = scratch;
  seedSize = sizeOfSeed;
  stride = seedStride;
  mostReach = reach;
  setRules(sizeOfSeed, goodOf32, betterBy, leastGain);
  hasTail = withTail;
  next = first;
  gapStart = 0;
  isInPiece = false;
  oldBehind = 0;
  deltaBehind = 0;
  if (first > 0) goBehind(coverTriples + <usize>(first - 1) * COVER_SIZE);
}

/** Goes on until about `work` bytes were indexed or the buffer is full. True when all covers are written. */
export function fillGaps(work: u32): bool {
  let done: u32 = 0;
  while (next < coverCount || hasTail) {
    const cover = covers + <usize>next * COVER_SIZE;
    const gapEnd = next < coverCount ? load<u32>(cover) : newSize;
    while (isInPiece || gapEnd - gapStart >= LEAST_GAP) {
      if (!isInPiece) done += startPiece(gapEnd, cover);
      isInPiece = true;
      if (!scanMatches(pieceEnd)) return false;
      isInPiece = false;
      gapStart = pieceEnd;
      deltaBehind = scanDelta();
      oldBehind = min(gapStart + deltaBehind, oldSize);
    }
    if (next == coverCount) break;
    if (!hasRoom() || done > work) return false;
    copyCover(cover);
  }
  return true;
}

function copyCover(cover: usize): void {
  putCover(load<u32>(cover), load<u32>(cover, 4), load<u32>(cover, 8));
  goBehind(cover);
  next++;
}

function goBehind(cover: usize): void {
  const newOffset = load<u32>(cover);
  const oldOffset = load<u32>(cover, 4);
  const length = load<u32>(cover, 8);
  gapStart = newOffset + length;
  oldBehind = oldOffset + length;
  deltaBehind = oldOffset - newOffset;
}

/** Indexes the windows for the next piece of the gap and starts its scan. Answers how many bytes they have. */
function startPiece(gapEnd: u32, cover: usize): u32 {
  const left = gapEnd - gapStart;
  const size = left > PIECE + PIECE / 2 ? PIECE : left;
  const reach = min(mostReach, LEAST_REACH + size * 4);
  const far = size + reach;
  pieceEnd = gapStart + size;
  let from = oldBehind > reach ? oldBehind - reach : 0;
  let to = oldSize - oldBehind > far ? oldBehind + far : oldSize;
  startSeedIndex(oldPtr, oldSize, table, min(MOST_BUCKETS, far / stride), WAYS, stride, seedSize);
  let bytes = to - from;
  if (next < coverCount) {
    // Where old should stand at the piece's end if it went on to the next cover without a break.
    const oldOffset = load<u32>(cover, 4);
    const oldEnd = oldOffset > left - size ? oldOffset - (left - size) : 0;
    const otherFrom = oldEnd > far ? oldEnd - far : 0;
    const otherTo = oldSize - oldEnd > reach ? oldEnd + reach : oldSize;
    if (otherTo < from || otherFrom > to) {
      indexSeeds(otherFrom, otherTo);
      bytes += otherTo - otherFrom;
    } else {
      from = min(from, otherFrom);
      to = max(to, otherTo);
      bytes = to - from;
    }
  }
  indexSeeds(from, to);
  startStretch(gapStart, pieceEnd, deltaBehind);
  return bytes;
}
