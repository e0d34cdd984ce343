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
}

/** Installs a built map: `count` entries (at least one, the first at 0) and room for `indexedPages` + 1 u32. */
export function setAddressMap(map: usize, count: u32, index: usize, indexedPages: u32): void {
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

function learnedSlot(address: u32): usize {
  return learned + ((<usize>((address * 0x9e3779b1) >>> (32 - LEARNED_BITS))) << 3);
}

function pageSlot(address: u32): usize {
  return pages + ((<usize>((address >>> 12) & 1023)) << 3);
}

/** New address of an old one; `mappedHow` says how it was found. */
export function mapAddress(address: u32): u32 {
  const slot = learnedSlot(address);
  if (load<u32>(slot) == address + 1) {
    mappedHow = LEARNED;
    return load<u32>(slot, 4);
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
  if (load<u32>(findEntry(address), 8) != EXACT) {
    const page = pageSlot(address);
    store<u32>(page, (address >>> 12) + 1);
    store<u32>(page, target - address, 4);
  }
}
