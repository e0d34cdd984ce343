// Sorting the rotations of a block, the heart of bzip2's encoder.
//
// Induced sorting (SA-IS) on the block as a ring. Rotation i is small when it is less than rotation i + 1, else large; a leftmost small one
// ("leftmost" below) has a large one before it. In the order of rotations each first byte has a bucket, the large ones first in it.
//
//   1. Put the leftmost ones into their buckets in any order and induce: from left to right each rotation puts the large one before it
//      next into its bucket, then from right to left each puts the small one before it. Pieces of the ring from one leftmost place to
//      the next are now in order.
//   2. Name the pieces by their order; equal ones share a name. The ring of names is a third as long, a half at most.
//   3. Its rotations are sorted the same way (sort-names.ts), unless every name is another one. That orders the leftmost rotations.
//   4. Induce once more, from leftmost rotations in their order: now all are in order, and with each comes the byte before it.
//
// A ring needs no sentinel, and rotations that are equal may stand in any order. An entry of the order holds the byte before its rotation
// as well, so that inducing reads one byte of the block for each rotation, and the last column costs no pass of its own:
//
//   entry   place (20 bits) | byte before it (8 bits) << 20
//
// Time is linear, whatever the bytes are; bzip2's own sorters compare rotations and need a fallback for repetitive blocks. The fallback
// is no rare case here: a table of moved addresses makes a diff of one word a thousand times.
//
//   scratch   order | leftmost | sorted | names | space of sort-names.ts
//
// Source: G. Nong, S. Zhang, W. H. Chan, "Linear suffix array construction by almost pure induced-sorting", 2009.

import { matchLength } from '../match/match-length';
import { nameSpace, sortNames } from './sort-names';

/** A block has 2^20 bytes at most. */
const PLACE_BITS: u32 = 20;
const PLACE_MASK: u32 = (1 << PLACE_BITS) - 1;
/** Loops run in slices that are functions of their own, so that they are soon entered as optimised code (assembly/README.md). */
const SLICE: u32 = 16384;

/** Of each byte: where its bucket begins, and where its small rotations begin; then places that move. */
const STARTS: usize = memory.data(257 * 4, 16);
const SMALL_STARTS: usize = memory.data(256 * 4, 16);
const LARGE_NEXT: usize = memory.data(256 * 4, 16);
const LEFTMOST_NEXT: usize = memory.data(256 * 4, 16);
const SMALL_NEXT: usize = memory.data(256 * 4, 16);

let text: usize = 0;
let size: u32 = 0;
let order: usize = 0;
let leftmost: usize = 0;
let sorted: usize = 0;
let names: usize = 0;
/** Leftmost places; while they are looked for, where the next one is written. */
let count: u32 = 0;
let next: usize = 0;
let isSmall: bool = false;

/** Bytes of scratch for a block. */
export function rotationSpace(bytes: u32): u32 {
  const pieces = (bytes >>> 1) + 1;
  return bytes * 4 + pieces * 12 + nameSpace(pieces) + 64;
}

/**
 * Writes the last bytes of the sorted rotations and answers which of them is the block itself. `block` has a writable byte before it and
 * room for itself a second time behind it.
 */
export function transformBlock(block: usize, bytes: u32, last: usize, scratch: usize): u32 {
  text = block;
  size = bytes;
  const pieces = (bytes >>> 1) + 1;
  order = scratch;
  leftmost = order + <usize>(bytes << 2);
  sorted = leftmost + <usize>(pieces << 2);
  names = sorted + <usize>(pieces << 2);
  const space = names + <usize>(pieces << 2);
  // The ring unrolled: pieces run past its end, and the byte before place 0 is the last.
  memory.copy(block + <usize>bytes, block, <usize>bytes);
  store<u8>(block - 1, load<u8>(block + <usize>(bytes - 1)));
  if (!findLeftmost()) {
    memory.copy(last, block, <usize>bytes);
    return 0;
  }
  placeLeftmost(leftmost);
  induceLarge();
  gatherSmall();
  const kinds = namePieces();
  writeRing();
  sortNames(sorted, count, kinds, order, space);
  orderLeftmost();
  placeLeftmost(sorted);
  induceLarge();
  return finishSmall(last);
}

/** Finds leftmost places, in the order of the ring, and the buckets. False when all bytes are the same. */
function findLeftmost(): bool {
  const runLength = matchLength(text, text + 1, size - 1);
  if (runLength == size - 1) return false;
  memory.fill(STARTS, 0, 257 * 4);
  memory.fill(SMALL_STARTS, 0, 256 * 4);
  // From the end of the first run backward round the ring: there it is plain what a rotation is.
  next = leftmost + <usize>(((size >>> 1) + 1) << 2);
  isSmall = load<u8>(text + <usize>runLength) < load<u8>(text + <usize>(runLength + 1));
  classifyBackward(runLength + 1, 0);
  for (let end = size; end > runLength + 1; end = sliceStart(end, runLength + 1)) {
    classifyBackward(end, sliceStart(end, runLength + 1));
  }
  // What is left is the step from behind the run to it.
  if (isSmall && load<u8>(text + <usize>runLength) > load<u8>(text + <usize>(runLength + 1))) {
    next -= 4;
    store<u32>(next, runLength + 1);
  }
  const end = leftmost + <usize>(((size >>> 1) + 1) << 2);
  count = <u32>(end - next) >>> 2;
  memory.copy(leftmost, next, end - next);
  let sum: u32 = 0;
  for (let value: usize = 0; value < 1024; value += 4) {
    const large = load<u32>(STARTS + value);
    const small = load<u32>(SMALL_STARTS + value);
    store<u32>(STARTS + value, sum);
    store<u32>(SMALL_STARTS + value, sum + large);
    sum += large + small;
  }
  store<u32>(STARTS, size, 1024);
  return true;
}

/** Counts large and small rotations of each byte at places [to, from), and notes leftmost ones. */
function classifyBackward(from: u32, to: u32): void {
  let small = isSmall;
  let above = <u32>load<u8>(text + <usize>from);
  for (let i = from; i > to; ) {
    i--;
    const value = <u32>load<u8>(text + <usize>i);
    if (value > above) {
      if (small) {
        next -= 4;
        store<u32>(next, i + 1 == size ? 0 : i + 1);
      }
      small = false;
    } else if (value < above) {
      small = true;
    }
    const counter = (small ? SMALL_STARTS : STARTS) + <usize>(value << 2);
    store<u32>(counter, load<u32>(counter) + 1);
    above = value;
  }
  isSmall = small;
}

function entryAt(place: u32): u32 {
  return place | ((<u32>load<u8>(text + <usize>place - 1)) << PLACE_BITS);
}

function before(place: u32): u32 {
  return (place == 0 ? size : place) - 1;
}

/** Puts leftmost places at the front of the small part of their buckets, in the order of the list. */
function placeLeftmost(list: usize): void {
  memory.copy(LEFTMOST_NEXT, SMALL_STARTS, 1024);
  let from: u32 = 0;
  for (; from + SLICE < count; from += SLICE) placeSlice(list, from, from + SLICE);
  placeSlice(list, from, count);
}

function placeSlice(list: usize, from: u32, to: u32): void {
  for (let i = from; i < to; i++) {
    const place = load<u32>(list + <usize>(i << 2));
    const bucket = LEFTMOST_NEXT + ((<usize>load<u8>(text + <usize>place)) << 2);
    const at = load<u32>(bucket);
    store<u32>(order + <usize>(at << 2), entryAt(place));
    store<u32>(bucket, at + 1);
  }
}

/** Induces the large rotations from the leftmost ones, from left to right. */
function induceLarge(): void {
  memory.copy(LARGE_NEXT, STARTS, 1024);
  for (let value: u32 = 0; value < 256; value++) {
    const word = <usize>(value << 2);
    // A large rotation may put others into its own bucket.
    for (let at = load<u32>(STARTS + word); at < load<u32>(LARGE_NEXT + word); ) {
      at = induceLargeFrom(at, min(load<u32>(LARGE_NEXT + word), at + SLICE), value);
    }
    const end = load<u32>(LEFTMOST_NEXT + word);
    for (let at = load<u32>(SMALL_STARTS + word); at < end; ) {
      at = induceLargeFrom(at, min(end, at + SLICE), value);
    }
  }
}

/** The rotations before entries [from, to) of a bucket, where they are large. */
function induceLargeFrom(from: u32, to: u32, value: u32): u32 {
  for (let at = from; at < to; at++) {
    const entry = load<u32>(order + <usize>(at << 2));
    const byte = entry >>> PLACE_BITS;
    if (byte < value) continue;
    const bucket = LARGE_NEXT + <usize>(byte << 2);
    const free = load<u32>(bucket);
    store<u32>(order + <usize>(free << 2), entryAt(before(entry & PLACE_MASK)));
    store<u32>(bucket, free + 1);
  }
  return to;
}

/** Induces the small rotations from right to left; `sorted` becomes the leftmost ones in order. */
function gatherSmall(): void {
  memory.copy(SMALL_NEXT, STARTS + 4, 1024);
  next = sorted + <usize>(count << 2);
  for (let value: i32 = 255; value >= 0; value--) {
    const word = <usize>(value << 2);
    for (let at = load<u32>(STARTS + word, 4); at > load<u32>(SMALL_NEXT + word); ) {
      at = gatherFrom(at, sliceStart(at, load<u32>(SMALL_NEXT + word)), value + 1, true);
    }
    for (let at = load<u32>(SMALL_STARTS + word); at > load<u32>(STARTS + word); ) {
      at = gatherFrom(at, sliceStart(at, load<u32>(STARTS + word)), value, false);
    }
  }
}

function sliceStart(end: u32, start: u32): u32 {
  return end > start + SLICE ? end - SLICE : start;
}

/** The rotations before entries [to, from), where their byte is less than `limit`. A small entry with a larger byte before it is leftmost. */
function gatherFrom(from: u32, to: u32, limit: u32, isSmallPart: bool): u32 {
  for (let at = from; at > to; ) {
    at--;
    const entry = load<u32>(order + <usize>(at << 2));
    const byte = entry >>> PLACE_BITS;
    if (byte < limit) {
      induceSmall(entry, byte);
    } else if (isSmallPart) {
      next -= 4;
      store<u32>(next, entry & PLACE_MASK);
    }
  }
  return to;
}

function induceSmall(entry: u32, byte: u32): void {
  const bucket = SMALL_NEXT + <usize>(byte << 2);
  const free = load<u32>(bucket) - 1;
  store<u32>(order + <usize>(free << 2), entryAt(before(entry & PLACE_MASK)));
  store<u32>(bucket, free);
}

/** Induces the small rotations for good and writes the last column. Answers where the rotation at place 0 stands. */
function finishSmall(last: usize): u32 {
  memory.copy(SMALL_NEXT, STARTS + 4, 1024);
  origin = 0;
  for (let value: i32 = 255; value >= 0; value--) {
    const word = <usize>(value << 2);
    for (let at = load<u32>(STARTS + word, 4); at > load<u32>(SMALL_NEXT + word); ) {
      at = finishFrom(at, sliceStart(at, load<u32>(SMALL_NEXT + word)), value + 1, last);
    }
    for (let at = load<u32>(SMALL_STARTS + word); at > load<u32>(STARTS + word); ) {
      at = finishFrom(at, sliceStart(at, load<u32>(STARTS + word)), value, last);
    }
  }
  return origin;
}

let origin: u32 = 0;

function finishFrom(from: u32, to: u32, limit: u32, last: usize): u32 {
  for (let at = from; at > to; ) {
    at--;
    const entry = load<u32>(order + <usize>(at << 2));
    const byte = entry >>> PLACE_BITS;
    store<u8>(last + <usize>at, <u8>byte);
    if (byte < limit) induceSmall(entry, byte);
    if ((entry & PLACE_MASK) == 0) origin = at;
  }
  return to;
}

// Leftmost places are two apart at least, so half a place is an index.

/** Names the pieces that begin at sorted leftmost places; answers how many names there are. */
function namePieces(): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(leftmost + <usize>(i << 2));
    const end = load<u32>(leftmost + <usize>((i + 1 == count ? 0 : i + 1) << 2));
    store<u32>(names + <usize>((place >>> 1) << 2), end > place ? end - place : end + size - place);
  }
  nameCount = 0;
  nameBefore = 0;
  lengthBefore = 0;
  let from: u32 = 0;
  for (; from + SLICE < count; from += SLICE) nameSlice(from, from + SLICE);
  nameSlice(from, count);
  return nameCount;
}

let nameCount: u32 = 0;
let nameBefore: u32 = 0;
let lengthBefore: u32 = 0;

function nameSlice(from: u32, to: u32): void {
  let kinds = nameCount;
  let last = nameBefore;
  let lastLength = lengthBefore;
  for (let i = from; i < to; i++) {
    const place = load<u32>(sorted + <usize>(i << 2));
    const name = names + <usize>((place >>> 1) << 2);
    const length = load<u32>(name);
    // The byte at a piece's end belongs to it.
    const isSame = length == lastLength && isSamePiece(text + <usize>place, text + <usize>last, length + 1);
    if (!isSame) kinds++;
    store<u32>(name, kinds - 1);
    last = place;
    lastLength = length;
  }
  nameCount = kinds;
  nameBefore = last;
  lengthBefore = lastLength;
}

function isSamePiece(a: usize, b: usize, length: u32): bool {
  if (length <= 8) return (load<u64>(a) ^ load<u64>(b)) << (64 - ((<u64>length) << 3)) == 0;
  return matchLength(a, b, length) == length;
}

/** The names in the order of the ring, over `sorted`. */
function writeRing(): void {
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(leftmost + <usize>(i << 2));
    store<u32>(sorted + <usize>(i << 2), load<u32>(names + <usize>((place >>> 1) << 2)));
  }
}

/** The leftmost places in the order of their rotations, from the order of names. */
function orderLeftmost(): void {
  for (let i: u32 = 0; i < count; i++) {
    const index = load<u32>(order + <usize>(i << 2));
    store<u32>(sorted + <usize>(i << 2), load<u32>(leftmost + <usize>(index << 2)));
  }
}
