// Mixing of bytes that no cover reaches and that are not arm64 code (gap-words.ts).
//
// As there a guide walks through old behind the cover before the gap; it ends after more than eight mismatches. The follower is
// what came after the last five bytes within the last 64 KiB of new. Contexts: orders 0, 2, 3 and 6, the upper halves
// of the last three bytes, the followed byte with how many agreed, and both expected bytes, these two with the byte before. (Order 1 and
// the bytes at distances 4 and 8 in their place: 2 to 3 % larger.)
//
// State:  | slots: 64 << bits | direct contexts | weight groups | shared | where five bytes were followed: 2^16 u32 |

import {
  codeMixedByte,
  directContextsSize,
  resetDirectContexts,
  resetShared,
  resetSlots,
  resetWeightGroups,
  setContext,
  sharedSize,
  slotTableSize,
  weightGroupsSize,
} from '../entropy/mix-byte';
import { hashContext } from '../entropy/mixer';
import { newBase, oldBase } from '../predict/bases';

/** { length of what agreed with the guide: 4 } x { the same of the follower: 4 } x { address & 3 }. */
const GROUPS: u32 = 64;
const FOLLOW_BITS: u32 = 16;
const HISTORY: u32 = (64 << 10) - 256;
const LEAST_FOLLOWED: u32 = 5;
const MISSES: u32 = 8;

let slots: usize = 0;
let slotBits: u32 = 0;
let direct: usize = 0;
let weights: usize = 0;
let shared: usize = 0;
let followers: usize = 0;

let oldSize: u32 = 0;
let next: u32 = 0xffffffff;
let guideHits: u32 = 0;
let guideMisses: u32 = 0;
let follower: u32 = 0;
let followed: u32 = 0;

export function byteModelSize(bits: u32): u32 {
  return (
    slotTableSize(bits) +
    directContextsSize(GROUPS) +
    weightGroupsSize(GROUPS) +
    sharedSize() +
    (4 << FOLLOW_BITS)
  );
}

export function startByteModel(block: usize, bits: u32, sizeOfOld: u32): void {
  slots = block;
  slotBits = bits;
  direct = slots + <usize>slotTableSize(bits);
  weights = direct + <usize>directContextsSize(GROUPS);
  shared = weights + <usize>weightGroupsSize(GROUPS);
  followers = shared + <usize>sharedSize();
  resetSlots(slots, bits);
  resetDirectContexts(direct, GROUPS);
  resetWeightGroups(weights, GROUPS);
  resetShared(shared);
  memory.fill(followers, 0, (<usize>4) << FOLLOW_BITS);
  oldSize = sizeOfOld;
  next = 0xffffffff;
}

function lengthClass(length: u32): u32 {
  return length > 15 ? 3 : length > 3 ? 2 : length > 0 ? 1 : 0;
}

/** The last eight bytes before `place`, the nearest lowest; zeros before new's start. */
function lastBytes(place: u32): u64 {
  if (place >= 8) return bswap<u64>(load<u64>(newBase + <usize>(place - 8)));
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < place; i++) bytes = (bytes << 8) | <u64>load<u8>(newBase + <usize>i);
  return bytes;
}

function followerSlot(bytes: u64): usize {
  const hash = hashContext(7, <u32>bytes, <u32>(bytes >>> 32) & 255);
  return followers + ((<usize>(hash >>> (32 - FOLLOW_BITS))) << 2);
}

/** How many bytes before `at` and `place` are equal, up to 32; both lie within the history. */
function commonBefore(at: u32, place: u32): u32 {
  let length: u32 = 0;
  while (
    length < 32 &&
    length < at &&
    load<u8>(newBase + <usize>(at - 1 - length)) == load<u8>(newBase + <usize>(place - 1 - length))
  )
    length++;
  return length;
}

/** Codes new[start, end), whose way in old runs `way` (modulo 2^32) ahead of new. When reading it is written. */
export function codeGapBytes(start: u32, end: u32, way: u32, encoding: bool): void {
  for (let place = start; place < end; place++) {
    if (place != next) {
      guideHits = 1;
      guideMisses = 0;
      followed = 0;
    }
    codeByte(place, place + way, encoding);
    next = place + 1;
  }
}

function codeByte(place: u32, guide: u32, encoding: bool): void {
  const bytes = lastBytes(place);
  if (followed == 0 && place >= LEAST_FOLLOWED) {
    const at = load<u32>(followerSlot(bytes));
    if (at != 0 && at < place && place - at < HISTORY) {
      const length = commonBefore(at, place);
      if (length >= LEAST_FOLLOWED) {
        follower = at;
        followed = length;
      }
    }
  } else if (followed != 0 && place - follower >= HISTORY) followed = 0;
  const hasGuide = guide < oldSize && guideMisses <= MISSES;
  const expected: i32 = hasGuide ? <i32>load<u8>(oldBase + <usize>guide) : -1;
  const other: i32 = followed != 0 ? <i32>load<u8>(newBase + <usize>follower) : -1;
  const place4 = place & 3;
  const low = <u32>bytes;
  const high = <u32>(bytes >>> 32);
  setContext(0, hashContext(0, place4, 0));
  setContext(1, hashContext(1, low & 0xf0f0f0, 0));
  setContext(2, hashContext(2, low & 0xffff, 0));
  setContext(3, hashContext(3, low & 0xffffff, 0));
  setContext(4, hashContext(4, low, high & 0xffff));
  setContext(5, hashContext(5, <u32>(other + 1) | ((followed < 7 ? followed : 7) << 10), low & 255));
  setContext(6, hashContext(6, <u32>(expected + 1), ((low & 255) << 9) | <u32>(other + 1)));
  const hits = hasGuide ? lengthClass(guideHits) : 0;
  const group = (((hits << 2) | lengthClass(followed)) << 2) | place4;
  const byte = codeMixedByte(
    encoding ? <u32>load<u8>(newBase + <usize>place) : 0,
    expected,
    other,
    slots,
    slotBits,
    direct + <usize>directContextsSize(group),
    weights + <usize>weightGroupsSize(group),
    shared,
  );
  if (!encoding) store<u8>(newBase + <usize>place, <u8>byte);
  if (<i32>byte == expected) {
    guideHits++;
    if (guideHits > 15) guideMisses = 0;
  } else {
    guideHits = 0;
    guideMisses++;
  }
  if (followed != 0) {
    if (<i32>byte == other) {
      follower++;
      if (followed < 64) followed++;
    } else followed = 0;
  }
  if (place + 1 >= LEAST_FOLLOWED) store<u32>(followerSlot((bytes << 8) | <u64>byte), place + 1);
}
