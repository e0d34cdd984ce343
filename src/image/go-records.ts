import type { RandomAccess } from '../bytes/random-access.js';
import { GO_HEADER_NAMES, GO_SECTION } from './go-sections.js';
import { findTypeOffsets } from './go-types.js';
import { faultOf, type Image, sectionNamed } from './image.js';
import { ImageReader } from './image-reader.js';

// A function's record in Go's pclntab (Go source, internal/abi and runtime/runtime2.go; layout of Go 1.20 and later), all u32 but the last:
//
//   0  entry, from the text's start   4  name   8  arguments   12  deferred return   16  stack   20  file   24  line
//   28  lists   32  first unit   36  first line   40  kind u8, flags u8, unused u8   43  data u8
//   44  offsets in lines (as many as lists), offsets in data (as many as data, -1 for none)
//
// The fourth datum is the tree of functions that were inlined, 16 bytes for each: kind u8, unused, name u32, place u32, line u32. Nothing tells
// how long it is; it reaches at most to the next datum.

const RECORD_SIZE = 44;
/** Kinds of data there are; more are not looked at. */
const DATA_KINDS = 8;
const TREE = 3;
const TREE_ENTRY = 16;
/** A Chromium has 700,000 functions. */
const MAX_RECORDS = 1 << 20;

/** Where the fields of Go's tables are. Offsets count from the first byte of the file. */
export interface GoRecords {
  /** Address that functions count from. */
  readonly textStart: number;
  /** Starts of functions' records, ascending. */
  readonly records: Uint32Array<ArrayBuffer>;
  /** Pairs (start, end) of trees of inlined functions, ascending and disjoint. */
  readonly trees: Uint32Array<ArrayBuffer>;
  /** Places of offsets in descriptors of types, ascending, plus 1 for those of functions (go-types.ts). */
  readonly typeFields: Uint32Array<ArrayBuffer>;
}

/** Finds the records of an image at `origin`; undefined where there is no pclntab that is understood. */
export function findGoRecords(source: RandomAccess, origin: number, image: Image): GoRecords | undefined {
  let found: GoRecords | undefined;
  faultOf(() => {
    found = readRecords(new ImageReader(source, origin, image.size), origin, image);
  });
  return found;
}

function readRecords(reader: ImageReader, origin: number, image: Image): GoRecords | undefined {
  const header = sectionNamed(image, ...GO_HEADER_NAMES);
  const functions = sectionNamed(image, GO_SECTION.functions);
  const section = sectionNamed(image, GO_SECTION.records);
  const text = sectionNamed(image, '.text', '__text');
  if (header === undefined || functions === undefined || section === undefined || text === undefined)
    return undefined;
  const textStart = reader.u64(header.fileOffset + 24) || text.address;
  const end = section.fileOffset + section.size;
  const count = Math.min(Math.floor(functions.size / 8), MAX_RECORDS);
  const records = new Uint32Array(count);
  let size = 0;
  let before = section.fileOffset - 1;
  for (let i = 0; i < count; i++) {
    const record = functions.fileOffset + reader.u32(functions.fileOffset + 8 * i + 4);
    if (record <= before || record + RECORD_SIZE > end) continue;
    records[size++] = record;
    before = record;
  }
  const starts = records.slice(0, size);
  const trees = findTrees(reader, image, starts);
  return {
    textStart,
    records: starts.map((start) => start + origin),
    trees: trees.map((bound) => bound + origin),
    typeFields:
      origin % 4 === 0 ? findTypeOffsets(reader, image).map((field) => field + origin) : new Uint32Array(0),
  };
}

/** Trees of inlined functions: from where a record says that one starts to the next datum of any record. */
function findTrees(reader: ImageReader, image: Image, records: Uint32Array): Uint32Array<ArrayBuffer> {
  const data = sectionNamed(image, GO_SECTION.data);
  if (data === undefined) return new Uint32Array(0);
  const bounds = new Uint32Array(records.length * DATA_KINDS + 1);
  const isTree = new Uint8Array(Math.ceil(data.size / 4));
  let size = 0;
  bounds[size++] = data.size;
  for (const record of records) {
    const list = record + RECORD_SIZE + 4 * reader.u32(record + 28);
    const kinds = Math.min(reader.u8(record + 43), DATA_KINDS);
    for (let kind = 0; kind < kinds; kind++) {
      const datum = reader.u32(list + 4 * kind);
      if (datum >= data.size) continue;
      bounds[size++] = datum;
      if (kind === TREE && datum % 4 === 0) isTree[datum / 4] = 1;
    }
  }
  const sorted = bounds.subarray(0, size).sort();
  const pairs = new Uint32Array(2 * size);
  let filled = 0;
  for (let i = 0; i + 1 < size; i++) {
    const [start, end] = [sorted[i]!, sorted[i + 1]!];
    if (end - start < TREE_ENTRY || start % 4 !== 0 || isTree[start / 4] === 0) continue;
    pairs[filled++] = data.fileOffset + start;
    pairs[filled++] = data.fileOffset + end;
  }
  return pairs.slice(0, filled);
}
