import type { Prediction } from './prediction.js';
import { COVER_FIELDS } from './slice-size.js';
import { tableMemory } from './table-plan.js';

const WORD = 4;

/**
 * Bytes that applying keeps beside linear memory and that grow with the images and the patch: early sections and tables, starts of functions, the list of
 * covers, and once more as tables that are made see it.
 */
export function hostMemory(
  { functionStarts, tables }: Pick<Prediction, 'functionStarts' | 'tables'>,
  coverCount: number,
): number {
  const lists = tables.slots.length === 0 ? 1 : 2;
  return tableMemory(tables) + WORD * (functionStarts.length + lists * COVER_FIELDS * coverCount);
}
