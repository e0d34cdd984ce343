// bzip2 encoder: one stream, whole in linear memory, a block for each call.
//
//   "BZh9"   { block }   0x177245385090   checksum of all   padding to a byte
//   block: 0x314159265359   checksum   randomised bit   origin (24 bits)   used values   codes   selectors   lengths   symbols
//
//   1. Runs of 4 to 259 equal bytes become four and a count, until a block is full.
//   2. The block's rotations are sorted and the last column is kept (sort-rotations.ts).
//   3. Each byte becomes its place in a list whose last used comes first (move-to-front.ts).
//   4. Groups of 50 symbols choose among Huffman codes (code-tables.ts).
//
//   scratch   block, twice | column | space of sort-rotations.ts, over which lie: symbols | selectors
//
// State is kept in module globals: one encoder at a time in an instance. Time is linear; memory about 20 bytes for each of a block.
// Source: bzip2 1.0.8 and its manual.

import { matchLength } from '../match/match-length';
import { bitOutput, flushBits, setBitOutput, startBits, writeBits } from './bit-writer';
import { initBzip2Crc, updateBzip2Crc } from './bzip2-crc';
import { chooseTables, selectorSpace, writeSymbols } from './code-tables';
import { markUsed, moveToFront } from './move-to-front';
import { rotationSpace, transformBlock } from './sort-rotations';

/** bzip2 leaves 19 bytes of its 900,000 free; decoders refuse more than 900,000. */
const BLOCK_SIZE: u32 = 900_000 - 19;
const LONGEST_RUN: u32 = 259;
const SLICE: u32 = 65536;

const MARKS: usize = memory.data(256, 16);

let input: usize = 0;
let inputSize: u32 = 0;
let position: u32 = 0;
let streamCrc: u32 = 0;
let blockLimit: u32 = 0;
let blockSize: u32 = 0;
let block: usize = 0;
let column: usize = 0;
let space: usize = 0;

/** Runs of 4 are the longest block of an input: 5 bytes of 4. */
function limitOf(size: u32): u32 {
  return size >= BLOCK_SIZE ? BLOCK_SIZE : min(BLOCK_SIZE, size + (size >>> 2) + 5);
}

/** Bytes of scratch for an input of `size` bytes. */
export function bzip2Scratch(size: u32): u32 {
  const most = limitOf(size);
  const codes = ((most + 2) << 1) + selectorSpace(most + 2);
  return 16 + 3 * (most + 64) + max(rotationSpace(most), codes) + 64;
}

/** Most bytes that a call of `bzip2EncodeBlock` writes: every symbol in the longest code, the codes, the header or the end. */
export function bzip2Room(size: u32): u32 {
  return (((limitOf(size) + 2) * 17) >>> 3) + 18_002 + 6 * 258 * 5 + 256;
}

/** Starts a stream of `size` bytes at `ptr`. */
export function bzip2Start(ptr: usize, size: u32, scratch: usize): void {
  input = ptr;
  inputSize = size;
  position = 0;
  streamCrc = 0;
  blockLimit = limitOf(size);
  block = scratch + 16;
  column = block + <usize>(2 * (blockLimit + 32));
  space = (column + <usize>blockLimit + 79) & ~15;
  initBzip2Crc();
  startBits();
}

/** Bytes of input that were encoded; all of them when the stream is complete. */
export function bzip2Position(): u32 {
  return position;
}

/** Encodes the next block to `out`, with the stream's header before the first and its end behind the last. Answers the bytes written. */
export function bzip2EncodeBlock(out: usize): u32 {
  setBitOutput(out);
  if (position == 0) writeBits(0x425a6839, 32);
  const start = position;
  packRuns();
  if (blockSize > 0) {
    const crc = ~updateBzip2Crc(0xffffffff, input + <usize>start, position - start);
    streamCrc = rotl<u32>(streamCrc, 1) ^ crc;
    writeBlock(crc);
  }
  const isEnd = position == inputSize;
  if (isEnd) {
    writeBits(0x177245, 24);
    writeBits(0x385090, 24);
    writeBits(streamCrc, 32);
  }
  flushBits(isEnd);
  return <u32>(bitOutput() - out);
}

/** Fills a block. */
function packRuns(): void {
  blockSize = 0;
  while (position < inputSize && blockSize + 5 <= blockLimit) packSlice();
}

function packSlice(): void {
  const end = <u32>min<u64>(<u64>inputSize, <u64>position + SLICE);
  let at = position;
  let to = blockSize;
  while (at < end && to + 5 <= blockLimit) {
    const p = input + <usize>at;
    const value = load<u8>(p);
    if (at + 1 < inputSize && load<u8>(p, 1) != value) {
      store<u8>(block + <usize>to, value);
      to++;
      at++;
      continue;
    }
    const most = min(inputSize - at, LONGEST_RUN);
    const run = 1 + matchLength(p, p + 1, most - 1);
    // Five bytes of room: what is too much is written over.
    store<u32>(block + <usize>to, <u32>value * 0x01010101);
    if (run >= 4) store<u8>(block + <usize>to, <u8>(run - 4), 4);
    to += run >= 4 ? 5 : run;
    at += run;
  }
  position = at;
  blockSize = to;
}

function writeBlock(crc: u32): void {
  const origin = transformBlock(block, blockSize, column, space);
  markUsed(column, blockSize, MARKS);
  const symbols = space;
  const count = moveToFront(column, blockSize, MARKS, symbols);
  writeBits(0x314159, 24);
  writeBits(0x265359, 24);
  writeBits(crc, 32);
  writeBits(0, 1);
  writeBits(origin, 24);
  const used = writeUsed();
  chooseTables(symbols, count, used + 2, symbols + <usize>(count << 1));
  writeSymbols();
}

/** Which bytes the block uses: 16 bits for rows of 16, and 16 bits for each row that is used. Answers how many. */
function writeUsed(): u32 {
  let used: u32 = 0;
  let rows: u32 = 0;
  for (let value: u32 = 0; value < 256; value++) {
    if (load<u8>(MARKS + <usize>value) == 0) continue;
    used++;
    rows |= 0x8000 >>> (value >>> 4);
  }
  writeBits(rows, 16);
  for (let row: u32 = 0; row < 16; row++) {
    if ((rows & (0x8000 >>> row)) == 0) continue;
    for (let column: u32 = 0; column < 16; column++)
      writeBits(<u32>load<u8>(MARKS + <usize>((row << 4) | column)), 1);
  }
  return used;
}
