import type { ImageRange } from '../image/image.js';
import { ImageReader } from '../image/image-reader.js';
import { NOT_COVERED } from './map-longest.js';
import { moveAddresses, pairSections } from './move-addresses.js';
import { moveNames } from './moved-names.js';
import type { TableContext } from './table-context.js';

// Mach-O's symbols (LC_SYMTAB, <mach-o/nlist.h> and <mach-o/stab.h>), from old's, the names of new and the covers:
//
//   +0 name u32 · +4 type u8 · +5 section u8, 0 for none · +6 description u16 · +8 value u64
//
//   1. Each symbol of old is looked for in the names of new (moved-names.ts); one that is not there is left out. Old's order stays.
//   2. Sections are counted anew, and values that are addresses moved (move-addresses.ts).
//   3. The debugger's entry behind a function's, which has its size, gets what lies between where its ends went. The one that ends a function
//      holds its address or its size, as the linker's version has it: the table's form, or its value stays.

export const MACH_O_SYMBOL_SIZE = 16;
const FUNCTION = 0x24;
const END_OF_FUNCTION = 0x4e;
/** The debugger's entry of an object file: its value is a time, its section a processor. */
const OBJECT_FILE = 0x66;

export interface OldSymbols {
  readonly table: DataView<ArrayBuffer>;
  readonly count: number;
  /** Offsets in the strings of new of the names of symbols of old, or `NOT_COVERED`. */
  move(symbols: ArrayLike<number>, hasCopies: boolean): Float64Array;
}

/** Symbols of old; undefined when a table is missing. */
export function readOldSymbols(context: TableContext): OldSymbols | undefined {
  const { source, origin, old, covers, early, range } = context;
  const { symbols: symbolRange, strings } = old.tables;
  const [newStrings, newPlace] = [early('strings'), range.from?.strings];
  if (symbolRange === undefined || strings === undefined) return undefined;
  if (newStrings === undefined || newPlace === undefined) return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const table = new DataView(readRange(reader, symbolRange).buffer);
  const tables = {
    oldStrings: readRange(reader, strings),
    newStrings,
    covers,
    oldStart: strings.offset,
    newStart: newPlace.offset,
  };
  return {
    table,
    count: Math.floor(table.byteLength / MACH_O_SYMBOL_SIZE),
    move: (symbols, hasCopies) => {
      const names = Uint32Array.from(symbols, (symbol) => table.getUint32(symbol * MACH_O_SYMBOL_SIZE, true));
      return moveNames(names, { ...tables, hasCopies });
    },
  };
}

function readRange(reader: ImageReader, { offset, size }: ImageRange): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  reader.copy(offset, bytes);
  return bytes;
}

export function rebuildMachOSymbols(context: TableContext): Uint8Array | undefined {
  const symbols = readOldSymbols(context);
  if (symbols === undefined) return undefined;
  const { count } = symbols;
  const moved = symbols.move(
    Array.from({ length: count }, (_, i) => i),
    true,
  );
  moveSymbols(context, symbols.table, context.range.form);
  const pairs = pairSections(context.old.sections, context.next.sections);
  const table = new Uint8Array(count * MACH_O_SYMBOL_SIZE);
  const bytes = new Uint8Array(symbols.table.buffer);
  const view = new DataView(table.buffer);
  let size = 0;
  for (let i = 0; i < count; i++) {
    if (moved[i] === NOT_COVERED) continue;
    const at = i * MACH_O_SYMBOL_SIZE;
    table.set(bytes.subarray(at, at + MACH_O_SYMBOL_SIZE), size);
    view.setUint32(size, moved[i]!, true);
    const section = pairs[bytes[at + 5]! - 1];
    if (section !== undefined && section >= 0 && section < 255 && bytes[at + 4] !== OBJECT_FILE)
      table[size + 5] = section + 1;
    size += MACH_O_SYMBOL_SIZE;
  }
  return table.subarray(0, size);
}

/** What the debugger's entry that ends a function holds. */
export const END_FORM = { ADDRESS: 0, SIZE: 1, KEPT: 2 } as const;

/** A field of a symbol that follows from where addresses went. */
interface MovedField {
  readonly at: number;
  /** A function's first and last byte where the field is its size, the address itself otherwise. */
  readonly first: number;
  readonly last?: number;
}

/** Gives symbols the values that they have in new. */
export function moveSymbols(
  context: Pick<TableContext, 'covers' | 'old' | 'next'>,
  symbols: DataView,
  endForm: number = END_FORM.KEPT,
): void {
  const fields: MovedField[] = [];
  const step = context.old.arch === 'arm64' ? 4 : 1;
  let start = -1;
  let size = 0;
  for (let at = 0; at + MACH_O_SYMBOL_SIZE <= symbols.byteLength; at += MACH_O_SYMBOL_SIZE) {
    const type = symbols.getUint8(at + 4);
    const section = symbols.getUint8(at + 5);
    const value = symbols.getUint32(at + 12, true) * 2 ** 32 + symbols.getUint32(at + 8, true);
    const sizeAt = type === FUNCTION && section === 0 && start >= 0;
    if (sizeAt) size = value;
    if ((sizeAt || (type === END_OF_FUNCTION && endForm === END_FORM.SIZE)) && size >= step && size < 2 ** 31)
      fields.push({ at, first: start, last: start + size - step });
    else if (type === END_OF_FUNCTION && endForm !== END_FORM.ADDRESS) continue;
    else if (type === END_OF_FUNCTION) fields.push({ at, first: start });
    else if (section !== 0 && type !== OBJECT_FILE) {
      fields.push({ at, first: value });
      start = value;
    }
  }
  const moved = moveAddresses(
    context,
    fields.flatMap(({ first, last }) => (last === undefined ? [first] : [first, last])),
  );
  let i = 0;
  for (const { at, first, last } of fields) {
    let value = moved[i++]!;
    if (last !== undefined) {
      const resized = moved[i++]! + step - value;
      value = resized > 0 && resized < 2 * (last - first) + 256 ? resized : last + step - first;
    }
    symbols.setUint32(at + 8, value % 2 ** 32, true);
    symbols.setUint32(at + 12, Math.floor(value / 2 ** 32), true);
  }
}
