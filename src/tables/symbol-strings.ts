import { ImageReader } from '../image/image-reader.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import type { TableContext } from './table-context.js';

// .dynstr, the names of ELF's dynamic symbols: a linker may lay the same names out in another order, which follows from where the symbols,
// coded before, say that their names stand. On node-arm64 that order took 497 of 966 covers, each a name that went elsewhere.
//
// Made is the stretch in which something changed. Old's strings stay where they are; then each symbol whose name moved has the name of the
// symbol of old that it comes from put there. Names that are new are not known here, nor strings of other tables (libraries, versions)
// that moved.
// Time: one pass over the symbols, and one over the moved names in the order that old has them, so that old is read once.

const SYMBOL_SIZE = 24;
/** Names overlap where one is the end of another, but not many: what a hostile patch copies beyond this many times the table is left out. */
const COPIES = 4;

/** A name that moved: offsets into old's and new's strings. */
interface MovedName {
  readonly from: number;
  readonly to: number;
}

export function rebuildSymbolStrings({
  source,
  origin,
  old,
  next,
  covers,
  early,
  range,
}: TableContext): Uint8Array | undefined {
  const symbols = early('.dynsym');
  const [place, strings] = ['.dynsym', '.dynstr'].map((name) => sectionOf(next, name));
  const [oldSymbols, oldStrings] = ['.dynsym', '.dynstr'].map((name) => sectionOf(old, name));
  if (symbols === undefined || place === undefined || strings === undefined) return undefined;
  if (oldSymbols === undefined || oldStrings === undefined) return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const table = new Uint8Array(range.size);
  const first = range.offset - strings.fileOffset;
  if (first < 0) return undefined;
  reader.copy(oldStrings.fileOffset + first, table.subarray(0, Math.max(0, oldStrings.size - first)));
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  const moved: MovedName[] = [];
  eachSymbol(
    covers,
    { start: place.fileOffset, size: symbols.length },
    { start: oldSymbols.fileOffset, size: oldSymbols.size },
    (at, oldAt) => {
      const from = reader.u32(oldAt);
      const to = view.getUint32(at, true);
      if (from !== to) moved.push({ from, to });
    },
  );
  // In the order of old's strings.
  moved.sort((a, b) => a.from - b.from || a.to - b.to);
  let left = COPIES * table.length;
  for (const { from, to } of moved) {
    const start = to - first;
    const end = Math.min(table.length, start + oldStrings.size - from);
    for (let at = start; at < end && left > 0; at++, left--) {
      const byte = reader.u8(oldStrings.fileOffset + from + at - start);
      if (at >= 0) table[at] = byte;
      if (byte === 0) break;
    }
  }
  return table;
}

interface Table {
  readonly start: number;
  readonly size: number;
}

/** Tells of every symbol that a cover copies whole where it stands: offset in new's table, offset in the image of old. */
export function eachSymbol(
  covers: Uint32Array,
  next: Table,
  old: Table,
  tell: (at: number, oldAt: number) => void,
): void {
  for (let i = 0; i < covers.length; i += 3) {
    const way = covers[i + 1]! - covers[i]! + next.start;
    // A symbol is copied from a symbol, or none of this cover is.
    if ((way - old.start) % SYMBOL_SIZE !== 0) continue;
    const from = Math.max(0, covers[i]! - next.start, old.start - way);
    const end = Math.min(next.size, covers[i]! + covers[i + 2]! - next.start, old.start + old.size - way);
    const first = Math.ceil(from / SYMBOL_SIZE) * SYMBOL_SIZE;
    for (let at = first; at + SYMBOL_SIZE <= end; at += SYMBOL_SIZE) tell(at, at + way);
  }
}
