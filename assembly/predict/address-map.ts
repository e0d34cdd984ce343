// Painted pieces of old offsets -> the address map that map-address.ts looks up.
//
// In order of old address, for every old segment:
//
//   bytes in the file   a painted piece is EXACT; between pieces the delta of the piece below goes on
//                       (EXTRAPOLATED); both are cut where their image in new leaves a segment of new, and turned
//                       from offsets into addresses there
//   anything else       (no piece below, no segment of new there, memory without bytes in the file, between
//                       segments): moved like the old section that starts at or below it (SECTION)
//
// Tables of the host, all addresses being 32-bit distances from the image's base:
//
//   old segments, new segments   | address | offset | bytes in the file |     old ones sorted by address, disjoint
//   sections                     | address | delta of address |               sorted by address
//
// Entries | start | delta | how |, sorted by start, the first at 0. When `capacity` is reached the rest is left out
// (the last entry then reaches on): both wings give the same capacity, so both stop at the same entry.

import { EXACT, EXTRAPOLATED, SECTION } from './kinds';
import { pieceCount, pieces } from './paint-covers';

const ENTRIES_PER_STEP: u32 = 8192;

let oldSegments: usize = 0;
let oldSegmentCount: u32 = 0;
let newSegments: usize = 0;
let newSegmentCount: u32 = 0;
let sections: usize = 0;
let sectionCount: u32 = 0;
let entries: usize = 0;
let capacity: u32 = 0;
let entryCount: u32 = 0;

/** Place of the sweep: segment, offset in it (0 = not begun), next piece, address up to which entries stand. */
let segment: u32 = 0;
let offset: u32 = 0;
let hasBegun: bool = false;
let nextPiece: u32 = 0;
let doneAddress: u64 = 0;

/** Entries that the map of the painted pieces may take. */
export function addressMapCapacity(oldCount: u32, newCount: u32, sectionsCount: u32): u32 {
  return 4 * pieceCount + 4 * (oldCount + newCount) + 2 * sectionsCount + 64;
}

export function startAddressMap(
  oldTable: usize,
  oldCount: u32,
  newTable: usize,
  newCount: u32,
  sectionTable: usize,
  sectionsCount: u32,
  out: usize,
  outCapacity: u32,
): void {
  oldSegments = oldTable;
  oldSegmentCount = oldCount;
  newSegments = newTable;
  newSegmentCount = newCount;
  sections = sectionTable;
  sectionCount = sectionsCount;
  entries = out;
  capacity = outCapacity;
  entryCount = 0;
  segment = 0;
  hasBegun = false;
  doneAddress = 0;
}

/** Entries written so far. */
export function addressMapCount(): u32 {
  return entryCount;
}

function addEntry(start: u32, delta: u32, how: u8): void {
  const entry = entries + <usize>entryCount * 12;
  if (entryCount > 0) {
    if (load<u32>(entry - 8) == delta && load<u32>(entry - 4) == <u32>how) return;
    if (load<u32>(entry - 12) >= start) return;
  }
  if (entryCount == capacity) return;
  store<u32>(entry, start);
  store<u32>(entry, delta, 4);
  store<u32>(entry, <u32>how, 8);
  entryCount++;
}

/** Index of the first section that starts behind `address`. */
function sectionBehind(address: u32): u32 {
  let low: u32 = 0;
  let high = sectionCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(sections + ((<usize>middle) << 3)) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Entries for [from, to) from the sections. */
function addSections(from: u64, to: u64): void {
  if (from >= to) return;
  let next = sectionBehind(<u32>from);
  addEntry(<u32>from, next > 0 ? load<u32>(sections + ((<usize>(next - 1)) << 3), 4) : 0, SECTION);
  for (; next < sectionCount; next++) {
    const section = sections + ((<usize>next) << 3);
    if (<u64>load<u32>(section) >= to) break;
    addEntry(load<u32>(section), load<u32>(section, 4), SECTION);
  }
}

/** First piece that ends behind old offset `at`. */
function pieceBehind(at: u32): u32 {
  let low: u32 = 0;
  let high = pieceCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(pieces + <usize>middle * 12, 4) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds entries for a slice of the map; 0 when it is complete. */
export function addMapEntries(): i32 {
  for (let step: u32 = 0; step < ENTRIES_PER_STEP; step++) {
    if (segment == oldSegmentCount) {
      addSections(doneAddress, 0x100000000);
      return 0;
    }
    const table = oldSegments + <usize>segment * 12;
    const address = load<u32>(table);
    const start = load<u32>(table, 4);
    const size = load<u32>(table, 8);
    if (!hasBegun) {
      addSections(doneAddress, <u64>address);
      if (<u64>address > doneAddress) doneAddress = <u64>address;
      offset = start;
      nextPiece = pieceBehind(start);
      hasBegun = true;
    }
    const end = start + size;
    if (offset >= end) {
      segment++;
      hasBegun = false;
      continue;
    }
    addStretch(address - start, end);
  }
  return 1;
}

/** The stretch of the segment at `offset` that one piece, or the space between two, decides. */
function addStretch(addressDelta: u32, segmentEnd: u32): void {
  let end = segmentEnd;
  let delta: u32 = 0;
  let how = SECTION;
  if (nextPiece < pieceCount && load<u32>(pieces + <usize>nextPiece * 12) <= offset) {
    const piece = pieces + <usize>nextPiece * 12;
    end = load<u32>(piece, 4);
    delta = load<u32>(piece, 8);
    how = EXACT;
    nextPiece++;
  } else {
    if (nextPiece < pieceCount) end = load<u32>(pieces + <usize>nextPiece * 12);
    if (nextPiece > 0) {
      delta = load<u32>(pieces + <usize>(nextPiece - 1) * 12, 8);
      how = EXTRAPOLATED;
    }
  }
  if (end > segmentEnd) end = segmentEnd;
  while (offset < end) {
    const limit = how == SECTION ? end : addInNew(addressDelta, end, delta, how);
    if (how == SECTION) addSections(<u64>(offset + addressDelta), <u64>(limit + addressDelta));
    offset = limit;
  }
  doneAddress = <u64>(end + addressDelta);
}

/** Entry for old [offset, end) as far as one segment of new, or the space between two, goes; answers where that ends. */
function addInNew(addressDelta: u32, end: u32, delta: u32, how: u8): u32 {
  const image = offset + delta;
  let limit = end;
  for (let i: u32 = 0; i < newSegmentCount; i++) {
    const table = newSegments + <usize>i * 12;
    const inside = image - load<u32>(table, 4);
    const size = load<u32>(table, 8);
    if (inside < size) {
      if (size - inside < end - offset) limit = offset + (size - inside);
      const oldAddress = offset + addressDelta;
      addEntry(oldAddress, load<u32>(table) + inside - oldAddress, how);
      return limit;
    }
    // Starts behind `image`: the space before it may end the stretch.
    if (size > 0 && load<u32>(table, 4) > image && 0 - inside < limit - offset) limit = offset - inside;
  }
  addSections(<u64>(offset + addressDelta), <u64>(limit + addressDelta));
  return limit;
}
