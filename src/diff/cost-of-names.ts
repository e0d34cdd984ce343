import { sectionOf } from '../image/rebuilt-tables.js';
import type { NewElement, OldElement } from '../image/side-table.js';
import { SYMBOL_SIZE } from '../tables/dynamic-symbols.js';
import { eachRun } from '../tables/symbol-strings.js';
import { sourceOf } from './cover-lookup.js';
import type { PairBytes } from './loaded-images.js';

/** Bytes that a wrong name of a symbol costs, with its flag: 1,000 for 587 on node-arm64. */
const NAME_COST = 2;

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
  { oldBytes, newBytes }: PairBytes,
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
  eachRun(covers, newTable, { start: oldStart, size: oldSymbols.size }, (first, end, way) => {
    for (let at = first; at < end; at += SYMBOL_SIZE) {
      const from = oldView.getUint32(at + way, true);
      const to = newView.getUint32(newStart + at, true);
      if (from === to) continue;
      cost.told += NAME_COST;
      const oldName = old.offset + oldStrings.fileOffset + from;
      const newName = next.offset + newStrings.fileOffset + to;
      if (sourceOf(covers, newName) !== oldName) cost.predicted += NAME_COST;
    }
  });
  return cost;
}
