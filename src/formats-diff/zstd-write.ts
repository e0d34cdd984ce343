import { ByteWriter } from '../bytes/byte-writer.js';
import { concatBytes } from '../bytes/concat-bytes.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { DCZ_MAGIC } from '../formats/dictionary-transport.js';
import { xxh64Low } from '../formats/xxh64.js';
import {
  type LengthCodes,
  LITERAL_CODES,
  LITERAL_COUNTS,
  LITERAL_LOG,
  MATCH_CODES,
  MATCH_COUNTS,
  MATCH_LOG,
  OFFSET_COUNTS,
  OFFSET_LOG,
  ZSTD_BLOCK_SIZE,
} from '../formats/zstd-codes.js';
import { cutExactCopies } from './exact-copies.js';
import { ForwardBits } from './forward-bits.js';
import { FseEncoder } from './fse-encoder.js';

/**
 * Writes Zstandard frames whose matches point into old as a raw prefix: what `zstd -d --patch-from=OLD` and browsers (RFC 9842) decode.
 *
 * One frame in a single segment, with the size of new and a checksum. A block of 128 KiB holds its literals as they are and its sequences
 * with the predefined tables. An offset is the distance back through new and old; covers that go on behind a changed byte have the same
 * offset again, which costs nothing. Matches within new are not looked for: what old does not have is sent as it is.
 *
 * A decoder must keep all of old and new in reach, so the window is the size of new: it may not be below the distance to old's start,
 * which is why `writeDcz` refuses more than a browser takes. Time is linear.
 */
export function writeZstd(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
): Uint8Array<ArrayBuffer> {
  if (oldBytes.length + newBytes.length > MOST_DISTANCE) {
    throw patchError(
      'INPUT_SIZE_LIMIT',
      'formats',
      'old and new are too large for the offsets of a Zstandard frame',
      {
        expected: MOST_DISTANCE,
        found: oldBytes.length + newBytes.length,
      },
    );
  }
  const output = new ByteWriter(1 << 16).put(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd));
  // Single segment, checksum, content size in 4 bytes.
  output.u8(0b10100100).put(littleEndian(newBytes.length, 4));
  const encoder = new BlockEncoder(oldBytes, newBytes, covers);
  for (let start = 0; start < newBytes.length || start === 0; start += ZSTD_BLOCK_SIZE) {
    const end = Math.min(newBytes.length, start + ZSTD_BLOCK_SIZE);
    const isLast = end === newBytes.length;
    const plain = newBytes.subarray(start, end);
    const coded = plain.length === 0 ? undefined : encoder.encode(start, end);
    const isCoded = coded !== undefined && coded.length < plain.length;
    const body = isCoded ? coded : plain;
    output.put(littleEndian((isLast ? 1 : 0) | (isCoded ? 4 : 0) | (body.length << 3), 3)).put(body);
  }
  return output.put(littleEndian(xxh64Low(newBytes), 4)).take();
}

/** The predefined offset table ends at code 28. */
const MOST_DISTANCE = 2 ** 29 - 4;
/** A client takes windows up to 8 MB or 1.25 times the dictionary, and none above 128 MB (RFC 9842, section 5). */
const LEAST_WINDOW_LIMIT = 8 << 20;
const MOST_WINDOW = 128 << 20;

/** Whether browsers take a `dcz` of files of these sizes. */
export function fitsDcz(oldSize: number, newSize: number): boolean {
  return newSize <= Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW_LIMIT, Math.floor(oldSize * 1.25)));
}

/** A body of Content-Encoding `dcz`. Throws LimitError for sizes that browsers do not take. */
export function writeDcz(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
): Uint8Array<ArrayBuffer> {
  if (!fitsDcz(oldBytes.length, newBytes.length)) {
    throw patchError(
      'INPUT_SIZE_LIMIT',
      'formats',
      'new is larger than the window that a client of dcz must take',
      {
        found: newBytes.length,
      },
    );
  }
  return concatBytes(DCZ_MAGIC, sha256(oldBytes), writeZstd(oldBytes, newBytes, covers));
}

interface Sequence {
  readonly literals: number;
  readonly match: number;
  readonly offset: number;
}

class BlockEncoder {
  private readonly oldBytes: Uint8Array;
  private readonly newBytes: Uint8Array;
  private readonly covers: Uint32Array;
  private last = 1;

  constructor(oldBytes: Uint8Array, newBytes: Uint8Array, covers: Uint32Array) {
    this.oldBytes = oldBytes;
    this.newBytes = newBytes;
    this.covers = covers;
  }

  encode(start: number, end: number): Uint8Array {
    const { oldBytes, newBytes } = this;
    const literals = new Uint8Array(end - start);
    let literalSize = 0;
    let pending = 0;
    const sequences: Sequence[] = [];
    const sink = {
      literal: (newStart: number, size: number): void => {
        literals.set(newBytes.subarray(newStart, newStart + size), literalSize);
        literalSize += size;
        pending += size;
      },
      copy: (newStart: number, oldStart: number, size: number): void => {
        sequences.push({ literals: pending, match: size, offset: newStart + oldBytes.length - oldStart });
        pending = 0;
      },
    };
    cutExactCopies(oldBytes, newBytes, this.covers, sink, start, end);
    const output = new ByteWriter(literalSize + 4 * sequences.length + 16);
    // Literals as they are, their size in 20 bits.
    output.put(littleEndian(0b1100 | (literalSize << 4), 3)).put(literals.subarray(0, literalSize));
    writeCount(output, sequences.length);
    if (sequences.length > 0) output.u8(0).put(this.encodeSequences(sequences));
    return output.take();
  }

  /** From the last sequence to the first, since a decoder reads backwards. */
  private encodeSequences(sequences: readonly Sequence[]): Uint8Array {
    const coded = sequences.map(({ literals, match, offset }) => {
      const repeats = offset === this.last && literals > 0;
      this.last = offset;
      const value = repeats ? 1 : offset + 3;
      return {
        literals: splitLength(LITERAL_CODES, literals),
        match: splitLength(MATCH_CODES, match),
        offset: splitOffset(value),
      };
    });
    const output = new ForwardBits();
    let states: [number, number, number] | undefined;
    for (const { literals, match, offset } of coded.reverse()) {
      if (states === undefined) {
        states = [LITERALS.first(literals.code), MATCHES.first(match.code), OFFSETS.first(offset.code)];
      } else {
        states[2] = OFFSETS.encode(states[2], offset.code, output);
        states[1] = MATCHES.encode(states[1], match.code, output);
        states[0] = LITERALS.encode(states[0], literals.code, output);
      }
      for (const { value, bits } of [literals, match, offset]) output.bits(value, bits);
    }
    MATCHES.finish(states![1], output);
    OFFSETS.finish(states![2], output);
    LITERALS.finish(states![0], output);
    return output.finish();
  }
}

const LITERALS = new FseEncoder(LITERAL_COUNTS, LITERAL_LOG);
const MATCHES = new FseEncoder(MATCH_COUNTS, MATCH_LOG);
const OFFSETS = new FseEncoder(OFFSET_COUNTS, OFFSET_LOG);

/** A code and the bits behind it. */
interface Coded {
  readonly code: number;
  readonly value: number;
  readonly bits: number;
}

function splitLength({ bases, bits }: LengthCodes, length: number): Coded {
  let code = bases.length - 1;
  while (bases[code]! > length) code--;
  return { code, value: length - bases[code]!, bits: bits[code]! };
}

function splitOffset(value: number): Coded {
  const code = 31 - Math.clz32(value);
  return { code, value: value - 2 ** code, bits: code };
}

function writeCount(output: ByteWriter, count: number): void {
  if (count < 128) output.u8(count);
  else if (count < 0x7f00) output.u8(128 + (count >>> 8)).u8(count & 255);
  else output.u8(255).put(littleEndian(count - 0x7f00, 2));
}

function littleEndian(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 255);
}
