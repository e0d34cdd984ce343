import { patchError } from '../errors/patch-error.js';
import { BitInput } from './bit-input.js';
import { BZIP2_CRC_START, combineBzip2Crc, updateBzip2Crc } from './bzip2-crc.js';
import type { Chunks } from './chunk-source.js';

/**
 * bzip2 decoder.
 *
 *     "BZh" '1'..'9'   { block }   0x177245385090  crc32 of all   padding to a byte
 *     block: 0x314159265359  crc32  randomised bit  origin (24 bits)  used values  tables  selectors  code lengths  symbols
 *
 * A block is undone from its end: Huffman codes in groups of 50 -> places in a list whose last used comes first, with runs of place 0 in
 * base 2 -> last column of the sorted rotations -> the block by following each byte to its predecessor -> runs of 4 equal bytes with a count.
 *
 * Of the packages on npm none holds up (tried on Node 20 with whole, cut, damaged and continued streams): bz2 1.0.1 does not look at the
 * checksum of the stream and takes one whose end is cut off; seek-bzip 2.0.0 takes anything behind the end and wants Node's Buffer;
 * unbzip2-stream 1.4.3 is a Node stream that dies of a TypeError when cut. None has types, and none bounds what a block may expand to.
 *
 * Each block's checksum and that of the stream are checked. Memory: 4 bytes for each byte of a block (at most 3.6 MB) and pieces of
 * output of 256 KiB, however much a block expands to. Time is linear in input and output; every block yields at least a byte.
 * Source: bzip2 1.0.8, its manual and "decompress.c" for the limits.
 */
export function* decodeBzip2(bytes: Uint8Array, what: string, isLenient = false): Chunks {
  const end = yield* decodeStream(bytes, 0, what);
  if (end === bytes.length || isLenient) return;
  throw patchError('TRAILING_BYTES', 'formats', `${what}: bytes follow the end of the bzip2 stream`, {
    offset: end,
    found: bytes.length - end,
  });
}

/** Decodes bzip2 streams that follow one another, as encoders with several threads write them. */
export function* decodeBzip2Streams(bytes: Uint8Array, what: string): Chunks {
  let at = 0;
  do at = yield* decodeStream(bytes, at, what);
  while (at < bytes.length);
}

/** Decodes the stream that begins at `start`; answers where it ends. */
function* decodeStream(bytes: Uint8Array, start: number, what: string): Generator<Uint8Array, number, void> {
  const bad = (message: string) => patchError('BAD_STREAM', 'formats', `${what}: ${message}`);
  if (bytes.length - start < 4) {
    throw patchError('TRUNCATED', 'formats', `${what}: no room for a bzip2 header`, {
      found: bytes.length - start,
    });
  }
  const level = bytes[start + 3]! - 0x30;
  const isBzip2 = bytes[start] === 0x42 && bytes[start + 1] === 0x5a && bytes[start + 2] === 0x68;
  if (!isBzip2 || level < 1 || level > 9) throw bad('is no bzip2 stream');
  const input = new BitInput(bytes, start + 4, what);
  const limit = level * 100_000;
  // Made with the first block: of streams that hold nothing there may be thousands.
  let buffers: { readonly block: BlockBuffer; readonly output: Uint8Array } | undefined;
  let streamCrc = 0;
  for (;;) {
    const [high, low] = [input.bits(24), input.bits(24)];
    if (high === 0x177245 && low === 0x385090) break;
    if (high !== 0x314159 || low !== 0x265359) throw bad('a bzip2 block does not begin where it should');
    const expected = input.u32();
    if (input.bits(1) !== 0) throw bad('randomised bzip2 blocks are not supported');
    const origin = input.bits(24);
    buffers ??= { block: new BlockBuffer(limit), output: new Uint8Array(OUTPUT_SIZE) };
    const { block, output } = buffers;
    block.size = 0;
    readBlock(input, block, bad);
    const { links, size } = block;
    if (origin >= size) throw bad(`the origin ${origin} lies outside its bzip2 block of ${size} bytes`);
    linkPredecessors(links, size);
    let crc = BZIP2_CRC_START;
    for (const piece of expandRuns(links, size, origin, output)) {
      crc = updateBzip2Crc(crc, piece);
      yield piece;
    }
    crc = ~crc >>> 0;
    if (crc !== expected) throw bad('the checksum of a bzip2 block is wrong');
    streamCrc = combineBzip2Crc(streamCrc, crc);
  }
  if (input.u32() !== streamCrc) throw bad('the checksum of the bzip2 stream is wrong');
  return input.byteOffset;
}

const OUTPUT_SIZE = 256 << 10;
const GROUP_SIZE = 50;
const MOST_LENGTH = 20;
const MOST_SELECTORS = 18_002;
const TOO_LONG = 'a bzip2 block is longer than its stream allows';

type Refuse = (message: string) => Error;

/** The bytes of a block, each with room for a link above it. It grows with what arrives: most streams of patches are short. */
class BlockBuffer {
  links = new Uint32Array(1 << 12);
  size = 0;
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes a value `count` times; answers false where the block would become longer than its stream allows. */
  append(value: number, count: number): boolean {
    const end = this.size + count;
    if (end > this.limit) return false;
    if (end > this.links.length) {
      const grown = new Uint32Array(Math.min(this.limit, Math.max(end, 4 * this.links.length)));
      grown.set(this.links.subarray(0, this.size));
      this.links = grown;
    }
    if (count === 1) this.links[this.size] = value;
    else this.links.fill(value, this.size, end);
    this.size = end;
    return true;
  }
}

/** Reads a block's symbols and appends its bytes, the last column. */
function readBlock(input: BitInput, block: BlockBuffer, bad: Refuse): void {
  const values = readUsedValues(input);
  if (values.length === 0) throw bad('a bzip2 block uses no value');
  const symbolCount = values.length + 2;
  const tableCount = input.bits(3);
  if (tableCount < 2 || tableCount > 6) throw bad(`a bzip2 block has ${tableCount} tables`);
  const selectors = readSelectors(input, tableCount, bad);
  const tables = Array.from({ length: tableCount }, () => readTable(input, symbolCount, bad));
  const endOfBlock = symbolCount - 1;
  let run = 0;
  let runBit = 1;
  let group = 0;
  let left = 0;
  let table = tables[0]!;
  for (;;) {
    if (left === 0) {
      if (group >= selectors.length) throw bad('a bzip2 block has too few selectors');
      table = tables[selectors[group++]!]!;
      left = GROUP_SIZE;
    }
    left--;
    const symbol = readSymbol(input, table, bad);
    if (symbol <= 1) {
      // A run's length in base 2 with the digits 1 and 2, the lowest first.
      if (runBit > block.limit) throw bad('a run in a bzip2 block is too long');
      run += runBit << symbol;
      runBit *= 2;
      continue;
    }
    if (run > 0) {
      if (!block.append(values[0]!, run)) throw bad(TOO_LONG);
      run = 0;
      runBit = 1;
    }
    if (symbol === endOfBlock) return;
    const place = symbol - 1;
    const value = values[place]!;
    values.copyWithin(1, 0, place);
    values[0] = value;
    if (!block.append(value, 1)) throw bad(TOO_LONG);
  }
}

function readUsedValues(input: BitInput): Uint8Array {
  const used: number[] = [];
  const rows = input.bits(16);
  for (let row = 0; row < 16; row++) {
    if (((rows >>> (15 - row)) & 1) === 0) continue;
    const columns = input.bits(16);
    for (let column = 0; column < 16; column++)
      if (((columns >>> (15 - column)) & 1) !== 0) used.push(row * 16 + column);
  }
  return Uint8Array.from(used);
}

function readSelectors(input: BitInput, tableCount: number, bad: Refuse): Uint8Array {
  const count = input.bits(15);
  if (count === 0) throw bad('a bzip2 block has no selector');
  const recent = [0, 1, 2, 3, 4, 5];
  const selectors = new Uint8Array(Math.min(count, MOST_SELECTORS));
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (input.bits(1) !== 0) if (++place >= tableCount) throw bad('a bzip2 selector is out of range');
    const [selector] = recent.splice(place, 1);
    recent.unshift(selector!);
    // More than a block can use are read over, as bzip2 does: some parallel encoders write them.
    if (i < selectors.length) selectors[i] = selector!;
  }
  return selectors;
}

/** A canonical code: of each length the first code, how many there are, and where their symbols begin. */
interface Code {
  readonly counts: Int32Array;
  readonly symbols: Uint16Array;
  readonly least: number;
}

function readTable(input: BitInput, symbolCount: number, bad: Refuse): Code {
  const lengths = new Uint8Array(symbolCount);
  let length = input.bits(5);
  for (let i = 0; i < symbolCount; i++) {
    for (;;) {
      if (length < 1 || length > MOST_LENGTH) throw bad(`a bzip2 code has ${length} bits`);
      if (input.bits(1) === 0) break;
      length += input.bits(1) === 0 ? 1 : -1;
    }
    lengths[i] = length;
  }
  const counts = new Int32Array(MOST_LENGTH + 1);
  for (const bits of lengths) counts[bits]!++;
  const starts = new Int32Array(MOST_LENGTH + 2);
  for (let bits = 1; bits <= MOST_LENGTH; bits++) starts[bits + 1] = starts[bits]! + counts[bits]!;
  const symbols = new Uint16Array(symbolCount);
  for (let i = 0; i < symbolCount; i++) symbols[starts[lengths[i]!]!++] = i;
  return { counts, symbols, least: Math.min(...lengths) };
}

function readSymbol(input: BitInput, { counts, symbols, least }: Code, bad: Refuse): number {
  let code = input.bits(least);
  let first = 0;
  let index = 0;
  for (let bits = least; bits <= MOST_LENGTH; bits++) {
    const count = counts[bits]!;
    if (code >= first && code - first < count) return symbols[index + code - first]!;
    index += count;
    first = (first + count) << 1;
    code = (code << 1) | (bits < MOST_LENGTH ? input.bits(1) : 0);
  }
  throw bad('a bzip2 block holds a code that its table lacks');
}

/** Puts above each byte of the last column the place of the rotation that begins with it, in the order of rotations. */
function linkPredecessors(links: Uint32Array, size: number): void {
  const starts = new Uint32Array(257);
  for (let i = 0; i < size; i++) starts[(links[i]! & 255) + 1]!++;
  for (let value = 0; value < 256; value++) starts[value + 1]! += starts[value]!;
  for (let i = 0; i < size; i++) {
    const value = links[i]! & 255;
    links[starts[value]!]! |= i << 8;
    starts[value]!++;
  }
}

/** Walks the block and expands four equal bytes and a count; pieces of output are valid until the next one. */
function* expandRuns(links: Uint32Array, size: number, origin: number, output: Uint8Array): Chunks {
  let link = links[links[origin]! >>> 8]!;
  let used = 0;
  let last = -1;
  let same = 0;
  for (let i = 0; i < size; i++) {
    const value = link & 255;
    link = links[link >>> 8]!;
    if (used + 256 > output.length) {
      yield output.subarray(0, used);
      used = 0;
    }
    if (same === 4) {
      output.fill(last, used, used + value);
      used += value;
      same = 0;
      last = -1;
      continue;
    }
    same = value === last ? same + 1 : 1;
    last = value;
    output[used++] = value;
  }
  if (used > 0) yield output.subarray(0, used);
}
