// Go's tables of functions and types. Their words are offsets from where a table starts, so each is predicted as the
// mapped place less the start of the same table in new:
//
//   predicted = (map(old start + (word << shift)) - new start) >> shift
//
// Offsets of 0 stand for "none" or for the start and stay. Words that lead behind their table stay as they are.
//
//   offsets   every word of a region, words at even and odd places into tables of their own (functions: text and
//             records; units: files; types)
//   records   a function's record, whose start the host found (src/image/go-records.ts, which has the layout)
//   trees     trees of inlined functions, entries of 16 bytes whose second word is a name
//
// Tables of the host: rows | old start | size | new start |, addresses being distances from the base; places
// | old offset | even | odd |, rows to which a region's words lead; starts of records, and pairs (start, end) of
// trees, ascending. On one pair 139,315 wrong units became 9,900; almost all fields move exactly with their target.
//
// These references teach nothing: their targets would overwrite what code taught.

import { oldBase } from './bases';
import { TABLE } from './kinds';
import { mapAddress, mappedHow } from './map-address';
import { NO_FIELD } from './moved-fields';
import { addReference, SILENT } from './reference-list';
import { regionStart, spanDelta, spanEnd } from './span';

/** Rows; twins of src/predict/install-go-tables.ts. */
export const TEXT: u32 = 0;
const NAMES: u32 = 1;
const UNITS: u32 = 2;
const LINES: u32 = 3;
const DATA: u32 = 4;
export const TYPES: u32 = 7;
const NONE: u32 = 0xffffffff;

const LISTS: u32 = 28;
const DATA_COUNT: u32 = 43;
const FIXED: u32 = 44;
/** A record's counts are looked up where the host guarantees old bytes; what lies further behind its start is plain. */
const LONGEST_RECORD: u32 = 256;

let rows: usize = 0;
let rowCount: u32 = 0;
let places: usize = 0;
let placeCount: u32 = 0;
let records: usize = 0;
let recordCount: u32 = 0;
let trees: usize = 0;
let treeCount: u32 = 0;

/** Installs the tables of the host; counts of 0 where old has none. */
export function setGoTables(
  rowTable: usize,
  rowsCount: u32,
  placeTable: usize,
  placesCount: u32,
  recordTable: usize,
  recordsCount: u32,
  treeTable: usize,
  treesCount: u32,
): void {
  rows = rowTable;
  rowCount = rowsCount;
  places = placeTable;
  placeCount = placesCount;
  records = recordTable;
  recordCount = recordsCount;
  trees = treeTable;
  treeCount = treesCount;
}

/** Where the words of the span lead, or the first record or tree that reaches into it. */
let even: u32 = NONE;
let odd: u32 = NONE;
let current: u32 = 0;

/** Starts a span over a region of offsets. */
export function startOffsets(): void {
  even = NONE;
  odd = NONE;
  for (let i: u32 = 0; i < placeCount; i++) {
    const row = places + <usize>i * 12;
    if (load<u32>(row) != regionStart) continue;
    even = load<u32>(row, 4);
    odd = load<u32>(row, 8);
    return;
  }
}

/** Starts a span at old offset `at` over records. */
export function startRecords(at: u32): void {
  current = firstBehind(records, recordCount, 2, at);
  if (current > 0) current--;
}

/** Starts a span at old offset `at` over trees. */
export function startTrees(at: u32): void {
  current = firstBehind(trees, treeCount, 3, at);
  if (current > 0) current--;
}

/** First of `count` items of 2^size bytes that starts behind `at`. */
export function firstBehind(table: usize, count: u32, size: u32, at: u32): u32 {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(table + ((<usize>middle) << (<usize>size))) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The word at old offset `old`, an offset into a table in units of 2^shift bytes. */
export function addOffset(newStart: u32, old: u32, row: u32, shift: u32): void {
  const place = old + spanDelta;
  const word = load<u32>(oldBase + <usize>old);
  if (word == 0 || row >= rowCount || place + 4 > spanEnd) return;
  const table = rows + <usize>row * 12;
  const distance = (<u64>word) << (<u64>shift);
  if (distance > <u64>load<u32>(table, 4)) return;
  const target = load<u32>(table) + <u32>distance;
  const predicted = (mapAddress(target) - load<u32>(table, 8)) >>> shift;
  addReference(newStart, place, 4, TABLE, mappedHow, SILENT, NO_FIELD, target, 0, 0, 0, <u64>predicted);
}

/** Old offset of the first word at or behind `from`, words counting from `start` at or before it. */
function firstWord(start: u32, from: u32): u32 {
  return from <= start ? start : from + ((start - from) & 3);
}

export function predictOffsets(newStart: u32, newEnd: u32): void {
  const end = newEnd - spanDelta;
  for (let old = firstWord(regionStart, newStart - spanDelta); old < end; old += 4) {
    const row = (((old - regionStart) >>> 2) & 1) == 0 ? even : odd;
    if (row != NONE) addOffset(newStart, old, row, 0);
  }
}

export function predictRecords(newStart: u32, newEnd: u32): void {
  const from = newStart - spanDelta;
  const end = newEnd - spanDelta;
  for (; current < recordCount; current++) {
    const start = load<u32>(records + ((<usize>current) << 2));
    if (start >= end) return;
    let stop = end;
    const isLast = current + 1 == recordCount;
    const next = isLast ? end : load<u32>(records + ((<usize>(current + 1)) << 2));
    if (next < stop) stop = next;
    if (stop > start + LONGEST_RECORD) stop = start + LONGEST_RECORD;
    for (let old = firstWord(start, from); old < stop; old += 4) addRecordField(newStart, start, old);
    if (isLast || next >= end) return;
  }
}

function addRecordField(newStart: u32, start: u32, old: u32): void {
  const field = old - start;
  if (field < FIXED) {
    if (field == 0) addOffset(newStart, old, TEXT, 0);
    else if (field == 4) addOffset(newStart, old, NAMES, 0);
    else if (field - 16 <= 8) addOffset(newStart, old, LINES, 0);
    else if (field == 32) addOffset(newStart, old, UNITS, 2);
    return;
  }
  const record = oldBase + <usize>start;
  const index = (field - FIXED) >>> 2;
  const lists = load<u32>(record, LISTS);
  if (index < lists) addOffset(newStart, old, LINES, 0);
  else if (index - lists < <u32>load<u8>(record, DATA_COUNT)) addOffset(newStart, old, DATA, 0);
}

export function predictTrees(newStart: u32, newEnd: u32): void {
  const from = newStart - spanDelta;
  const end = newEnd - spanDelta;
  for (; current < treeCount; current++) {
    const start = load<u32>(trees + ((<usize>current) << 3));
    const treeEnd = load<u32>(trees + ((<usize>current) << 3), 4);
    if (start >= end) return;
    const stop = treeEnd < end ? treeEnd : end;
    // The second word of each entry: the first of them at or behind the block's start.
    const first = start + 4;
    for (let old = from <= first ? first : from + ((first - from) & 15); old < stop; old += 16) {
      addOffset(newStart, old, NAMES, 0);
    }
    if (treeEnd >= end) return;
  }
}
