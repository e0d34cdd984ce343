import { orderNumbers } from '../bytes/order-numbers.js';
import { type RandomAccess, viewBytes } from '../bytes/random-access.js';
import { faultOf, type ImageRange } from './image.js';
import { ImageCursor, ImageReader } from './image-reader.js';

// WebAssembly modules (WebAssembly Core Specification 1.0, "Binary Format"), as far as data need it: the data section holds segments
//
//   mode uleb 0   41   address sleb   0b   size uleb   bytes
//
// A linker leaves out runs of zeros, so there may be a hundred thousand segments. Only modules whose segments have a
// fixed address each and do not overlap are understood, as linkers write them.

const MAGIC = 0x6d736100;
const HEADER_SIZE = 8;
const DATA_SECTION = 11;
const MAX_SECTIONS = 4096;
const MAX_SEGMENTS = 1 << 20;
const I32_CONST = 0x41;
const END = 0x0b;
/** Memory that data may span: zeros that were left out are a part of it. */
const LARGEST_MEMORY = 1 << 28;
const MEMORY_PER_BYTE = 8;

/** The data of a module. Offsets count from the first byte of the file. */
export interface ModuleData {
  /** The data section's contents. */
  readonly range: ImageRange;
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Of each segment, in the order of addresses: its address, the offset of its first byte, its size, and the offset at which its address is written. */
  readonly addresses: Uint32Array;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
  readonly places: Uint32Array;
  /** Memory from address 0 to the end of the last segment, as it is when the module starts. */
  readonly memory: Uint8Array;
}

/** Whether the first bytes are those of a module. */
export function isModule(source: RandomAccess): boolean {
  const head = new Uint8Array(4);
  return source.read(0, head) === 4 && new DataView(head.buffer).getUint32(0, true) === MAGIC;
}

/** Reads the data of a module; undefined where the file is none, or one that is not understood. */
export function readModuleData(source: RandomAccess): ModuleData | undefined {
  if (source.size >= 2 ** 32 || !isModule(source)) return undefined;
  let data: ModuleData | undefined;
  faultOf(() => {
    const range = findDataSection(new ImageReader(source));
    if (range === undefined) return;
    data = readSegments(range, viewBytes(source, range.offset, range.size), source.size);
  });
  return data;
}

function findDataSection(reader: ImageReader): ImageRange | undefined {
  const cursor = new ImageCursor(reader, { offset: 0, size: reader.size });
  cursor.at = HEADER_SIZE;
  for (let i = 0; i < MAX_SECTIONS && cursor.at < reader.size; i++) {
    const id = cursor.u8();
    const size = cursor.uleb();
    if (id === DATA_SECTION) return reader.range(cursor.at, size, 'the data section');
    cursor.at += size;
  }
  return undefined;
}

/** Numbers of all segments: addresses, offsets, sizes and places of `ModuleData`. */
type Columns = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

function readSegments(range: ImageRange, bytes: Uint8Array, fileSize: number): ModuleData | undefined {
  const listed = listSegments(range, bytes);
  if (listed === undefined) return undefined;
  // Sorted stably: segments of no bytes may share an address.
  const order = orderNumbers(listed[0]);
  const sorted = listed.map((column) => Uint32Array.from(order, (i) => column[i]!));
  const [addresses, offsets, sizes, places] = sorted as unknown as Columns;
  const count = order.length;
  let end = 0;
  for (let i = 0; i < count; i++) {
    if (addresses[i]! < end) return undefined;
    end = addresses[i]! + sizes[i]!;
  }
  if (end > Math.min(LARGEST_MEMORY, MEMORY_PER_BYTE * fileSize)) return undefined;
  const memory = new Uint8Array(end);
  for (let i = 0; i < count; i++) {
    const start = offsets[i]! - range.offset;
    memory.set(bytes.subarray(start, start + sizes[i]!), addresses[i]!);
  }
  return { range, bytes, count, addresses, offsets, sizes, places, memory };
}

/** The segments of a data section in its order; undefined where they are not all of the kind that is understood. */
function listSegments(range: ImageRange, bytes: Uint8Array): Columns | undefined {
  const cursor = new LebCursor(bytes);
  const count = cursor.unsigned();
  if (count < 1 || count > Math.min(MAX_SEGMENTS, bytes.length / 5)) return undefined;
  const columns = [0, 1, 2, 3].map(() => new Uint32Array(count)) as unknown as Columns;
  for (let i = 0; i < count; i++) {
    if (cursor.unsigned() !== 0 || cursor.byte() !== I32_CONST) return undefined;
    const place = cursor.at;
    const address = cursor.signed();
    if (address < 0 || cursor.byte() !== END) return undefined;
    const size = cursor.unsigned();
    if (size < 0 || size > bytes.length - cursor.at) return undefined;
    columns[0][i] = address;
    columns[1][i] = range.offset + cursor.at;
    columns[2][i] = size;
    columns[3][i] = range.offset + place;
    cursor.at += size;
  }
  return columns;
}

/** LEB128 numbers of at most 32 bits; what is none, or lies behind the end, reads as -1. */
class LebCursor {
  at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes[this.at++] ?? -1;
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.byte();
      if (byte < 0) return -1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return -1;
  }

  /** A signed number that is not negative. */
  signed(): number {
    const value = this.unsigned();
    const last = this.bytes[this.at - 1] ?? 0;
    return value >= 2 ** 31 || (last & 0x40) !== 0 ? -1 : value;
  }
}

/** `value` as a signed LEB128 number of exactly `size` bytes at `at`; nothing is written where it needs another size. */
export function writeSignedLeb(bytes: Uint8Array, at: number, size: number, value: number): void {
  let least = 1;
  for (let rest = value; rest >= 64; rest = Math.floor(rest / 128)) least++;
  if (least !== size) return;
  for (let i = 0, rest = value; i < size; i++, rest = Math.floor(rest / 128)) {
    bytes[at + i] = (rest & 127) | (i < size - 1 ? 128 : 0);
  }
}
