import { ImageReader } from '../image/image-reader.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import { SYMBOL_SIZE } from './dynamic-symbols.js';
import { hashName } from './moved-names.js';
import type { TableContext } from './table-context.js';

// .gnu.hash, the table to find symbols by name: it follows from the names and the order of the symbols.
//
//   u32 buckets, first hashed symbol, Bloom words, shift
//   u64 Bloom filter each: two bits for a symbol
//   u32 each bucket: its first symbol, or 0
//   u32 each hashed symbol: its hash, the lowest bit set where a bucket ends
//
// Only the four numbers at its start do not. The size of the table, which is known, leaves one of them open: the Bloom words are a power of
// two near old's, and the right one is that for which the symbols stand in the order of their buckets.
// Time: a few passes over the symbols, and one over their names.

const HEADER_SIZE = 16;

interface Shape {
  readonly buckets: number;
  readonly firstHashed: number;
  readonly bloomWords: number;
  readonly shift: number;
}

export function rebuildGnuHash({
  source,
  origin,
  old,
  next,
  early,
  range,
}: TableContext): Uint8Array | undefined {
  const symbols = early('.dynsym');
  const strings = early('.dynstr');
  const section = sectionOf(old, '.gnu.hash');
  if (symbols === undefined || strings === undefined || section === undefined) return undefined;
  if (section.size < HEADER_SIZE || sectionOf(next, '.dynsym') === undefined) return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const [firstOld, bloomOld, shiftOld] = [4, 8, 12].map((at) => reader.u32(section.fileOffset + at)) as [
    number,
    number,
    number,
  ];
  const count = Math.floor(symbols.length / SYMBOL_SIZE);
  const firstHashed = countLeading(symbols, count);
  if (firstOld === 0 || firstHashed === 0 || bloomOld === 0 || bloomOld > 1 << 24) return undefined;
  const hashes = hashNames(symbols, strings, firstHashed, count);
  for (const log2 of [0, 1, -1]) {
    const bloomWords = Math.floor(bloomOld * 2 ** log2);
    const left = range.size - HEADER_SIZE - 8 * bloomWords - 4 * hashes.length;
    const shape = { buckets: left / 4, firstHashed, bloomWords, shift: (shiftOld + log2) & 31 };
    if (bloomWords > 0 && left > 0 && left % 4 === 0 && isInOrder(hashes, shape.buckets)) {
      return emit(hashes, shape, range.size);
    }
  }
  return undefined;
}

/** Symbols at the front that are not defined here or local, and so not hashed. */
function countLeading(symbols: Uint8Array, count: number): number {
  let i = 0;
  while (i < count) {
    const at = i * SYMBOL_SIZE;
    const isUndefined = symbols[at + 6] === 0 && symbols[at + 7] === 0;
    const isLocal = symbols[at + 4]! >>> 4 === 0;
    if (!isUndefined && !isLocal) break;
    i++;
  }
  return i;
}

function hashNames(symbols: Uint8Array, strings: Uint8Array, first: number, count: number): Uint32Array {
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  const hashes = new Uint32Array(Math.max(0, count - first));
  for (let i = 0; i < hashes.length; i++) {
    hashes[i] = hashName(strings, view.getUint32((first + i) * SYMBOL_SIZE, true));
  }
  return hashes;
}

function isInOrder(hashes: Uint32Array, buckets: number): boolean {
  let before = 0;
  for (const hash of hashes) {
    if (hash % buckets < before) return false;
    before = hash % buckets;
  }
  return true;
}

function emit(
  hashes: Uint32Array,
  { buckets, firstHashed, bloomWords, shift }: Shape,
  size: number,
): Uint8Array {
  const table = new Uint8Array(size);
  const view = new DataView(table.buffer);
  [buckets, firstHashed, bloomWords, shift].forEach((number, i) => {
    view.setUint32(4 * i, number, true);
  });
  const bucketsAt = HEADER_SIZE + 8 * bloomWords;
  const chainsAt = bucketsAt + 4 * buckets;
  hashes.forEach((hash, i) => {
    const word = HEADER_SIZE + 8 * (Math.floor(hash / 64) % bloomWords);
    for (const bit of [hash & 63, (hash >>> shift) & 63]) {
      const at = word + (bit >>> 3);
      table[at] = table[at]! | (1 << (bit & 7));
    }
    const bucket = bucketsAt + 4 * (hash % buckets);
    if (view.getUint32(bucket, true) === 0) view.setUint32(bucket, firstHashed + i, true);
    const isLast = i + 1 === hashes.length || hashes[i + 1]! % buckets !== hash % buckets;
    view.setUint32(chainsAt + 4 * i, ((hash & ~1) | (isLast ? 1 : 0)) >>> 0, true);
  });
  return table;
}
