import { orderNumbers } from '../bytes/order-numbers.js';
import type { LayoutSection } from '../image/image-layout.js';
import { ImageReader } from '../image/image-reader.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import type { TableContext } from './table-context.js';

// .dynstr, the names of ELF's dynamic symbols: a linker may lay the same names out in another order, which follows from where the symbols,
// coded before, say that their names stand. On node-arm64 that order took 497 of 966 covers, each a name that went elsewhere.
//
// Made is the stretch in which something changed. Old's strings stay where they are; then each symbol whose name moved has the name of the
// symbol of old that it comes from put there. Names that are new are not known here, nor strings of other tables (libraries, versions)
// that moved.
// Time: one pass over the symbols, and one over the moved names in the order that old has them. Memory: old's symbols and strings.

const SYMBOL_SIZE = 24;
/** Names overlap where one is the end of another, but not many: what a hostile patch copies beyond this many times the table is left out. */
const COPIES = 4;

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
  const first = range.offset - strings.fileOffset;
  if (first < 0) return undefined;
  // Old's strings and the table behind them in one array, so that a name is moved without a view of its own: there are tens of thousands.
  const oldSize = oldStrings.size;
  const bytes = new Uint8Array(oldSize + range.size);
  const oldNames = bytes.subarray(0, oldSize);
  const table = bytes.subarray(oldSize);
  reader.copy(oldStrings.fileOffset, oldNames);
  table.set(oldNames.subarray(first, first + table.length));
  const moved = new MovedNames();
  const view = viewOf(symbols);
  const oldView = viewOf(readSection(reader, oldSymbols));
  eachSymbol(
    covers,
    { start: place.fileOffset, size: symbols.length },
    { start: oldSymbols.fileOffset, size: oldSymbols.size },
    (at, oldAt) => {
      const from = oldView.getUint32(oldAt - oldSymbols.fileOffset, true);
      const to = view.getUint32(at, true);
      if (from !== to) moved.add(from, to);
    },
  );
  let left = COPIES * table.length;
  /** The first zero behind the last name that was looked at; names come in old's order. */
  let zero = -1;
  moved.inOldOrder((from, to) => {
    const start = to - first;
    const room = Math.min(table.length - start, oldNames.length - from, left);
    if (room <= 0) return;
    if (zero < from) {
      zero = oldNames.indexOf(0, from);
      if (zero < 0) zero = oldSize;
    }
    // The zero behind a name is copied, and not counted.
    const isWhole = zero < from + room;
    const size = isWhole ? zero - from + 1 : room;
    left -= isWhole ? size - 1 : room;
    const hidden = Math.max(0, -start);
    if (hidden < size) bytes.copyWithin(oldSize + start + hidden, from + hidden, from + size);
  });
  return table;
}

function readSection(reader: ImageReader, { fileOffset, size }: LayoutSection): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  reader.copy(fileOffset, bytes);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Names that moved: offsets into old's and new's strings. */
class MovedNames {
  private readonly from: number[] = [];
  private readonly to: number[] = [];

  add(from: number, to: number): void {
    this.from.push(from);
    this.to.push(to);
  }

  /** In the order of old's strings, names of one place in the order of new's: where names overlap, the later one stays. */
  inOldOrder(tell: (from: number, to: number) => void): void {
    const byTo = orderNumbers(this.to);
    const byFrom = orderNumbers(byTo.map((i) => this.from[i]!));
    for (const i of byFrom) tell(this.from[byTo[i]!]!, this.to[byTo[i]!]!);
  }
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
