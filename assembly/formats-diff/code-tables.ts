// Which of 2 to 6 Huffman codes each group of 50 symbols is written with, and the codes.
//
// Codes start as slices of the alphabet of equal frequency and are made again from the groups that chose them, ROUNDS times or until no
// group changes. bzip2 makes 4 rounds. Of small blocks every number of codes is tried, of others the number that bzip2 takes.
//
//   lanes      of each symbol its lengths in all codes, 8 words of 16 bits: a group's costs are one sum of vectors
//   counts     of each code how often each symbol was written with it, MOST_SYMBOLS words of 32 bits
//   lengths    of each code MOST_SYMBOLS bytes
//   selectors  of each group its code, a byte
//
// Work: ROUNDS + 1 turns of 16 bytes for each symbol, six times as many for small blocks.

import { writeBits } from './bit-writer';
import { findCodeLengths, MOST_BITS, MOST_SYMBOLS } from './code-lengths';

const MOST_TABLES: u32 = 6;
const GROUP_SIZE: u32 = 50;
const ROUNDS: u32 = 6;
/** Blocks of more symbols than this are only tried with the usual number of codes. */
const SMALL_BLOCK: u32 = 50_000;
const SLICE: u32 = 512;

const LANES: usize = memory.data(258 * 16, 16);
const COUNTS: usize = memory.data(6 * 258 * 4, 16);
const LENGTHS: usize = memory.data(6 * 258, 16);
const BEST_LENGTHS: usize = memory.data(6 * 258, 16);
/** Of each code and symbol: code << 5 | length. */
const CODES: usize = memory.data(6 * 258 * 4, 16);
const RECENT: usize = memory.data(16, 16);
const SUMS: usize = memory.data(16, 16);

let symbols: usize = 0;
let size: u32 = 0;
let symbolCount: u32 = 0;
let groupCount: u32 = 0;
let selectors: usize = 0;
let bestSelectors: usize = 0;
let tables: u32 = 0;
let bestTables: u32 = 0;
let hasChanged: bool = false;

function groupsOf(symbolsOfBlock: u32): u32 {
  return (symbolsOfBlock + GROUP_SIZE - 1) / GROUP_SIZE;
}

/** Bytes of scratch for a block of this many symbols. */
export function selectorSpace(symbolsOfBlock: u32): u32 {
  return groupsOf(symbolsOfBlock) * 2;
}

/** Chooses the codes for a block of symbols below `alphabet`. */
export function chooseTables(ptr: usize, count: u32, alphabet: u32, scratch: usize): void {
  symbols = ptr;
  size = count;
  symbolCount = alphabet;
  groupCount = groupsOf(count);
  selectors = scratch;
  bestSelectors = scratch + <usize>groupCount;
  const usual: u32 = size < 200 ? 2 : size < 600 ? 3 : size < 1200 ? 4 : size < 2400 ? 5 : 6;
  let least = refineTables(usual);
  keepTables();
  if (size <= SMALL_BLOCK) {
    for (let count: u32 = 2; count <= MOST_TABLES; count++) {
      if (count == usual) continue;
      const bits = refineTables(count);
      if (bits < least) {
        least = bits;
        keepTables();
      }
    }
  }
}

function keepTables(): void {
  const other = bestSelectors;
  bestSelectors = selectors;
  selectors = other;
  bestTables = tables;
  memory.copy(BEST_LENGTHS, LENGTHS, MOST_TABLES * MOST_SYMBOLS);
}

/** Makes `count` codes and answers how many bits the block takes with them. */
function refineTables(count: u32): u32 {
  tables = count;
  memory.fill(selectors, 0xff, <usize>groupCount);
  sliceAlphabet();
  for (let round: u32 = 0; ; round++) {
    fillLanes();
    memory.fill(COUNTS, 0, MOST_TABLES * MOST_SYMBOLS * 4);
    hasChanged = false;
    let from: u32 = 0;
    for (; from + SLICE < groupCount; from += SLICE) chooseSlice(from, from + SLICE);
    chooseSlice(from, groupCount);
    // The last turn only chooses: the codes must be those that are written.
    if (round == ROUNDS || !hasChanged) break;
    for (let table: u32 = 0; table < count; table++) {
      findCodeLengths(countsOf(table), symbolCount, LENGTHS + <usize>(table * MOST_SYMBOLS));
    }
  }
  return countBits();
}

function countsOf(table: u32): usize {
  return COUNTS + <usize>(table * MOST_SYMBOLS * 4);
}

/** First codes: each is good for a slice of the alphabet that makes up about the same share of the symbols. */
function sliceAlphabet(): void {
  memory.fill(COUNTS, 0, MOST_SYMBOLS * 4);
  let from: u32 = 0;
  for (; from + 50 * SLICE < size; from += 50 * SLICE) countSlice(from, from + 50 * SLICE);
  countSlice(from, size);
  let left = size;
  let start: u32 = 0;
  for (let parts = tables; parts > 0; parts--) {
    const share = left / parts;
    let end = start;
    let sum: u32 = 0;
    while (end < symbolCount && (sum < share || end == start || parts == 1)) {
      sum += load<u32>(COUNTS + <usize>(end << 2));
      end++;
    }
    const lengths = LENGTHS + <usize>((tables - parts) * MOST_SYMBOLS);
    memory.fill(lengths, 15, <usize>symbolCount);
    memory.fill(lengths + <usize>start, 0, <usize>(end - start));
    left -= sum;
    start = end;
  }
}

function countSlice(from: u32, to: u32): void {
  for (let i = from; i < to; i++) {
    const counter = COUNTS + ((<usize>load<u16>(symbols + <usize>(i << 1))) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
}

function fillLanes(): void {
  memory.fill(LANES, 0, <usize>(symbolCount << 4));
  for (let table: u32 = 0; table < tables; table++) {
    const lengths = LENGTHS + <usize>(table * MOST_SYMBOLS);
    for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
      store<u16>(LANES + <usize>((symbol << 4) + (table << 1)), <u16>load<u8>(lengths + <usize>symbol));
    }
  }
}

/** Groups [from, to) take the code that is cheapest for them, of equal ones the first, and are counted. */
function chooseSlice(from: u32, to: u32): void {
  for (let group = from; group < to; group++) {
    const start = symbols + <usize>(group * GROUP_SIZE * 2);
    const end = symbols + <usize>(min(size, (group + 1) * GROUP_SIZE) << 1);
    sumLanes(start, end);
    let chosen: u32 = 0;
    let least = <u32>load<u16>(SUMS);
    for (let table: u32 = 1; table < tables; table++) {
      const cost = <u32>load<u16>(SUMS + <usize>(table << 1));
      if (cost < least) {
        least = cost;
        chosen = table;
      }
    }
    const selector = selectors + <usize>group;
    if (<u32>load<u8>(selector) != chosen) {
      store<u8>(selector, <u8>chosen);
      hasChanged = true;
    }
    const counts = countsOf(chosen);
    for (let p = start; p < end; p += 2) {
      const counter = counts + ((<usize>load<u16>(p)) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
  }
}

/** Sums of the lengths of symbols in each code: 50 of 20 bits fit 16. */
function sumLanes(start: usize, end: usize): void {
  if (ASC_FEATURE_SIMD) {
    let sum = i64x2.splat(0);
    for (let p = start; p < end; p += 2) {
      sum = i16x8.add(sum, v128.load(LANES + ((<usize>load<u16>(p)) << 4)));
    }
    v128.store(SUMS, sum);
  } else {
    let low: u64 = 0;
    let high: u64 = 0;
    for (let p = start; p < end; p += 2) {
      const lanes = LANES + ((<usize>load<u16>(p)) << 4);
      low += load<u64>(lanes);
      high += load<u64>(lanes, 8);
    }
    store<u64>(SUMS, low);
    store<u64>(SUMS, high, 8);
  }
}

/** Bits of the selectors, the codes and the symbols. */
function countBits(): u32 {
  let bits: u32 = 0;
  startSelectors();
  for (let group: u32 = 0; group < groupCount; group++) {
    bits += takeSelector(<u32>load<u8>(selectors + <usize>group)) + 1;
  }
  for (let table: u32 = 0; table < tables; table++) {
    const lengths = LENGTHS + <usize>(table * MOST_SYMBOLS);
    let length = <i32>load<u8>(lengths);
    bits += 5 + symbolCount;
    for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
      const wanted = <i32>load<u8>(lengths + <usize>symbol);
      bits += 2 * <u32>abs<i32>(wanted - length);
      length = wanted;
      bits += load<u32>(countsOf(table) + <usize>(symbol << 2)) * <u32>wanted;
    }
  }
  return bits;
}

function startSelectors(): void {
  for (let table: u32 = 0; table < MOST_TABLES; table++) store<u8>(RECENT + <usize>table, <u8>table);
}

/** Place of a code in the list whose last used comes first. */
function takeSelector(table: u32): u32 {
  let place: u32 = 0;
  let carry = table;
  for (let here: u32 = MOST_TABLES; here != table; place++) {
    here = <u32>load<u8>(RECENT + <usize>place);
    store<u8>(RECENT + <usize>place, <u8>carry);
    carry = here;
  }
  return place - 1;
}

/** Writes what was chosen: number of codes and groups, selectors, lengths, and all symbols. */
export function writeSymbols(): void {
  writeBits(bestTables, 3);
  writeBits(groupCount, 15);
  startSelectors();
  for (let group: u32 = 0; group < groupCount; group++) {
    const place = takeSelector(<u32>load<u8>(bestSelectors + <usize>group));
    writeBits((1 << (place + 1)) - 2, place + 1);
  }
  for (let table: u32 = 0; table < bestTables; table++) {
    writeLengths(BEST_LENGTHS + <usize>(table * MOST_SYMBOLS));
    assignCodes(table);
  }
  let from: u32 = 0;
  for (; from + SLICE < groupCount; from += SLICE) writeSlice(from, from + SLICE);
  writeSlice(from, groupCount);
}

function writeLengths(lengths: usize): void {
  let length = <u32>load<u8>(lengths);
  writeBits(length, 5);
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const wanted = <u32>load<u8>(lengths + <usize>symbol);
    for (; length < wanted; length++) writeBits(2, 2);
    for (; length > wanted; length--) writeBits(3, 2);
    writeBits(0, 1);
  }
}

/** Canonical codes: shorter ones first, of the same length by symbol. */
function assignCodes(table: u32): void {
  const lengths = BEST_LENGTHS + <usize>(table * MOST_SYMBOLS);
  const codes = CODES + <usize>(table * MOST_SYMBOLS * 4);
  let code: u32 = 0;
  for (let length: u32 = 1; length <= MOST_BITS; length++) {
    for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
      if (<u32>load<u8>(lengths + <usize>symbol) == length)
        store<u32>(codes + <usize>(symbol << 2), (code++ << 5) | length);
    }
    code <<= 1;
  }
}

function writeSlice(from: u32, to: u32): void {
  for (let group = from; group < to; group++) {
    const codes = CODES + <usize>(<u32>load<u8>(bestSelectors + <usize>group) * MOST_SYMBOLS * 4);
    const end = symbols + <usize>(min(size, (group + 1) * GROUP_SIZE) << 1);
    for (let p = symbols + <usize>(group * GROUP_SIZE * 2); p < end; p += 2) {
      const code = load<u32>(codes + ((<usize>load<u16>(p)) << 2));
      writeBits(code >>> 5, code & 31);
    }
  }
}
