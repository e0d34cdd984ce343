// Relative jump tables of x86-64 code: 32-bit distances from the table's start to the cases of a switch.
//
// The tables were found before (find-jump-tables.ts): pairs (old offset, count of entries), sorted, disjoint. An entry
// is predicted as map(start + entry) - (new start), the new start being the table's place in the cover, or mapped
// when the table starts before the cover.
//
// A span looks up its first table once and then walks on with the blocks.

import { oldBase } from './bases';
import { TABLE } from './kinds';
import { mapAddress, mappedHow } from './map-address';
import { NO_FIELD } from './moved-fields';
import { addReference, SILENT } from './reference-list';
import { coverOld, coverSize, oldAddressDelta, originOf, spanDelta, spanEnd } from './span';

let tables: usize = 0;
let tableCount: u32 = 0;
let current: u32 = 0;
/** Table whose new start is known, and that start; no table is the one at tableCount. */
let startedTable: u32 = 0;
let newStartAddress: u32 = 0;

/** Installs `count` pairs (old offset, entries). */
export function setJumpTables(pairs: usize, count: u32): void {
  tables = pairs;
  tableCount = count;
}

/** Starts a span at old offset `at`: the first table that ends behind it. */
export function startTables(at: u32): void {
  let low: u32 = 0;
  let high = tableCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (tableEnd(middle) <= at) low = middle + 1;
    else high = middle;
  }
  current = low;
  startedTable = tableCount;
}

function tableStart(index: u32): u32 {
  return load<u32>(tables + ((<usize>index) << 3));
}

function tableEnd(index: u32): u32 {
  const pair = tables + ((<usize>index) << 3);
  return load<u32>(pair) + (load<u32>(pair, 4) << 2);
}

export function predictTables(newStart: u32, newEnd: u32): void {
  const from = newStart - spanDelta;
  const end = newEnd - spanDelta;
  while (current < tableCount && tableStart(current) < end) {
    const start = tableStart(current);
    const stop = tableEnd(current);
    if (startedTable != current) {
      startedTable = current;
      const isInside = start - coverOld < coverSize;
      newStartAddress = isInside ? originOf(start + spanDelta) : mapAddress(start + oldAddressDelta);
    }
    let old = start >= from ? start : from + ((4 - ((from - start) & 3)) & 3);
    for (; old < stop && old < end; old += 4) {
      const place = old + spanDelta;
      if (place + 4 > spanEnd) break;
      const target = start + oldAddressDelta + load<u32>(oldBase + <usize>old);
      const predicted = <u64>(mapAddress(target) - newStartAddress);
      addReference(newStart, place, 4, TABLE, mappedHow, SILENT, NO_FIELD, target, 0, 0, 0, predicted);
    }
    if (stop > end) return;
    current++;
  }
}
