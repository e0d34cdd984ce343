import type { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { refuseSideTable } from '../image/refuse-side-table.js';

// What a decoder is told of where a module's data and functions went: two lists of pieces,
//
//   count varint, then for each piece
//     start varint   from the start of the piece before (0 for the first)
//     delta varint   what it moved by, less that of the piece before: n >= 0 as 2n, n < 0 as -2n - 1
//
// A piece reaches to the next one's start; what lies before the first stays.

/** Pieces of old: starts ascending, and how far each moved. */
export interface MovedPieces {
  readonly starts: readonly number[];
  readonly deltas: readonly number[];
}

/** Where addresses of memory and numbers of functions went. */
export interface ModuleMap {
  readonly data: MovedPieces;
  readonly entries: MovedPieces;
}

const LIMIT = 2 ** 32;

/** New place of an old one, modulo 2^32. */
export function moveBy({ starts, deltas }: MovedPieces, place: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= place) low = middle + 1;
    else high = middle;
  }
  return (place + (deltas[low - 1] ?? 0)) >>> 0;
}

export function writeModuleMap({ data, entries }: ModuleMap): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writePieces(writer, data);
  writePieces(writer, entries);
  return writer.take();
}

function writePieces(writer: ByteWriter, { starts, deltas }: MovedPieces): void {
  writer.varint(starts.length);
  starts.forEach((start, i) => {
    const delta = deltas[i]! - (deltas[i - 1] ?? 0);
    writer.varint(start - (starts[i - 1] ?? 0)).varint(delta < 0 ? -2 * delta - 1 : 2 * delta);
  });
}

/** Reads to the end of `reader`. */
export function readModuleMap(reader: ByteReader): ModuleMap {
  const data = readPieces(reader);
  const entries = readPieces(reader);
  reader.done('the map of a module');
  return { data, entries };
}

function readPieces(reader: ByteReader): MovedPieces {
  const count = reader.varint('a count of pieces');
  if (count > reader.remaining / 2) refuseSideTable(reader.offset, `${count} pieces`);
  const starts: number[] = [];
  const deltas: number[] = [];
  let start = 0;
  let delta = 0;
  for (let i = 0; i < count; i++) {
    const step = reader.varint('the start of a piece');
    const coded = reader.varint('the delta of a piece');
    start += step;
    delta += coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    if ((i > 0 && step === 0) || start >= LIMIT || Math.abs(delta) >= LIMIT) {
      refuseSideTable(reader.offset, `a piece at ${start} moved by ${delta}`);
    }
    starts.push(start);
    deltas.push(delta);
  }
  return { starts, deltas };
}
