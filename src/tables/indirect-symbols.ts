import { ImageReader } from '../image/image-reader.js';
import { MACH_O_SYMBOL_SIZE, readOldSymbols } from './mach-o-symbols.js';
import type { TableContext } from './table-context.js';

// LC_DYSYMTAB's indirect symbols (<mach-o/loader.h>): for each stub and each pointer that the loader fills, the number of its symbol,
// or that it has none. Old's entries in their order, each with the number that the symbol of its name has in new; those whose name is
// gone are left out.

/** INDIRECT_SYMBOL_LOCAL and INDIRECT_SYMBOL_ABS: not numbers. */
const NO_NUMBER = 0x40000000;
const EXTERNAL = 1;
const DEBUGGERS = 0xe0;

export function rebuildIndirectSymbols(context: TableContext): Uint8Array | undefined {
  const { source, origin, old, early } = context;
  const table = old.tables.indirectSymbols;
  const symbols = early('symbols');
  const oldSymbols = readOldSymbols(context);
  if (table === undefined || symbols === undefined || oldSymbols === undefined) return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const entries = Uint32Array.from({ length: Math.floor(table.size / 4) }, (_, i) =>
    reader.u32(table.offset + 4 * i),
  );
  const named = [...new Set(entries)].filter((entry) => entry < oldSymbols.count);
  const numbers = numberNames(symbols);
  const moved = oldSymbols.move(named, false);
  const places = new Map(named.map((symbol, i) => [symbol, numbers.get(moved[i]!)]));
  const out = new Uint8Array(table.size);
  const view = new DataView(out.buffer);
  let size = 0;
  for (const entry of entries) {
    const number = entry >= NO_NUMBER ? entry : places.get(entry);
    if (number === undefined) continue;
    view.setUint32(size, number, true);
    size += 4;
  }
  return out.subarray(0, size);
}

/** The number of each name's symbol: an external one, else the first that is not the debugger's. */
function numberNames(symbols: Uint8Array): Map<number, number> {
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  const numbers = new Map<number, number>();
  const externals = new Set<number>();
  for (let i = 0; (i + 1) * MACH_O_SYMBOL_SIZE <= symbols.length; i++) {
    const name = view.getUint32(i * MACH_O_SYMBOL_SIZE, true);
    const type = view.getUint8(i * MACH_O_SYMBOL_SIZE + 4);
    if ((type & DEBUGGERS) !== 0 || externals.has(name)) continue;
    if ((type & EXTERNAL) !== 0) externals.add(name);
    else if (numbers.has(name)) continue;
    numbers.set(name, i);
  }
  return numbers;
}
