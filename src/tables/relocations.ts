import { AddressLookup } from '../image/address-lookup.js';
import type { ImageLayout, LayoutSection } from '../image/image-layout.js';
import { ImageReader } from '../image/image-reader.js';
import { factsOf, sectionOf } from '../image/rebuilt-tables.js';
import { NOT_COVERED } from './map-longest.js';
import { moveSymbols } from './moved-symbols.js';
import type { TableContext } from './table-context.js';

// .rela.dyn (System V ABI, chapter 4, and what GNU's linker makes of it with -z combreloc): 24 bytes for each word that the loader fills in.
//
//   +0 place u64 · +8 type u32, symbol u32 · +16 addend i64
//
// First the words that hold an address of the image itself ("relative"), by place. Their addend is what the file has in the word already, so
// that they follow from the data. Then those of each symbol together, by place, symbols by the first of their places.
//
//   1. Each aligned word of the sections that were coded before is asked what old had where it comes from. A word as in old is what it was.
//   2. A word that looks like an address is relative, unless the word that it comes from looked so too and was none: then it is a number.
//   3. Another word where old names a symbol names the same symbol, found by its name (moved-symbols.ts).
//   4. Entries of other sections move with their section.
//
// Words that are new and name a symbol are not known here. Time: one pass over the words, the covers and old's table, and two sorts.

export const RELOCATION_SIZE = 24;
const RELATIVE_TYPES: Readonly<Record<ImageLayout['arch'], number>> = { arm64: 1027, 'x86-64': 8, other: 0 };
const WORD = 8;
/** Smallest value that is taken for an address: less is a count or a flag. */
const LEAST_POINTER = 0x1000;
/** Entries of old; more than any image has. */
const ENTRY_LIMIT = 1 << 20;

interface Entry {
  readonly place: number;
  readonly type: number;
  readonly symbol: number;
  /** Halves of the addend. */
  readonly low: number;
  readonly high: number;
}

export function rebuildRelocations(context: TableContext): Uint8Array | undefined {
  const table = readOldTable(context);
  const symbols = moveSymbols(context);
  if (table === undefined || symbols === undefined) return undefined;
  const entries = [...listOfWords(context, table), ...moveOthers(context, table)];
  const type = RELATIVE_TYPES[context.next.arch];
  const relative = entries.filter((entry) => isRelative(entry, type));
  const named = entries.filter((entry) => !isRelative(entry, type));
  relative.sort((a, b) => a.place - b.place);
  return writeEntries([...relative, ...groupBySymbol(named.map((entry) => renameSymbol(entry, symbols)))]);
}

/** Relocations of old. */
interface OldTable {
  readonly entries: readonly Entry[];
  /** Which entry an offset of old has. */
  readonly byOffset: ReadonlyMap<number, Entry>;
}

function readOldTable({ source, origin, old }: TableContext): OldTable | undefined {
  const section = sectionOf(old, '.rela.dyn');
  if (section === undefined || section.size > ENTRY_LIMIT * RELOCATION_SIZE) return undefined;
  const bytes = new Uint8Array(section.size);
  new ImageReader(source, origin, old.size).copy(section.fileOffset, bytes);
  const view = new DataView(bytes.buffer);
  const lookup = new AddressLookup(old);
  const entries: Entry[] = [];
  const byOffset = new Map<number, Entry>();
  for (let at = 0; at + RELOCATION_SIZE <= bytes.length; at += RELOCATION_SIZE) {
    const entry = {
      place: view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32,
      type: view.getUint32(at + 8, true),
      symbol: view.getUint32(at + 12, true),
      low: view.getUint32(at + 16, true),
      high: view.getUint32(at + 20, true),
    };
    entries.push(entry);
    byOffset.set(lookup.offsetOf(entry.place), entry);
  }
  return { entries, byOffset };
}

/** Sections that were coded before, by address. */
function listSources({ next, early }: TableContext): { section: LayoutSection; bytes: Uint8Array }[] {
  const sources = (factsOf('relocations').alsoEarly ?? []).flatMap((name) => {
    const [section, bytes] = [sectionOf(next, name), early(name)];
    return section === undefined || bytes === undefined ? [] : [{ section, bytes }];
  });
  return sources.sort((a, b) => a.section.address - b.section.address);
}

function listOfWords(context: TableContext, { byOffset }: OldTable): Entry[] {
  const { old, next } = context;
  const type = RELATIVE_TYPES[next.arch];
  const isOldPointer = pointerTest(old);
  const isNewPointer = pointerTest(next);
  const entries: Entry[] = [];
  for (const { section, bytes } of listSources(context)) {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = firstWord(section.address);
    const { places, oldWords } = oldAlong(context, section);
    for (let at = first; at + WORD <= bytes.length; at += WORD) {
      const low = words.getUint32(at, true);
      const high = words.getUint32(at + 4, true);
      const isPointer = isNewPointer(low, high);
      const before = byOffset.get(places[(at - first) / WORD]!);
      if (!isPointer && before === undefined) continue;
      const oldLow = oldWords.getUint32(at, true);
      const oldHigh = oldWords.getUint32(at + 4, true);
      const place = section.address + at;
      const isSame = low === oldLow && high === oldHigh;
      if (before !== undefined && !isRelative(before, type) && (isSame || !isPointer)) {
        entries.push({ ...before, place });
      } else if (isPointer ? before !== undefined || !isOldPointer(oldLow, oldHigh) : isSame) {
        entries.push({ place, type, symbol: 0, low, high });
      }
    }
  }
  return entries;
}

function isRelative({ type, symbol }: Entry, relativeType: number): boolean {
  return type === relativeType && symbol === 0;
}

/**
 * What old has where a section comes from: the place of each aligned word, and all bytes; zero where no cover tells. Covers of new lie apart, those of
 * sections that were coded before too, so that no byte is read more than twice.
 */
function oldAlong(
  { source, origin, old, covers }: TableContext,
  { fileOffset, size, address }: LayoutSection,
) {
  const reader = new ImageReader(source, origin, old.size);
  const first = firstWord(address);
  const places = new Float64Array(Math.ceil(size / WORD)).fill(NOT_COVERED);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < covers.length; i += 3) {
    const start = Math.max(0, covers[i]! - fileOffset);
    const end = Math.min(size, covers[i]! + covers[i + 2]! - fileOffset);
    if (start >= end) continue;
    const way = covers[i + 1]! - covers[i]! + fileOffset;
    reader.copy(start + way, bytes.subarray(start, end));
    for (let word = Math.max(0, Math.ceil((start - first) / WORD)); first + word * WORD < end; word++) {
      places[word] = first + word * WORD + way;
    }
  }
  return { places, oldWords: new DataView(bytes.buffer) };
}

/** Where the first aligned word of a section stands in it. */
function firstWord(address: number): number {
  return (WORD - (address % WORD)) % WORD;
}

/** Whether a word looks like an address of an image. Slots of functions that are bound when they are called hold the start of .plt: they do not. */
function pointerTest(layout: ImageLayout): (low: number, high: number) => boolean {
  let [least, end] = [2 ** 52, 0];
  for (const { address, memorySize } of layout.segments) {
    if (memorySize === 0) continue;
    least = Math.min(least, address);
    end = Math.max(end, address + memorySize);
  }
  least = Math.max(least, LEAST_POINTER);
  const linkage = sectionOf(layout, '.plt')?.address;
  return (low, high) => {
    const value = low + high * 2 ** 32;
    return value >= least && value < end && value !== linkage;
  };
}

/** Old's entries of sections that were not coded before, and those of no section, moved with it. */
function moveOthers(context: TableContext, { entries }: OldTable): Entry[] {
  const { old, next } = context;
  const known = new Set(listSources(context).map(({ section }) => section.name));
  const holderOf = holders(old);
  const others = entries.filter(({ place }) => !known.has(holderOf(place)?.name ?? ''));
  const shiftOf = (address: number) => {
    const holder = holderOf(address);
    const moved = next.sections.find(({ name }) => name === holder?.name);
    return holder === undefined || moved === undefined ? 0 : moved.address - holder.address;
  };
  const type = RELATIVE_TYPES[next.arch];
  return others.map((entry) => {
    const place = entry.place + shiftOf(entry.place);
    const addend = entry.low + entry.high * 2 ** 32;
    if (!isRelative(entry, type) || addend >= 2 ** 52) return { ...entry, place };
    const moved = addend + shiftOf(addend);
    return { ...entry, place, low: moved >>> 0, high: Math.floor(moved / 2 ** 32) >>> 0 };
  });
}

/** The section that an address lies in, the one asked for last first. That of zeroed thread storage has the addresses of what follows. */
function holders({ sections }: ImageLayout): (address: number) => LayoutSection | undefined {
  const candidates = [
    ...sections.filter(({ zeroFill }) => !zeroFill),
    ...sections.filter(({ zeroFill }) => zeroFill),
  ];
  const holds = ({ address: start, size }: LayoutSection, address: number) =>
    start > 0 && address >= start && address - start < size;
  let last: LayoutSection | undefined;
  return (address) => {
    if (last === undefined || last.zeroFill || !holds(last, address)) {
      last = candidates.find((section) => holds(section, address));
    }
    return last;
  };
}

function renameSymbol(entry: Entry, symbols: Float64Array): Entry {
  const symbol = symbols[entry.symbol] ?? NOT_COVERED;
  return symbol === NOT_COVERED ? entry : { ...entry, symbol };
}

/** By symbol and place, symbols by the first of their places. */
function groupBySymbol(entries: Entry[]): Entry[] {
  entries.sort((a, b) => a.place - b.place || a.symbol - b.symbol);
  const first = new Map<number, number>();
  for (const { symbol, place } of entries) if (!first.has(symbol)) first.set(symbol, place);
  return entries.sort(
    (a, b) => first.get(a.symbol)! - first.get(b.symbol)! || a.symbol - b.symbol || a.place - b.place,
  );
}

function writeEntries(entries: readonly Entry[]): Uint8Array {
  const table = new Uint8Array(entries.length * RELOCATION_SIZE);
  const view = new DataView(table.buffer);
  entries.forEach(({ place, type, symbol, low, high }, i) => {
    const at = i * RELOCATION_SIZE;
    view.setUint32(at, place >>> 0, true);
    view.setUint32(at + 4, Math.floor(place / 2 ** 32), true);
    view.setUint32(at + 8, type, true);
    view.setUint32(at + 12, symbol, true);
    view.setUint32(at + 16, low, true);
    view.setUint32(at + 20, high, true);
  });
  return table;
}
