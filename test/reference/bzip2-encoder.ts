import { BZIP2_CRC_START, combineBzip2Crc, updateBzip2Crc } from '../../src/formats/bzip2-crc.js';
import { BitOutput } from './bit-output.js';
import { findCodeLengths } from './code-lengths.js';
import { transformBlock } from './sort-rotations.js';

/**
 * Twin of assembly/formats-diff/bzip2-encoder.ts; see src/formats/bzip2-decode.ts for the layout.
 *
 * 1. Runs of 4 to 259 equal bytes become four and a count, until a block of 900,000 bytes is full.
 * 2. The block's rotations are sorted; the last column is kept (sort-rotations.ts).
 * 3. Each byte becomes its place in a list whose last used comes first; runs of place 0 are counted in base 2.
 * 4. Groups of 50 symbols choose among 2 to 6 Huffman tables. Tables start as slices of the alphabet of equal frequency and are
 *    made again from the groups that chose them, `ROUNDS` times.
 *
 * bzip2 itself makes 4 rounds and limits codes to 17 bits by scaling the counts down; here codes are the best ones of at most 17 bits, and
 * every number of tables that could be best is tried. Time is linear; memory about 16 MB for a full block.
 */
export function encodeBzip2Reference(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const output = new BitOutput();
  for (const value of [0x42, 0x5a, 0x68, 0x39]) output.bits(value, 8);
  const block = new Uint8Array(BLOCK_SIZE);
  let streamCrc = 0;
  for (let start = 0; start < bytes.length; ) {
    const { end, size } = packRuns(bytes, start, block);
    const crc = ~updateBzip2Crc(BZIP2_CRC_START, bytes.subarray(start, end)) >>> 0;
    writeBlock(output, block.subarray(0, size), crc);
    streamCrc = combineBzip2Crc(streamCrc, crc);
    start = end;
  }
  output.bits(0x177245, 24);
  output.bits(0x385090, 24);
  output.u32(streamCrc);
  return output.take();
}

/** bzip2 leaves 19 bytes of its 900,000 free; decoders refuse more than 900,000. */
const BLOCK_SIZE = 900_000 - 19;
const GROUP_SIZE = 50;
const MOST_BITS = 17;
const ROUNDS = 6;

/** Fills a block from `start` on; answers where it stopped and how long the block is. */
function packRuns(
  bytes: Uint8Array,
  start: number,
  block: Uint8Array,
): { readonly end: number; readonly size: number } {
  let at = start;
  let size = 0;
  while (at < bytes.length && size + 5 <= block.length) {
    const value = bytes[at]!;
    const most = Math.min(bytes.length, at + 259);
    let end = at + 1;
    while (end < most && bytes[end] === value) end++;
    const run = end - at;
    block.fill(value, size, size + Math.min(run, 4));
    size += Math.min(run, 4);
    if (run >= 4) block[size++] = run - 4;
    at = end;
  }
  return { end: at, size };
}

function writeBlock(output: BitOutput, block: Uint8Array, crc: number): void {
  const { last, origin } = transformBlock(block);
  output.bits(0x314159, 24);
  output.bits(0x265359, 24);
  output.u32(crc);
  output.bits(0, 1);
  output.bits(origin, 24);
  const used = findUsedValues(last);
  writeUsedValues(output, used);
  const symbolCount = used.length + 2;
  const symbols = moveToFront(last, used);
  const { selectors, tables } = chooseTables(symbols, symbolCount);
  output.bits(tables.length, 3);
  output.bits(selectors.length, 15);
  writeSelectors(output, selectors);
  for (const lengths of tables) writeLengths(output, lengths);
  const codes = tables.map(assignCodes);
  for (let i = 0; i < symbols.length; i++) {
    const table = selectors[Math.floor(i / GROUP_SIZE)]!;
    const symbol = symbols[i]!;
    output.bits(codes[table]![symbol]!, tables[table]![symbol]!);
  }
}

function findUsedValues(bytes: Uint8Array): Uint8Array {
  const isUsed = new Uint8Array(256);
  for (let i = 0; i < bytes.length; i++) isUsed[bytes[i]!] = 1;
  return Uint8Array.from([...isUsed.keys()].filter((value) => isUsed[value] === 1));
}

function writeUsedValues(output: BitOutput, used: Uint8Array): void {
  const rows = new Uint16Array(16);
  for (const value of used) rows[value >>> 4]! |= 0x8000 >>> (value & 15);
  output.bits(
    rows.reduce((bits, row, i) => bits | (row === 0 ? 0 : 0x8000 >>> i), 0),
    16,
  );
  for (const row of rows) if (row !== 0) output.bits(row, 16);
}

/** Symbols 0 and 1 are the digits of a run of place 0, place p is symbol p + 1, the highest symbol ends the block. */
function moveToFront(bytes: Uint8Array, used: Uint8Array): Uint16Array {
  const recent = used.slice();
  const symbols = new Uint16Array(bytes.length + 2);
  let count = 0;
  let run = 0;
  const flushRun = (): void => {
    for (; run > 0; run = (run - 1) >>> 1) symbols[count++] = (run & 1) === 1 ? 0 : 1;
  };
  for (let i = 0; i < bytes.length; i++) {
    const value = bytes[i]!;
    if (recent[0] === value) {
      run++;
      continue;
    }
    flushRun();
    let place = 1;
    while (recent[place] !== value) place++;
    recent.copyWithin(1, 0, place);
    recent[0] = value;
    symbols[count++] = place + 1;
  }
  flushRun();
  symbols[count++] = used.length + 1;
  return symbols.subarray(0, count);
}

interface Tables {
  readonly selectors: Uint8Array;
  readonly tables: readonly Uint8Array[];
  readonly bits: number;
}

/** The number of tables that bzip2 takes for a block of this many symbols, and its neighbours; the cheapest wins. */
function chooseTables(symbols: Uint16Array, symbolCount: number): Tables {
  const size = symbols.length;
  const usual = size < 200 ? 2 : size < 600 ? 3 : size < 1200 ? 4 : size < 2400 ? 5 : 6;
  let best = refineTables(symbols, symbolCount, usual);
  if (size > 50_000) return best;
  for (let count = 2; count <= 6; count++) {
    if (count === usual) continue;
    const tables = refineTables(symbols, symbolCount, count);
    if (tables.bits < best.bits) best = tables;
  }
  return best;
}

function refineTables(symbols: Uint16Array, symbolCount: number, tableCount: number): Tables {
  const groupCount = Math.ceil(symbols.length / GROUP_SIZE);
  const selectors = new Uint8Array(groupCount);
  let tables = sliceAlphabet(symbols, symbolCount, tableCount);
  for (let round = 0; round <= ROUNDS; round++) {
    const counts = tables.map(() => new Uint32Array(symbolCount));
    for (let group = 0; group < groupCount; group++) {
      const start = group * GROUP_SIZE;
      const end = Math.min(symbols.length, start + GROUP_SIZE);
      let least = Number.POSITIVE_INFINITY;
      let chosen = 0;
      for (let table = 0; table < tableCount; table++) {
        const lengths = tables[table]!;
        let bits = 0;
        for (let i = start; i < end; i++) bits += lengths[symbols[i]!]!;
        if (bits < least) {
          least = bits;
          chosen = table;
        }
      }
      selectors[group] = chosen;
      const count = counts[chosen]!;
      for (let i = start; i < end; i++) count[symbols[i]!]!++;
    }
    // The last round only chooses: the tables must be those that are written.
    if (round < ROUNDS) tables = counts.map((count) => findCodeLengths(count, symbolCount, MOST_BITS));
  }
  return { selectors, tables, bits: countBits(symbols, selectors, tables) };
}

/** First tables: each is good for a slice of the alphabet that makes up about the same share of the symbols. */
function sliceAlphabet(symbols: Uint16Array, symbolCount: number, tableCount: number): Uint8Array[] {
  const counts = new Uint32Array(symbolCount);
  for (let i = 0; i < symbols.length; i++) counts[symbols[i]!]!++;
  const tables: Uint8Array[] = [];
  let left = symbols.length;
  let start = 0;
  for (let parts = tableCount; parts > 0; parts--) {
    const share = Math.floor(left / parts);
    let end = start;
    let sum = 0;
    while (end < symbolCount && (sum < share || end === start || parts === 1)) sum += counts[end++]!;
    const lengths = new Uint8Array(symbolCount).fill(15);
    lengths.fill(0, start, end);
    tables.push(lengths);
    left -= sum;
    start = end;
  }
  return tables;
}

function countBits(symbols: Uint16Array, selectors: Uint8Array, tables: readonly Uint8Array[]): number {
  const trial = new BitCount();
  writeSelectors(trial, selectors);
  for (const lengths of tables) writeLengths(trial, lengths);
  let bits = trial.count;
  for (let i = 0; i < symbols.length; i++)
    bits += tables[selectors[Math.floor(i / GROUP_SIZE)]!]![symbols[i]!]!;
  return bits;
}

interface Bits {
  bits(value: number, count: number): void;
}

class BitCount implements Bits {
  count = 0;
  bits(_value: number, count: number): void {
    this.count += count;
  }
}

function writeSelectors(output: Bits, selectors: Uint8Array): void {
  const recent = [0, 1, 2, 3, 4, 5];
  for (const selector of selectors) {
    const place = recent.indexOf(selector);
    recent.splice(place, 1);
    recent.unshift(selector);
    for (let i = 0; i < place; i++) output.bits(1, 1);
    output.bits(0, 1);
  }
}

function writeLengths(output: Bits, lengths: Uint8Array): void {
  let length = lengths[0]!;
  output.bits(length, 5);
  for (const wanted of lengths) {
    for (; length < wanted; length++) output.bits(2, 2);
    for (; length > wanted; length--) output.bits(3, 2);
    output.bits(0, 1);
  }
}

/** Canonical codes: shorter ones first, of the same length by symbol. */
function assignCodes(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= MOST_BITS; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++)
      if (lengths[symbol] === length) codes[symbol] = code++;
    code *= 2;
  }
  return codes;
}
