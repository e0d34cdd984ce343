import { orderNumbers } from '../bytes/order-numbers.js';
import type { LayoutSection } from '../image/image-layout.js';
import { ImageReader } from '../image/image-reader.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import { SYMBOL_SIZE } from './dynamic-symbols.js';
import type { TableContext } from './table-context.js';

// .dynstr, the names of ELF's dynamic symbols: a linker may lay the same names out in another order, which follows from where the symbols,
// coded before, say that their names stand. On node-arm64 that order took 497 of 966 covers, each a name that went elsewhere.
//
// Made is the stretch in which something changed. Old's strings stay where they are; then each symbol whose name moved has the name of the
// symbol of old that it comes from put there. Names that are new are not known here, nor strings of other tables (libraries, versions)
// that moved.
// Time: one pass over the symbols, and one over the moved names in the order that old has them. Memory: the table, twelve bytes for each symbol, and
// a piece of old's symbols and of its strings at a time: on node-arm64 both together are 4 MB.

/** Old's symbols are read in pieces of this size. */
const PIECE = 2048 * SYMBOL_SIZE;
/** So many bytes of old's strings are held. */
const WINDOW = 64 << 10;
/** Names overlap where one is the end of another, but not many: what a hostile patch copies beyond this many times the table is left out. */
const COPIES = 4;

export function rebuildSymbolStrings(context: TableContext): Uint8Array | undefined {
  const { source, origin, old, next, early, range } = context;
  const symbols = early('.dynsym');
  const [place, strings] = ['.dynsym', '.dynstr'].map((name) => sectionOf(next, name));
  const [oldSymbols, oldStrings] = ['.dynsym', '.dynstr'].map((name) => sectionOf(old, name));
  if (symbols === undefined || place === undefined || strings === undefined) return undefined;
  if (oldSymbols === undefined || oldStrings === undefined) return undefined;
  const first = range.offset - strings.fileOffset;
  if (first < 0) return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const mover = new NameMover(reader, oldStrings, first, range.size);
  const moved = listMovedNames(reader, context.covers, { symbols, place, oldSymbols });
  moved.inOldOrder((from, to) => mover.move(from, to));
  return mover.table;
}

/** The names that new's symbols have elsewhere than the symbols of old that they come from. */
function listMovedNames(
  reader: ImageReader,
  covers: Uint32Array,
  { symbols, place, oldSymbols }: SymbolTables,
): MovedNames {
  const moved = new MovedNames(Math.floor(symbols.length / SYMBOL_SIZE));
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  const piece = new Uint8Array(PIECE);
  const oldView = new DataView(piece.buffer);
  const table = { start: place.fileOffset, size: symbols.length };
  eachRun(covers, table, { start: oldSymbols.fileOffset, size: oldSymbols.size }, (first, end, way) => {
    for (let start = first; start < end; start += PIECE) {
      const size = Math.min(PIECE, end - start);
      reader.copy(start + way, piece.subarray(0, size));
      for (let at = 0; at < size; at += SYMBOL_SIZE) {
        moved.add(oldView.getUint32(at, true), view.getUint32(start + at, true));
      }
    }
  });
  return moved;
}

interface SymbolTables {
  readonly symbols: Uint8Array;
  readonly place: LayoutSection;
  readonly oldSymbols: LayoutSection;
}

/** Names that moved: offsets into old's and new's strings. */
class MovedNames {
  private readonly from: Uint32Array;
  private readonly to: Uint32Array;
  private count = 0;

  constructor(capacity: number) {
    this.from = new Uint32Array(capacity);
    this.to = new Uint32Array(capacity);
  }

  add(from: number, to: number): void {
    if (from === to) return;
    this.from[this.count] = from;
    this.to[this.count++] = to;
  }

  /** In the order of old's strings, names of one place in the order of new's: where names overlap, the later one stays. */
  inOldOrder(tell: (from: number, to: number) => void): void {
    const byTo = orderNumbers(this.to.subarray(0, this.count));
    const byFrom = orderNumbers(byTo.map((i) => this.from[i]!));
    for (const i of byFrom) tell(this.from[byTo[i]!]!, this.to[byTo[i]!]!);
  }
}

/**
 * The table, at first old's strings where they stand, and behind it in the same array a window of these, so that a name is moved without a view of its own: there
 * are tens of thousands.
 */
class NameMover {
  readonly table: Uint8Array;
  private readonly bytes: Uint8Array;
  private readonly reader: ImageReader;
  private readonly strings: LayoutSection;
  private readonly first: number;
  private readonly size: number;
  /** Old's strings from `start` to `end` are in the window. */
  private start = 0;
  private end = 0;
  private left: number;

  /** The table of `size` bytes begins at `first` of the strings. */
  constructor(reader: ImageReader, strings: LayoutSection, first: number, size: number) {
    this.reader = reader;
    this.strings = strings;
    this.first = first;
    this.size = size;
    this.left = COPIES * size;
    this.bytes = new Uint8Array(size + WINDOW);
    this.table = this.bytes.subarray(0, size);
    this.read(first, this.table.subarray(0, Math.max(0, strings.size - first)));
  }

  /** Puts the name at `from` of old's strings to `to`, and the zero behind it. */
  move(from: number, to: number): void {
    const { bytes, size } = this;
    const way = to - this.first - from;
    const stop = from + Math.min(size - way - from, this.strings.size - from, this.left);
    for (let at = from; at < stop; ) {
      this.hold(at);
      const shift = size - this.start;
      const zero = bytes.indexOf(0, at + shift) - shift;
      const isEnd = zero >= at && zero < Math.min(stop, this.end);
      const end = isEnd ? zero + 1 : Math.min(stop, this.end);
      const shown = Math.max(at, -way);
      if (shown < end) bytes.copyWithin(shown + way, shown + shift, end + shift);
      // The zero is copied, and not counted.
      this.left -= isEnd ? zero - at : end - at;
      at = isEnd ? stop : end;
    }
  }

  /** Brings a place of old's strings into the window, unless it is there. */
  private hold(at: number): void {
    if (at >= this.start && at < this.end) return;
    this.start = at;
    this.end = Math.min(this.strings.size, at + WINDOW);
    this.read(at, this.bytes.subarray(this.size, this.size + this.end - at));
  }

  private read(at: number, into: Uint8Array): void {
    if (into.length > 0) this.reader.copy(this.strings.fileOffset + at, into);
  }
}

interface Table {
  readonly start: number;
  readonly size: number;
}

/** Tells of every run of symbols that a cover copies whole where they stand: from where to where in new's table, and how far from there in the image of old. */
export function eachRun(
  covers: Uint32Array,
  next: Table,
  old: Table,
  tell: (first: number, end: number, way: number) => void,
): void {
  for (let i = 0; i < covers.length; i += 3) {
    const way = covers[i + 1]! - covers[i]! + next.start;
    // A symbol is copied from a symbol, or none of this cover is.
    if ((way - old.start) % SYMBOL_SIZE !== 0) continue;
    const from = Math.max(0, covers[i]! - next.start, old.start - way);
    const to = Math.min(next.size, covers[i]! + covers[i + 2]! - next.start, old.start + old.size - way);
    const first = Math.ceil(from / SYMBOL_SIZE) * SYMBOL_SIZE;
    const end = first + Math.floor((to - first) / SYMBOL_SIZE) * SYMBOL_SIZE;
    if (end > first) tell(first, end, way);
  }
}
