import { sectionOf } from '../image/rebuilt-tables.js';
import type { NewElement, OldElement } from '../image/side-table.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { eachSymbol } from '../tables/symbol-strings.js';

/** Bytes that a wrong name of a symbol costs, with its flag: 1,000 for 587 on node-arm64. */
const NAME_COST = 2;

interface Bytes {
  readonly oldBytes: Uint8Array;
  readonly newBytes: Uint8Array;
}

/**
 * What names of ELF's symbols cost, in bytes: where they are predicted along covers of their strings (assembly/predict/symbol-names.ts),
 * and where their strings are made from them instead, so that each one that moved is told.
 */
export interface NameCosts {
  readonly predicted: number;
  readonly told: number;
}

/** Weighs the names of an image's dynamic symbols. */
export function costOfNames(
  { oldBytes, newBytes }: Bytes,
  old: OldElement | undefined,
  next: NewElement,
  covers: Uint32Array,
): NameCosts {
  const cost = { predicted: 0, told: 0 };
  if (old?.image == null) return cost;
  const [oldSymbols, oldStrings] = ['.dynsym', '.dynstr'].map((name) => sectionOf(old.image!, name));
  const [newSymbols, newStrings] = ['.dynsym', '.dynstr'].map((name) => sectionOf(next.layout, name));
  if (!oldSymbols || !oldStrings || !newSymbols || !newStrings) return cost;
  const oldView = new DataView(oldBytes.buffer, oldBytes.byteOffset, oldBytes.byteLength);
  const newView = new DataView(newBytes.buffer, newBytes.byteOffset, newBytes.byteLength);
  const newStart = next.offset + newSymbols.fileOffset;
  const oldStart = old.offset + oldSymbols.fileOffset;
  const newTable = { start: newStart, size: newSymbols.size };
  eachSymbol(covers, newTable, { start: oldStart, size: oldSymbols.size }, (at, place) => {
    const from = oldView.getUint32(place, true);
    const to = newView.getUint32(newStart + at, true);
    if (from === to) return;
    cost.told += NAME_COST;
    const oldName = old.offset + oldStrings.fileOffset + from;
    const newName = next.offset + newStrings.fileOffset + to;
    if (sourceOf(covers, newName) !== oldName) cost.predicted += NAME_COST;
  });
  return cost;
}

/** Old offset of the byte that a cover copies to a place in new, or -1. */
function sourceOf(covers: Uint32Array, place: number): number {
  let low = 0;
  let high = covers.length / COVER_FIELDS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (covers[middle * COVER_FIELDS]! <= place) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return -1;
  const [newOffset, oldOffset, length] = covers.subarray((low - 1) * COVER_FIELDS, low * COVER_FIELDS);
  const behind = place - newOffset!;
  return behind < length! ? oldOffset! + behind : -1;
}
