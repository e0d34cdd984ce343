// Finds the relative jump tables of x86-64 code in old (GCC and LLVM, position-independent code):
//
//     lea    table(%rip), %rdx            48 8D 15 disp32   or 4C 8D ..
//     movslq (%rdx,%rax,4), %rax
//     add    %rdx, %rax
//     jmp    *%rax                        table: i32 case - table, ...
//
// Two passes over tiles of old, before anything is predicted:
//   1. markTableStarts over the code: every LEA target that is a multiple of 4 in a table region becomes a bit in a
//      bitmap, one bit for 4 bytes. (Most are strings and other data.)
//   2. growTables over the table regions: from each marked word, entries are counted while they lead to executable
//      code no further than SPREAD from the first entry's case, up to the next marked word. Three entries make a table.
//
// The bitmap sorts the candidates by itself, and both passes stream: an open table is carried from tile to tile, so
// tiles of any size find the same. Old is all that is looked at. A word that is no table passes by chance about once
// in (4 GiB / code size)^3 tries, and then costs some wrong words.

import { oldBase } from './bases';
import { isExecutable } from './image-facts';

const SPREAD: u32 = 65536;
const MIN_ENTRIES: u32 = 3;
const LEA_SIZE: u32 = 7;

/** Table regions: (old offset, end, address - offset) each. */
let regions: usize = 0;
let regionCount: u32 = 0;
/** Bit (offset - low) / 4 for low <= offset < high, both multiples of 4. */
let bitmap: usize = 0;
let low: u32 = 0;
let high: u32 = 0;

let tables: usize = 0;
let capacity: u32 = 0;
let tableCount: u32 = 0;
/** The open table; no entries and isOpen false when there is none. */
let isOpen: bool = false;
let openStart: u32 = 0;
let openCount: u32 = 0;
let firstCase: u32 = 0;

/** Begins a search; the bitmap must be zero and have (high - low) / 32 + 4 bytes. */
export function startTableSearch(
  tableRegions: usize,
  count: u32,
  bits: usize,
  bitsLow: u32,
  bitsHigh: u32,
  out: usize,
  outCapacity: u32,
): void {
  regions = tableRegions;
  regionCount = count;
  bitmap = bits;
  low = bitsLow;
  high = bitsHigh;
  tables = out;
  capacity = outCapacity;
  tableCount = 0;
  isOpen = false;
}

/** Tables found so far: pairs (old offset, entries). */
export function tablesFound(): u32 {
  return tableCount;
}

/** Pass 1 over old code [start, end) of a region that ends at `regionEnd`. */
export function markTableStarts(start: u32, end: u32, regionEnd: u32, addressDelta: u32): void {
  const stop = regionEnd - LEA_SIZE < end ? regionEnd - LEA_SIZE + 1 : end;
  for (let at = start; at < stop; at++) {
    const word = load<u32>(oldBase + <usize>at);
    if ((word & 0xc7fffb) != 0x058d48) continue;
    markStart(at + LEA_SIZE + addressDelta + load<u32>(oldBase + <usize>at, 3));
  }
}

function markStart(address: u32): void {
  for (let i: u32 = 0; i < regionCount; i++) {
    const region = regions + <usize>i * 12;
    const start = load<u32>(region);
    const offset = address - load<u32>(region, 8);
    if (offset - start >= load<u32>(region, 4) - start) continue;
    if ((offset & 3) != 0 || offset - low >= high - low) return;
    const bit = (offset - low) >>> 2;
    const byte = bitmap + <usize>(bit >>> 3);
    store<u8>(byte, load<u8>(byte) | <u8>((<u32>1) << (bit & 7)));
    return;
  }
}

/** Pass 2 over old [start, end), multiples of 4 but for a region's ends; `isLast` closes the region. */
export function growTables(start: u32, end: u32, addressDelta: u32, isLast: i32): void {
  let at = (start + 3) & ~3;
  while (at + 4 <= end) {
    if (!isOpen && (at & 127) == (low & 127) && load<u32>(bitmap + <usize>((at - low) >>> 5)) == 0) {
      at += 128;
      continue;
    }
    const bit = (at - low) >>> 2;
    if (((<u32>load<u8>(bitmap + <usize>(bit >>> 3)) >>> (bit & 7)) & 1) != 0) openTable(at);
    if (isOpen) takeEntry(at, addressDelta);
    at += 4;
  }
  if (isLast != 0) closeTable();
}

function openTable(at: u32): void {
  closeTable();
  isOpen = true;
  openStart = at;
  openCount = 0;
}

function takeEntry(at: u32, addressDelta: u32): void {
  const entry = load<u32>(oldBase + <usize>at);
  const target = openStart + addressDelta + entry;
  if (openCount == 0) firstCase = target;
  if (entry == 0 || target - firstCase + SPREAD > 2 * SPREAD || !isExecutable(target)) {
    closeTable();
    return;
  }
  openCount++;
}

function closeTable(): void {
  if (isOpen && openCount >= MIN_ENTRIES && tableCount < capacity) {
    const pair = tables + ((<usize>tableCount) << 3);
    store<u32>(pair, openStart);
    store<u32>(pair, openCount, 4);
    tableCount++;
  }
  isOpen = false;
}
