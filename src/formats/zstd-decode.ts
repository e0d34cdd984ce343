import { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import { BackwardBits } from './backward-bits.js';
import type { ReadOptions } from './foreign-options.js';
import { buildFseTable, FseState, type FseTable, readFseCounts, singleSymbolTable } from './fse-table.js';
import { NewBuffer } from './new-buffer.js';
import { xxh64Low } from './xxh64.js';
import { littleEndian32 } from './xz-header.js';
import {
  LITERAL_CODES,
  LITERAL_COUNTS,
  LITERAL_LOG,
  MATCH_CODES,
  MATCH_COUNTS,
  MATCH_LOG,
  OFFSET_COUNTS,
  OFFSET_LOG,
  ZSTD_BLOCK_SIZE,
} from './zstd-codes.js';
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from './zstd-huffman.js';

/** Reads up to the header of the next frame, over skippable ones; false at the end. Throws FormatError(TRAILING_BYTES) before anything else. */
export function beginFrame(reader: ByteReader): boolean {
  while (reader.remaining > 0) {
    const magic = littleEndian32(reader.take(4, 'the magic of a frame'), 0);
    if (magic >>> 4 === 0x184d2a5) {
      reader.take(littleEndian32(reader.take(4, 'the size of a skippable frame'), 0), 'a skippable frame');
      continue;
    }
    if (magic !== 0xfd2fb528) {
      throw patchError('TRAILING_BYTES', 'formats', 'what follows is no Zstandard frame', {
        offset: reader.offset - 4,
      });
    }
    return true;
  }
  return false;
}

/**
 * Zstandard decoder (RFC 8878) whose matches may reach into a prefix, the old file: what `zstd --patch-from` and dictionary transport
 * (RFC 9842) write. Of the packages on npm, fzstd 0.1.1 and zstddec 0.3.4 have no dictionaries; @bokuweb/zstd-wasm 0.0.27 has them, but its
 * module of 252 kB must be started asynchronously before the first call.
 *
 * Frames follow one another, skippable ones are left out. Every size is checked before it is used, the content size must hold, and the
 * checksum is compared where there is one. Matches that reach across the seam of prefix and output are copied byte for byte. Time is
 * linear in input and output; memory is new and a block.
 */
export function decodeZstd(
  bytes: Uint8Array,
  prefix: Uint8Array,
  options: ReadOptions,
): Uint8Array<ArrayBuffer> {
  const reader = new ByteReader(bytes, 'formats');
  const output = new NewBuffer(options);
  while (beginFrame(reader)) new FrameDecoder(reader, prefix, output).decode();
  return output.take();
}

const bad = (message: string) =>
  patchError('BAD_STREAM', 'formats', `the Zstandard data is malformed: ${message}`);

interface Literals {
  readonly bytes: Uint8Array;
  readonly end: number;
}

class FrameDecoder {
  private readonly reader: ByteReader;
  private readonly prefix: Uint8Array;
  private readonly output: NewBuffer;
  private readonly start: number;
  private huffman: HuffmanTable | undefined;
  private readonly tables: (FseTable | undefined)[] = [undefined, undefined, undefined];
  private readonly repeats = [1, 4, 8];

  constructor(reader: ByteReader, prefix: Uint8Array, output: NewBuffer) {
    this.reader = reader;
    this.prefix = prefix;
    this.output = output;
    this.start = output.made().length;
  }

  decode(): void {
    const { reader } = this;
    const descriptor = reader.u8('the frame header');
    const isSingle = (descriptor & 32) !== 0;
    if ((descriptor & 8) !== 0) throw bad('a reserved bit is set');
    let windowSize = Number.POSITIVE_INFINITY;
    if (!isSingle) {
      const window = reader.u8('the window descriptor');
      windowSize = 2 ** (10 + (window >>> 3)) * (1 + (window & 7) / 8);
    }
    const dictionary = reader.take([0, 1, 2, 4][descriptor & 3]!, 'the dictionary id');
    if (dictionary.some((byte) => byte !== 0)) {
      throw patchError(
        'UNSUPPORTED_FEATURE',
        'formats',
        'the frame wants a trained dictionary, not an old file',
      );
    }
    const contentSize = this.contentSize(descriptor >>> 6, isSingle);
    const blockLimit = Math.min(ZSTD_BLOCK_SIZE, isSingle ? contentSize! : windowSize);
    for (let isLast = false; !isLast; ) {
      const [a, b, c] = reader.take(3, 'a block header') as unknown as [number, number, number];
      isLast = (a & 1) !== 0;
      const size = (a >>> 3) | (b << 5) | (c << 13);
      this.block((a >>> 1) & 3, size, blockLimit);
      const made = this.output.made().length - this.start;
      if (contentSize !== undefined && made > contentSize) throw bad('a frame makes more than it says');
    }
    const made = this.output.made().subarray(this.start);
    if (contentSize !== undefined && made.length !== contentSize)
      throw bad('a frame makes less than it says');
    if ((descriptor & 4) !== 0 && littleEndian32(reader.take(4, 'the checksum'), 0) !== xxh64Low(made)) {
      throw patchError(
        'NEW_DIGEST_MISMATCH',
        'verify-new',
        'the checksum of the result is wrong: old is another file, or the patch is damaged',
      );
    }
  }

  private contentSize(flag: number, isSingle: boolean): number | undefined {
    if (flag === 0 && !isSingle) return undefined;
    const bytes = this.reader.take([1, 2, 4, 8][flag]!, 'the content size');
    if (flag === 0) return bytes[0]!;
    if (flag === 1) return 256 + bytes[0]! + 256 * bytes[1]!;
    const size = littleEndian32(bytes, 0) + (flag === 3 ? littleEndian32(bytes, 4) * 2 ** 32 : 0);
    if (!Number.isSafeInteger(size)) throw bad('the content size is beyond 2^53');
    return size;
  }

  private block(type: number, size: number, limit: number): void {
    const { reader, output } = this;
    if (type === 3 || size > limit) throw bad(`a block has type ${type} and size ${size}`);
    if (type === 0) {
      const bytes = reader.take(size, 'a plain block');
      output.view(output.reserve(size), size).set(bytes);
    } else if (type === 1) {
      const value = reader.u8('the byte of a block');
      output.view(output.reserve(size), size).fill(value);
    } else this.compressed(reader.take(size, 'a block'), limit);
  }

  private compressed(bytes: Uint8Array, limit: number): void {
    const literals = this.literals(bytes, limit);
    let at = literals.end;
    const first = bytes[at++];
    if (first === undefined) throw bad('a block has no sequences section');
    let count = first;
    if (first >= 128) {
      const [second, third] = [bytes[at], bytes[at + 1]];
      count =
        first === 255 ? (second ?? 0) + 256 * (third ?? 0) + 0x7f00 : ((first - 128) << 8) + (second ?? 0);
      at += first === 255 ? 2 : 1;
    }
    if (count === 0) {
      if (at !== bytes.length) throw bad('bytes follow the literals');
      const { output } = this;
      output.view(output.reserve(literals.bytes.length), literals.bytes.length).set(literals.bytes);
      return;
    }
    const modes = bytes[at++] ?? 3;
    if ((modes & 3) !== 0) throw bad('reserved bits of the sequences are set');
    for (let kind = 0; kind < 3; kind++) at = this.table(kind, (modes >>> (6 - 2 * kind)) & 3, bytes, at);
    this.sequences(bytes.subarray(at), count, literals.bytes, limit);
  }

  private literals(bytes: Uint8Array, limit: number): Literals {
    const head = bytes[0] ?? 0;
    const type = head & 3;
    const format = (head >>> 2) & 3;
    const word = (count: number): number => {
      if (count > bytes.length) throw bad('the literals header is cut off');
      let value = 0;
      for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
      return value;
    };
    if (type <= 1) {
      const headSize = format === 1 ? 2 : format === 3 ? 3 : 1;
      const size = Math.floor(word(headSize) / (headSize === 1 ? 8 : 16));
      const end = headSize + (type === 0 ? size : 1);
      if (size > limit || end > bytes.length) throw bad('the literals do not fit');
      const plain = bytes.subarray(headSize, end);
      return { bytes: type === 0 ? plain : new Uint8Array(size).fill(plain[0]!), end };
    }
    const headSize = format < 2 ? 3 : format + 2;
    const width = format < 2 ? 10 : format === 2 ? 14 : 18;
    const sizes = Math.floor(word(headSize) / 16);
    const size = sizes % 2 ** width;
    const codedSize = Math.floor(sizes / 2 ** width);
    const end = headSize + codedSize;
    if (size > limit || end > bytes.length) throw bad('the literals do not fit');
    return {
      bytes: this.huffmanLiterals(bytes.subarray(headSize, end), size, type === 2, format !== 0),
      end,
    };
  }

  private huffmanLiterals(bytes: Uint8Array, size: number, hasTable: boolean, isFour: boolean): Uint8Array {
    let at = 0;
    if (hasTable) {
      const read = readHuffmanTable(bytes);
      if (read === undefined) throw bad('a Huffman table');
      this.huffman = read.table;
      at = read.size;
    }
    const table = this.huffman;
    if (table === undefined) throw bad('literals repeat a table that was never given');
    const literals = new Uint8Array(size);
    if (!isFour) {
      if (!decodeHuffman(table, bytes.subarray(at), literals)) throw bad('a stream of literals');
      return literals;
    }
    const part = Math.floor((size + 3) / 4);
    if (at + 6 > bytes.length || size < 3 * part) throw bad('four streams of literals do not fit');
    let start = at + 6;
    for (let stream = 0; stream < 4; stream++) {
      const codedSize = bytes[at + 2 * stream]! + 256 * bytes[at + 2 * stream + 1]!;
      const end = stream === 3 ? bytes.length : start + codedSize;
      if (end > bytes.length) throw bad('a stream of literals is cut off');
      const into = literals.subarray(stream * part, stream === 3 ? size : (stream + 1) * part);
      if (!decodeHuffman(table, bytes.subarray(start, end), into)) throw bad('a stream of literals');
      start = end;
    }
    return literals;
  }

  /** Kinds: 0 literal lengths, 1 offsets, 2 match lengths. Answers where the table's description ends. */
  private table(kind: number, mode: number, bytes: Uint8Array, at: number): number {
    const { counts, log, mostLog, mostSymbol } = KINDS[kind]!;
    if (mode === 0) this.tables[kind] = buildFseTable(counts, log);
    else if (mode === 1) {
      const symbol = bytes[at];
      if (symbol === undefined || symbol > mostSymbol) throw bad('a code that does not exist');
      this.tables[kind] = singleSymbolTable(symbol);
      return at + 1;
    } else if (mode === 2) {
      const read = readFseCounts(bytes.subarray(at), mostLog, mostSymbol);
      if (read === undefined) throw bad('a table of sequences');
      this.tables[kind] = buildFseTable(read.counts, read.log);
      return at + read.size;
    } else if (this.tables[kind] === undefined) throw bad('sequences repeat a table that was never given');
    return at;
  }

  private sequences(bytes: Uint8Array, count: number, literals: Uint8Array, limit: number): void {
    const stream = new BackwardBits(bytes);
    if (!stream.isValid) throw bad('the stream of sequences has no end mark');
    const [literalState, offsetState, matchState] = this.tables.map(
      (table) => new FseState(table!, stream),
    ) as [FseState, FseState, FseState];
    const { output } = this;
    const blockStart = output.reserve(limit, true);
    const into = output.view(0, blockStart + limit);
    let at = blockStart;
    let literalAt = 0;
    for (let i = 0; i < count; i++) {
      const offsetCode = offsetState.symbol;
      const matchCode = matchState.symbol;
      const literalCode = literalState.symbol;
      const value = 2 ** offsetCode + stream.bits(offsetCode);
      const matchSize = MATCH_CODES.bases[matchCode]! + stream.bits(MATCH_CODES.bits[matchCode]!);
      const literalSize = LITERAL_CODES.bases[literalCode]! + stream.bits(LITERAL_CODES.bits[literalCode]!);
      const offset = this.offsetOf(value, literalSize);
      if (i < count - 1) {
        literalState.advance(stream);
        matchState.advance(stream);
        offsetState.advance(stream);
      }
      if (stream.left < 0) throw bad('the stream of sequences ends too early');
      if (literalSize > literals.length - literalAt || literalSize + matchSize > into.length - at)
        throw bad('a sequence leaves its block');
      into.set(literals.subarray(literalAt, literalAt + literalSize), at);
      literalAt += literalSize;
      at += literalSize;
      this.copy(into, at, offset, matchSize);
      at += matchSize;
    }
    if (stream.left !== 0) throw bad('bits follow the sequences');
    const rest = literals.subarray(literalAt);
    if (rest.length > into.length - at) throw bad('the last literals leave their block');
    into.set(rest, at);
    output.cut(at + rest.length);
  }

  private copy(into: Uint8Array, at: number, offset: number, size: number): void {
    const { prefix, start } = this;
    const from = at - offset;
    // Before this frame's first byte stands the prefix.
    const before = from < start ? start - from : 0;
    if (before > prefix.length || offset === 0) throw bad('a match reaches beyond what is known');
    const inPrefix = Math.min(before, size);
    if (inPrefix > 0) {
      const prefixAt = prefix.length - before;
      into.set(prefix.subarray(prefixAt, prefixAt + inPrefix), at);
    }
    if (offset >= size) into.copyWithin(at + inPrefix, from + inPrefix, from + size);
    else for (let i = inPrefix; i < size; i++) into[at + i] = into[from + i]!;
  }

  /** Values 1 to 3 repeat an offset; without literals before the match the first one would be of no use and they shift. */
  private offsetOf(value: number, literalSize: number): number {
    const { repeats } = this;
    if (value > 3) {
      repeats.unshift(value - 3);
      repeats.pop();
      return value - 3;
    }
    const index = value - 1 + (literalSize === 0 ? 1 : 0);
    const offset = index === 3 ? repeats[0]! - 1 : repeats[index]!;
    if (index > 0) {
      repeats.splice(Math.min(index, 2), 1);
      repeats.unshift(offset);
    }
    return offset;
  }
}

const KINDS = [
  { counts: LITERAL_COUNTS, log: LITERAL_LOG, mostLog: 9, mostSymbol: 35 },
  { counts: OFFSET_COUNTS, log: OFFSET_LOG, mostLog: 8, mostSymbol: 31 },
  { counts: MATCH_COUNTS, log: MATCH_LOG, mostLog: 9, mostSymbol: 52 },
] as const;
