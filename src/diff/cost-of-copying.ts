import type { RebuiltTable } from '../image/rebuilt-tables.js';
import type { NewElement, OldElement } from '../image/side-table.js';
import { coversWithin } from '../predict/set-up-prediction.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { coversFrom } from '../predict/table-maker.js';
import { moveSymbols } from '../tables/mach-o-symbols.js';
import { costOfRelocations } from './cost-of-relocations.js';
import type { PairBytes } from './loaded-images.js';

/** Cost of a cover, in bytes. */
export const COVER_COST = 3;

/** What a table of new costs along covers of old. */
export function costOfPlain(
  { oldBytes, newBytes }: PairBytes,
  old: OldElement | undefined,
  element: NewElement,
  { kind, offset, size }: RebuiltTable,
  covers: Uint32Array,
): number {
  const start = element.offset + offset;
  const end = start + size;
  const within: number[] = [];
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const [newStart, oldStart, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    const from = Math.max(start, newStart);
    const to = Math.min(end, newStart + length);
    if (from < to) within.push(from - start, oldStart + from - newStart, to - from);
  }
  const actual = newBytes.subarray(start, end);
  const costOf = kind === 'relocations' ? costOfRelocations : costAlong;
  const plain = costOf(oldBytes, actual, Uint32Array.from(within), COVER_COST);
  if (kind !== 'symbols' || old === undefined) return plain;
  return Math.min(plain, costOfMoved(oldBytes, actual, old, element, within, covers));
}

/** The same of Mach-O's symbols, whose values are predicted: those of old count as moved. `within` are the covers of the table. */
function costOfMoved(
  oldBytes: Uint8Array,
  actual: Uint8Array,
  { offset, size, image }: OldElement,
  element: NewElement,
  within: readonly number[],
  covers: Uint32Array,
): number {
  const symbols = image?.tables.symbols;
  if (image == null || symbols === undefined) return Number.POSITIVE_INFINITY;
  const first = offset + symbols.offset;
  const moved = oldBytes.slice(first, first + symbols.size);
  const ranges = {
    oldRange: { start: offset, end: offset + size },
    newRange: { start: element.offset, end: element.offset + element.size },
  };
  const own = coversFrom(coversWithin(covers, ranges), element.offset, offset);
  moveSymbols({ old: image, next: element.layout, covers: own }, new DataView(moved.buffer));
  const inTable: number[] = [];
  for (let i = 0; i < within.length; i += COVER_FIELDS) {
    const [newStart, oldStart, length] = [within[i]!, within[i + 1]!, within[i + 2]!];
    if (oldStart >= first && oldStart + length <= first + symbols.size)
      inTable.push(newStart, oldStart - first, length);
  }
  return costAlong(moved, actual, Uint32Array.from(inTable));
}

/** Bytes that copying costs: for each cover, each byte that none reaches and each that is wrong. */
export function costAlong(
  from: Uint8Array,
  to: Uint8Array,
  covers: Uint32Array,
  coverCost = COVER_COST,
): number {
  let cost = to.length;
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const [newStart, oldStart, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    cost += coverCost;
    for (let j = 0; j < length; j++) if (to[newStart + j] === from[oldStart + j]) cost--;
  }
  return cost;
}
