// Match finder of the LZ encoder: for each position the distances of earlier occurrences, one for each length that only
// that distance reaches, nearest first.
//
// Hash heads for 2, 3 and 4 bytes; the positions with equal hash of 4 bytes hang in a binary tree sorted by the bytes that
// follow (bt4). Source: I. Pavlov, LZMA SDK (public domain), LzFind; the tree is walked and rebuilt in one descent, so that each position
// costs at most `depth` comparisons. Fast levels have buckets instead (lz-buckets.ts).
//
//   heads2 (2^12) | heads3 (up to 2^16) | heads4 (up to 2^20) and 2 u32 of links for each position of the window, or buckets
//
// Entries are position + 1, 0 = none. The links are a ring over the positions of the window; older ones are never followed.
// A position's place in the ring is found from its distance, without a division: divisions were a third of the time.

import { bucketsSize, enterWord, entryDistance, startBuckets } from './lz-buckets';
import { MATCH_MAX, MATCH_MIN } from './lz-model';

const BITS_2: u32 = 12;
const BITS_3: u32 = 16;
const BITS_4: u32 = 20;
/** Matches of 2 and 3 bytes farther back cost more than the literals they stand for. */
const NEAR_2: u32 = 1 << 11;
const NEAR_3: u32 = 1 << 16;
const MULTIPLIER: u32 = 0x9e3779b1;

/** Found matches: pairs { length, distance - 1 } with growing lengths. */
const MATCHES: usize = memory.data(8 * 280, 16);
export let matchCount: u32 = 0;

/** The input. */
export let source: usize = 0;
export let size: u32 = 0;
/** A match of this length is taken without looking further. */
export let nice: u32 = 0;
/** Longest match already found at the finder's last position but not used yet; 0 = none. */
let heldLength: u32 = 0;
let at: u32 = 0;
/** Place of `at` in the ring of links. */
let ringAt: u32 = 0;
let heads2: usize = 0;
let heads3: usize = 0;
let heads4: usize = 0;
let links: usize = 0;
let shift3: u32 = 0;
let shift4: u32 = 0;
let windowSize: u32 = 0;
let depth: u32 = 0;
let tree: bool = true;

/** log2 of the heads for an input, at most `most`. */
function headBits(bytes: u32, most: u32): u32 {
  let bits: u32 = 10;
  while (bits < most && (<u32>1) << bits < bytes) bits++;
  return bits;
}

/** Bytes of the heads of 2 and 3 bytes. */
function nearHeadsSize(bytes: u32): u32 {
  return (((<u32>1) << BITS_2) + ((<u32>1) << headBits(bytes, BITS_3))) << 2;
}

/** Bytes of a finder for `bytes` of input in a window; `maxDepth` as for its start. */
export function finderSize(bytes: u32, window: u32, useTree: bool, maxDepth: u32): u32 {
  const near = nearHeadsSize(bytes);
  const positions = bytes < window ? bytes : window;
  if (!useTree) return near + bucketsSize(positions, maxDepth);
  return near + ((((<u32>1) << headBits(bytes, BITS_4)) + (positions + 1) * 2) << 2);
}

export function finderStart(
  block: usize,
  input: usize,
  bytes: u32,
  window: u32,
  useTree: bool,
  maxDepth: u32,
  niceLength: u32,
): void {
  source = input;
  size = bytes;
  at = 0;
  ringAt = 0;
  tree = useTree;
  depth = maxDepth;
  nice = niceLength;
  windowSize = (bytes < window ? bytes : window) + 1;
  shift3 = 32 - headBits(bytes, BITS_3);
  shift4 = 32 - headBits(bytes, BITS_4);
  heads2 = block;
  heads3 = heads2 + ((<usize>4) << BITS_2);
  heads4 = heads3 + ((<usize>4) << (32 - shift3));
  links = heads4 + ((<usize>4) << (32 - shift4));
  memory.fill(block, 0, (useTree ? links : heads4) - block);
  if (!useTree) startBuckets(heads4, bytes < window ? bytes : window, maxDepth);
}

/** Place of the input up to which operations were chosen: a held match begins there. */
export function parsedSize(): u32 {
  return heldLength > 0 ? at - 1 : at;
}

/** Keeps what the last search found for the next `search`. */
export function holdMatches(length: u32): void {
  heldLength = length;
}

export function forgetHeld(): void {
  heldLength = 0;
}

/** Matches at `parsedSize()`: held ones, or found now; answers the longest length. */
export function search(): u32 {
  if (heldLength == 0) return findMatches();
  const length = heldLength;
  heldLength = 0;
  return length;
}

export function matchLengthAt(index: u32): u32 {
  return load<u32>(MATCHES + ((<usize>index) << 3));
}

export function matchDistanceAt(index: u32): u32 {
  return load<u32>(MATCHES + ((<usize>index) << 3), 4);
}

/** Length of the repeat of `distance` at `place`, 0 when shorter than 2. */
export function repLength(place: u32, distance: u32, limit: u32): u32 {
  if (distance >= place || limit < MATCH_MIN) return 0;
  const here = source + <usize>place;
  const there = here - <usize>distance - 1;
  if (load<u16>(here) != load<u16>(there)) return 0;
  return agree(here, there, 2, limit);
}

/** The whole length of a match that the finder followed only as far as `nice`. */
export function extendMatch(place: u32, distance: u32, length: u32): u32 {
  const left = size - place;
  const here = source + <usize>place;
  return agree(here, here - <usize>distance - 1, length, left < MATCH_MAX ? left : MATCH_MAX);
}

/** Bytes that agree at two positions of the input, from `from` on, at most `limit`. */
function agree(a: usize, b: usize, from: u32, limit: u32): u32 {
  let i = from;
  while (i + 8 <= limit) {
    const different = load<u64>(a + <usize>i) ^ load<u64>(b + <usize>i);
    if (different) return i + (<u32>ctz<u64>(different) >>> 3);
    i += 8;
  }
  while (i < limit && load<u8>(a + <usize>i) == load<u8>(b + <usize>i)) i++;
  return i;
}

function addMatch(length: u32, distance: u32): void {
  const slot = MATCHES + ((<usize>matchCount) << 3);
  store<u32>(slot, length);
  store<u32>(slot, distance - 1, 4);
  matchCount++;
}

function slotOf2(word: u32): usize {
  return heads2 + <usize>((((word << 16) * MULTIPLIER) >>> (32 - BITS_2)) << 2);
}

function slotOf3(word: u32): usize {
  return heads3 + <usize>((((word << 8) * MULTIPLIER) >>> shift3) << 2);
}

function slotOf4(word: u32): usize {
  return heads4 + <usize>(((word * MULTIPLIER) >>> shift4) << 2);
}

function advance(): void {
  at++;
  if (++ringAt == windowSize) ringAt = 0;
}

/** Finds the matches at the position and moves on by one; answers the longest length, 0 for none. */
export function findMatches(): u32 {
  matchCount = 0;
  const left = size - at;
  if (left < 4) {
    advance();
    return 0;
  }
  const limit = left < nice ? left : nice;
  const here = source + <usize>at;
  const word = load<u32>(here);
  const entered = at + 1;
  let best: u32 = 0;

  if (tree) {
    const slot2 = slotOf2(word);
    const head2 = load<u32>(slot2);
    store<u32>(slot2, entered);
    const distance = entered - head2;
    if (head2 != 0 && distance <= NEAR_2 && distance < windowSize) {
      const there = here - <usize>distance;
      if (load<u16>(there) == <u16>word) {
        best = agree(here, there, 2, limit);
        addMatch(best, distance);
      }
    }
  }
  const slot3 = slotOf3(word);
  const head3 = load<u32>(slot3);
  store<u32>(slot3, entered);
  const distance3 = entered - head3;
  if (head3 != 0 && distance3 <= NEAR_3 && distance3 < windowSize && best < limit) {
    const length = agree(here, here - <usize>distance3, 0, limit);
    if (length > best && length >= 3) {
      best = length;
      addMatch(length, distance3);
    }
  }
  if (tree) {
    const slot4 = slotOf4(word);
    const head4 = load<u32>(slot4);
    store<u32>(slot4, entered);
    best = descend(head4, best, limit);
  } else best = searchBucket(word, best, limit);
  advance();
  return best;
}

/** Moves on by `count` positions, entering them. */
export function skipMatches(count: u32): void {
  for (; count > 0; count--) {
    const left = size - at;
    if (left >= 4) {
      const word = load<u32>(source + <usize>at);
      store<u32>(slotOf3(word), at + 1);
      if (tree) {
        const slot4 = slotOf4(word);
        const head4 = load<u32>(slot4);
        store<u32>(slot4, at + 1);
        store<u32>(slotOf2(word), at + 1);
        // Nothing is longer than the limit, so nothing is noted.
        const limit = left < nice ? left : nice;
        descend(head4, limit, limit);
      } else enterWord(word, at);
    }
    advance();
  }
}

/** Tries the positions in the bucket of a word, the newest first, and enters the present one; answers the longest length. */
function searchBucket(word: u32, best: u32, limit: u32): u32 {
  const here = source + <usize>at;
  for (let left = enterWord(word, at); left != 0 && best < limit; left &= left - 1) {
    const distance = entryDistance(<u32>ctz<u32>(left), at);
    if (distance == 0 || distance > at || distance >= windowSize) continue;
    const there = here - <usize>distance;
    if (load<u8>(there + <usize>best) != load<u8>(here + <usize>best)) continue;
    const length = agree(here, there, 0, limit);
    if (length > best && length >= 4) {
      best = length;
      addMatch(length, distance);
    }
  }
  return best;
}

/**
 * Walks the tree of a head and makes the present position its root; answers the longest length. Matches longer than `best` are
 * noted.
 */
function descend(head: u32, best: u32, limit: u32): u32 {
  const entered = at + 1;
  const place = ringAt;
  const ring = windowSize;
  const base = links;
  const here = source + <usize>at;
  let larger = base + ((<usize>place) << 3);
  let smaller = larger + 4;
  let smallerLength: u32 = 0;
  let largerLength: u32 = 0;
  for (let left = depth; left > 0 && head != 0; left--) {
    const distance = entered - head;
    if (distance >= ring) break;
    const index = distance > place ? place + ring - distance : place - distance;
    const pair = base + ((<usize>index) << 3);
    const there = here - <usize>distance;
    const length = agree(here, there, smallerLength < largerLength ? smallerLength : largerLength, limit);
    if (length > best) {
      best = length;
      addMatch(length, distance);
    }
    if (length == limit) {
      store<u32>(larger, load<u32>(pair));
      store<u32>(smaller, load<u32>(pair, 4));
      return best;
    }
    if (load<u8>(there + <usize>length) < load<u8>(here + <usize>length)) {
      store<u32>(larger, head);
      larger = pair + 4;
      head = load<u32>(larger);
      largerLength = length;
    } else {
      store<u32>(smaller, head);
      smaller = pair;
      head = load<u32>(smaller);
      smallerLength = length;
    }
  }
  store<u32>(smaller, 0);
  store<u32>(larger, 0);
  return best;
}
