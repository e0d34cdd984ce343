// Old address -> predicted new address.
//
// Three sources, the first that knows the address wins:
//   1. the learned table: 16 K entries, direct-mapped, overwritten on a clash. Entry = old address + 1, new
//      address (0 = empty). Taught after a block by references that the map got wrong.
//   2. for addresses that no cover holds: the delta that the last wrong reference into the same page of 4 KiB
//      showed (1,024 entries: page + 1, delta).
//   3. the map built from the covers (address-map.ts): entries sorted by start,
//        | start u32 | delta u32 | how u32 |
//      an entry reaches to the next one's start; an index holds for each page of old the last entry that starts
//      at or before the page, so one or two probes find it.
//
// Total for any 32-bit address: the first entry starts at 0, the host checks that (address-map.ts).

import { EXACT, LEARNED } from './kinds';

const LEARNED_BITS: u32 = 14;
const LEARNED_SIZE: usize = (<usize>8) << LEARNED_BITS;
const PAGE_SIZE: usize = 8 << 10;

/** A bit for each entry of the learned table that was ever written: most addresses are not learned, and these 2 KiB stay in the nearest cache. */
const TAKEN_SIZE: usize = (<usize>1) << (LEARNED_BITS - 3);
const TAKEN: usize = memory.data(2048, 16);

/** What was mapped last. */
let hasLast: bool = false;
let lastAddress: u32 = 0;
let lastMapped: u32 = 0;
let lastHow: u8 = 0;

let entries: usize = 0;
let entryCount: u32 = 0;
let pageIndex: usize = 0;
let pageCount: u32 = 0;
let learned: usize = 0;
let pages: usize = 0;

/** How the last mapped address was found (kinds.ts). */
export let mappedHow: u8 = 0;

/** Bytes that the learned tables need. */
export function learnedTableSize(): u32 {
  return <u32>(LEARNED_SIZE + PAGE_SIZE);
}

/** Gives the learned tables their block and empties them. */
export function resetLearned(block: usize): void {
  learned = block;
  pages = block + LEARNED_SIZE;
  memory.fill(block, 0, LEARNED_SIZE + PAGE_SIZE);
  memory.fill(TAKEN, 0, TAKEN_SIZE);
  hasLast = false;
}

/** Installs a built map: `count` entries (at least one, the first at 0) and room for `indexedPages` + 1 u32. */
export function setAddressMap(map: usize, count: u32, index: usize, indexedPages: u32): void {
  hasLast = false;
  entries = map;
  entryCount = count;
  pageIndex = index;
  pageCount = indexedPages;
  let entry: u32 = 0;
  for (let page: u32 = 0; page <= indexedPages; page++) {
    while (entry + 1 < count && load<u32>(map + <usize>(entry + 1) * 12) <= page << 12) entry++;
    store<u32>(index + ((<usize>page) << 2), entry);
  }
}

function findEntry(address: u32): usize {
  const page = address >>> 12;
  const at = page < pageCount ? page : pageCount;
  let low = load<u32>(pageIndex + ((<usize>at) << 2));
  let high = page < pageCount ? load<u32>(pageIndex + ((<usize>at) << 2), 4) : entryCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (load<u32>(entries + <usize>middle * 12) <= address) low = middle;
    else high = middle - 1;
  }
  return entries + <usize>low * 12;
}

function hashOf(address: u32): u32 {
  return (address * 0x9e3779b1) >>> (32 - LEARNED_BITS);
}

function learnedSlot(address: u32): usize {
  return learned + ((<usize>hashOf(address)) << 3);
}

function pageSlot(address: u32): usize {
  return pages + ((<usize>((address >>> 12) & 1023)) << 3);
}

/** Whether the learned table knows an old address. */
export function isLearned(address: u32): bool {
  const place = hashOf(address);
  const word = load<u32>(TAKEN + ((<usize>(place >>> 5)) << 2));
  return ((word >>> (place & 31)) & 1) != 0 && load<u32>(learnedSlot(address)) == address + 1;
}

/** New address of an old one; `mappedHow` says how it was found. */
export function mapAddress(address: u32): u32 {
  // An ADRP and its first user ask for the same address.
  if (address != lastAddress || !hasLast) {
    lastMapped = findTarget(address);
    lastHow = mappedHow;
    lastAddress = address;
    hasLast = true;
  }
  mappedHow = lastHow;
  return lastMapped;
}

function findTarget(address: u32): u32 {
  if (isLearned(address)) {
    mappedHow = LEARNED;
    return load<u32>(learnedSlot(address), 4);
  }
  const entry = findEntry(address);
  mappedHow = load<u8>(entry, 8);
  if (mappedHow != EXACT) {
    const page = pageSlot(address);
    if (load<u32>(page) == (address >>> 12) + 1) return address + load<u32>(page, 4);
  }
  return address + load<u32>(entry, 4);
}

/** Remembers that the old address stands at `target` in new. */
export function learnTarget(address: u32, target: u32): void {
  const slot = learnedSlot(address);
  store<u32>(slot, address + 1);
  store<u32>(slot, target, 4);
  const taken = TAKEN + ((<usize>(hashOf(address) >>> 5)) << 2);
  store<u32>(taken, load<u32>(taken) | (1 << (hashOf(address) & 31)));
  hasLast = false;
  if (load<u32>(findEntry(address), 8) != EXACT) {
    const page = pageSlot(address);
    store<u32>(page, (address >>> 12) + 1);
    store<u32>(page, target - address, 4);
  }
}
