import type { RebuiltKind } from '../image/rebuilt-tables.js';
import type { OffsetRange } from './plan-walk.js';
import { REGION_CLASS, type RegionClass } from './region-class.js';
import type { Region } from './regions.js';
import type { TablePlan } from './table-plan.js';

// Some tables that are made anew still hold addresses of old: only their order and their names are new. They are predicted from there as
// the tables of old are.

const CLASSES: Partial<Record<RebuiltKind, RegionClass>> = { dynamicSymbols: REGION_CLASS.ELF_SYMBOLS };

/** Regions behind old of the tables of one element of new. */
export function listTableRegions({ slots }: TablePlan, elementIndex: number): Region[] {
  return slots.flatMap((slot): Region[] => {
    const regionClass = CLASSES[slot.table.kind];
    if (regionClass === undefined || slot.elementIndex !== elementIndex) return [];
    return [{ oldStart: slot.oldStart, oldEnd: slot.oldStart + slot.size, regionClass, addressDelta: 0 }];
  });
}

export function rangesOf(regions: readonly Region[]): OffsetRange[] {
  return regions.map(({ oldStart, oldEnd }) => ({ start: oldStart, end: oldEnd }));
}
