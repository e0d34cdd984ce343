import { findForm } from '../../src/diff/find-form.js';
import { pairImages } from '../../src/diff/pair-images.js';
import type { RebuiltTable } from '../../src/image/rebuilt-tables.js';
import type { NewElement, OldElement } from '../../src/image/side-table.js';

/** The images of a pair, those of new with every table that a rule can make; exports of one sort, not of both. */
export function pairTables(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
): { readonly old: readonly OldElement[]; readonly next: readonly NewElement[] } {
  const { old, next, candidates, newElements } = pairImages(oldBytes, newBytes, 'auto')!;
  const tablesOf = (i: number): RebuiltTable[] => {
    const tables = candidates[i]!.flatMap((table) => findForm(table, newBytes, newElements[i]!) ?? []);
    const hasTrie = tables.some(({ kind }) => kind === 'exportTrie');
    return tables.filter(({ kind }) => !hasTrie || kind !== 'movedExports');
  };
  return { old, next: next.map((element, i) => ({ ...element, tables: tablesOf(i) })) };
}
