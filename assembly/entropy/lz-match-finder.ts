// Match finder of the LZ encoder: for each position the distances of earlier occurrences, one for each length that only
// that distance reaches, nearest first.
//
// Hash heads for 2, 3 and 4 bytes; the positions with equal hash of 4 bytes hang in a binary tree sorted by the bytes that
// follow (bt4), or in a chain by age (hc4, for fast levels). Source: I. Pavlov, LZMA SDK (public domain), LzFind; the tree is
// walked and rebuilt in one descent, so that each position costs at most `depth` comparisons.
//
//   heads2 (2^16) | heads3 (2^16) | heads4 (2^bits) | links: 2 (tree) or 1 (chain) u32 for each position of the window
//
// Entries are position + 1, 0 = none. The window is a ring of positions; older ones are never followed.

const HASH_2: u32 = 1 << 16;
const HASH_3: u32 = 1 << 16;
/** Matches of 2 and 3 bytes farther back cost more than the literals they stand for. */
const NEAR_2: u32 = 1 << 11;
const NEAR_3: u32 = 1 << 16;

/** Found matches: pairs { length, distance - 1 } with growing lengths. */
export const MATCHES: usize = memory.data(8 * 280, 16);
export let matchCount: u32 = 0;

let source: usize = 0;
let size: u32 = 0;
let at: u32 = 0;
let heads2: usize = 0;
let heads3: usize = 0;
let heads4: usize = 0;
let links: usize = 0;
let shift: u32 = 0;
let windowSize: u32 = 0;
let depth: u32 = 0;
let nice: u32 = 0;
let tree: bool = true;

function headBits(bytes: u32): u32 {
  let bits: u32 = 12;
  while (bits < 20 && (<u32>1) << bits < bytes) bits++;
  return bits;
}

/** Bytes of a finder for `bytes` of input in a window. */
export function finderSize(bytes: u32, window: u32, useTree: bool): u32 {
  const positions = bytes < window ? bytes : window;
  return (HASH_2 + HASH_3 + ((<u32>1) << headBits(bytes)) + (positions + 1) * (useTree ? 2 : 1)) * 4;
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
  tree = useTree;
  depth = maxDepth;
  nice = niceLength;
  windowSize = (bytes < window ? bytes : window) + 1;
  const bits = headBits(bytes);
  shift = 32 - bits;
  heads2 = block;
  heads3 = heads2 + <usize>(HASH_2 << 2);
  heads4 = heads3 + <usize>(HASH_3 << 2);
  links = heads4 + ((<usize>4) << bits);
  memory.fill(block, 0, (<usize>(HASH_2 + HASH_3 + ((<u32>1) << bits))) << 2);
}

/** Position of the next `findMatches` or `skipMatches`. */
export function finderPosition(): u32 {
  return at;
}

/** Bytes that agree at two positions of the input, from `from` on, at most `limit`. */
export function agree(a: usize, b: usize, from: u32, limit: u32): u32 {
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

/** Finds the matches at the position and moves on by one; answers the longest length, 0 for none. */
export function findMatches(): u32 {
  matchCount = 0;
  const left = size - at;
  if (left < 4) {
    at++;
    return 0;
  }
  const limit = left < nice ? left : nice;
  const here = source + <usize>at;
  const word = load<u32>(here);
  const slot2 = heads2 + <usize>((word & 0xffff) << 2);
  const slot3 = heads3 + <usize>((((word << 8) * 0x9e3779b1) >>> 16) << 2);
  const slot4 = heads4 + <usize>(((word * 0x9e3779b1) >>> shift) << 2);
  const head2 = load<u32>(slot2);
  const head3 = load<u32>(slot3);
  const head4 = load<u32>(slot4);
  store<u32>(slot2, at + 1);
  store<u32>(slot3, at + 1);
  store<u32>(slot4, at + 1);

  let best: u32 = 0;
  if (reachable(head2) && at + 1 - head2 <= NEAR_2) {
    best = agree(here, source + <usize>(head2 - 1), 2, limit);
    addMatch(best, at + 1 - head2);
  }
  if (head3 != head2 && reachable(head3) && at + 1 - head3 <= NEAR_3 && best < limit) {
    const length = agree(here, source + <usize>(head3 - 1), 0, limit);
    if (length > best && length >= 3) {
      best = length;
      addMatch(length, at + 1 - head3);
    }
  }
  best = tree ? descend(head4, best, limit) : follow(head4, best, limit);
  at++;
  return best;
}

/** Moves on by `count` positions, entering them. */
export function skipMatches(count: u32): void {
  for (let i: u32 = 0; i < count; i++) findMatches();
}

function reachable(head: u32): bool {
  return head != 0 && at + 1 - head < windowSize;
}

function linkOf(position: u32): usize {
  return links + ((<usize>(position % windowSize)) << (tree ? 3 : 2));
}

function follow(head: u32, best: u32, limit: u32): u32 {
  store<u32>(linkOf(at), head);
  const here = source + <usize>at;
  for (let i: u32 = 0; i < depth && reachable(head) && best < limit; i++) {
    const there = source + <usize>(head - 1);
    if (load<u8>(there + <usize>best) == load<u8>(here + <usize>best)) {
      const length = agree(here, there, 0, limit);
      if (length > best && length >= 4) {
        best = length;
        addMatch(length, at + 1 - head);
      }
    }
    head = load<u32>(linkOf(head - 1));
  }
  return best;
}

function descend(head: u32, best: u32, limit: u32): u32 {
  const here = source + <usize>at;
  let smaller = linkOf(at) + 4;
  let larger = linkOf(at);
  let smallerLength: u32 = 0;
  let largerLength: u32 = 0;
  for (let i: u32 = 0; i < depth && reachable(head); i++) {
    const pair = linkOf(head - 1);
    const there = source + <usize>(head - 1);
    const length = agree(here, there, smallerLength < largerLength ? smallerLength : largerLength, limit);
    if (length > best) {
      best = length;
      addMatch(length, at + 1 - head);
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
