import type { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { CODER } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import { LIMITS, STREAM, type StreamName } from './format.js';

/**
 * The stream table of the header: what each coded stream of the body holds and how it is coded. Layout in docs/FORMAT.md, section
 * "Stream table".
 */

/** One coded stream of the body. */
export interface StreamEntry {
  readonly name: StreamName;
  /** For `values`: bit k is set when wrong units of kind k stand in this stream. Otherwise 0. */
  readonly kinds: number;
  /** Codec id of `src/entropy/codec.ts` and its parameters. */
  readonly coder: number;
  readonly parameters: Uint8Array;
  /** Bytes after and before decoding. */
  readonly rawSize: number;
  readonly codedSize: number;
}

const STREAM_NAMES = Object.keys(STREAM) as StreamName[];

/** Writes the count of streams and their entries. */
export function writeStreamTable(fields: ByteWriter, streams: readonly StreamEntry[]): void {
  fields.varint(streams.length);
  for (const stream of streams) writeStreamEntry(fields, stream);
}

function writeStreamEntry(fields: ByteWriter, stream: StreamEntry): void {
  fields.u8(STREAM[stream.name]);
  if (stream.name === 'values') fields.varint(stream.kinds);
  const { length } = stream.parameters;
  if (stream.coder > 15 || length > 15) {
    throw new RangeError(`coder ${stream.coder} with ${length} bytes of parameters: the limit of both is 15`);
  }
  fields.u8(stream.coder + 16 * length).put(stream.parameters);
  if (hasRawSize(stream.name, stream.coder)) fields.varint(stream.rawSize);
  fields.varint(stream.codedSize);
}

/** Where the bytes of a stream are used as they stand, its raw size is its coded size. */
function hasRawSize(name: StreamName, coder: number): boolean {
  return coder !== CODER.stored && name !== 'flags';
}

/** Bytes of a stream's entry in the stream table. */
export function streamEntrySize(stream: StreamEntry): number {
  const fields = new ByteWriter(16);
  writeStreamEntry(fields, stream);
  return fields.size;
}

/** Reads a stream table. Throws FormatError: TRUNCATED, BAD_HEADER. */
export function readStreamTable(reader: ByteReader): StreamEntry[] {
  const count = reader.varint('stream count');
  if (count > LIMITS.streamCount) {
    throw bad(`${count} streams, the limit is ${LIMITS.streamCount}`, reader.offset);
  }
  const streams: StreamEntry[] = [];
  let kindsSeen = 0;
  const namesSeen = new Set<StreamName>();
  for (let i = 0; i < count; i++) {
    const id = reader.u8('stream id');
    const name = STREAM_NAMES.find((candidate) => STREAM[candidate] === id);
    if (name === undefined) throw bad(`unknown stream ${id}`, reader.offset - 1);
    const kinds = name === 'values' ? reader.varint('kinds of a value stream') : 0;
    if (name === 'values' ? kinds === 0 || kinds >= 2 ** 31 || kinds & kindsSeen : namesSeen.has(name)) {
      throw bad(`stream ${name} is listed twice or for no kind`, reader.offset);
    }
    kindsSeen |= kinds;
    namesSeen.add(name);
    const packed = reader.u8('coder');
    const coder = packed & 15;
    const parameters = reader.take(packed >> 4, 'coder parameters').slice();
    const size = reader.varint(hasRawSize(name, coder) ? 'raw size' : 'coded size');
    const codedSize = hasRawSize(name, coder) ? reader.varint('coded size') : size;
    streams.push({ name, kinds, coder, parameters, rawSize: size, codedSize });
  }
  return streams;
}

function bad(message: string, offset: number) {
  return patchError('BAD_HEADER', 'container', message, { offset });
}
