import { orderNumbers } from '../bytes/order-numbers.js';
import { AddressLookup } from '../image/address-lookup.js';
import type { Image } from '../image/image.js';
import type { LayoutSection } from '../image/image-layout.js';
import { ImageReader } from '../image/image-reader.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import { mapLongest, NOT_COVERED } from './map-longest.js';
import { hashName, moveNames } from './moved-names.js';
import type { TableContext } from './table-context.js';

// .dynsym (System V ABI, chapter 4; .gnu.hash as GNU's linker writes it), from old's and from the names of new:
//
//   +0 name u32 · +4 info u8 · +5 other u8 · +6 section u16 · +8 value u64 · +16 size u64
//
//   1. Each symbol of old is looked for in the names of new (moved-names.ts); one that is not there is left out.
//   2. Symbols that .gnu.hash holds stand in the order of their buckets, so those of a new name go where its hash says; within a bucket,
//      and in front of the first bucket, old's order stays.
//   3. A function that covers hold at both ends is as long as it is there.
//   4. Values stay those of old: the table is predicted from then on as old's own symbols are, by the map of addresses.

export const SYMBOL_SIZE = 24;
const TYPE_MASK = 15;
const FUNCTION = 2;
const FIRST_RESERVED_SECTION = 0xff00;

interface Symbols {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function rebuildDynamicSymbols(context: TableContext): Uint8Array | undefined {
  const { source, origin, old, next, covers, early } = context;
  const newStrings = early('.dynstr');
  const newNames = sectionOf(next, '.dynstr');
  const [section, oldNames] = [sectionOf(old, '.dynsym'), sectionOf(old, '.dynstr')];
  if (newStrings === undefined || newNames === undefined || section === undefined || oldNames === undefined)
    return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const symbols = readSymbols(reader, section);
  const names = Uint32Array.from({ length: symbols.count }, (_, i) =>
    symbols.view.getUint32(i * SYMBOL_SIZE, true),
  );
  const moved = moveNames(names, {
    oldStrings: readSection(reader, oldNames),
    newStrings,
    covers,
    oldStart: oldNames.fileOffset,
    newStart: newNames.fileOffset,
  });
  const order = orderSymbols(reader, old, symbols, moved, newStrings);
  resizeFunctions(symbols, old, covers);
  const table = new Uint8Array(order.length * SYMBOL_SIZE);
  const view = new DataView(table.buffer);
  order.forEach((symbol, i) => {
    table.set(symbols.bytes.subarray(symbol * SYMBOL_SIZE, (symbol + 1) * SYMBOL_SIZE), i * SYMBOL_SIZE);
    view.setUint32(i * SYMBOL_SIZE, moved[symbol]!, true);
  });
  return table;
}

function readSection(reader: ImageReader, { fileOffset, size }: LayoutSection): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  reader.copy(fileOffset, bytes);
  return bytes;
}

function readSymbols(reader: ImageReader, section: LayoutSection): Symbols {
  const bytes = readSection(reader, section);
  return {
    count: Math.floor(bytes.length / SYMBOL_SIZE),
    bytes,
    view: new DataView(bytes.buffer),
  };
}

/** Which symbols of old new has, in new's order. */
function orderSymbols(
  reader: ImageReader,
  old: Image,
  { count }: Symbols,
  moved: Float64Array,
  newStrings: Uint8Array,
): number[] {
  const hash = sectionOf(old, '.gnu.hash');
  const buckets = hash === undefined ? 0 : reader.u32(hash.fileOffset);
  const firstHashed =
    hash === undefined || buckets === 0 ? count : Math.min(count, reader.u32(hash.fileOffset + 4));
  const order: number[] = [];
  const hashed: number[] = [];
  for (let i = 0; i < count; i++) {
    if (moved[i] !== NOT_COVERED) (i < firstHashed ? order : hashed).push(i);
  }
  const bucketOf = Uint32Array.from(hashed, (i) => hashName(newStrings, moved[i]!) % buckets);
  for (const place of orderNumbers(bucketOf)) order.push(hashed[place]!);
  return order;
}

/** Gives functions the sizes that they have where their first and last instructions went. */
function resizeFunctions({ count, bytes, view }: Symbols, old: Image, covers: Uint32Array): void {
  const lookup = new AddressLookup(old);
  const step = old.arch === 'arm64' ? 4 : 1;
  const functions: { readonly at: number; readonly size: number }[] = [];
  const ends: number[] = [];
  for (let at = 0; at < count * SYMBOL_SIZE; at += SYMBOL_SIZE) {
    const section = view.getUint16(at + 6, true);
    const [size, high] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
    if ((bytes[at + 4]! & TYPE_MASK) !== FUNCTION || section === 0 || section >= FIRST_RESERVED_SECTION)
      continue;
    if (size < step || high !== 0) continue;
    const start = lookup.offsetOf(Number(view.getBigUint64(at + 8, true)));
    if (start < 0) continue;
    functions.push({ at, size });
    ends.push(start, start + size - step);
  }
  const places = mapLongest(covers, ends);
  functions.forEach(({ at, size }, i) => {
    const [first, last] = [places[2 * i]!, places[2 * i + 1]!];
    if (first === NOT_COVERED || last === NOT_COVERED) return;
    const resized = last + step - first;
    if (resized > 0 && resized < 2 * size + 256) view.setUint32(at + 16, resized, true);
  });
}
