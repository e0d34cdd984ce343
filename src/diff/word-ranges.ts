import { placeLayout } from '../image/image-layout.js';
import { REGION_CLASS, type RegionClass } from '../predict/region-class.js';
import { listRegions } from '../predict/regions.js';
import type { ImagePairing } from './choose-tables.js';

/** Regions of which each unit of four bytes is copied whole. */
const WORDS: ReadonlySet<RegionClass> = new Set([REGION_CLASS.ARM64_CODE]);

/** Ranges { start, end } of new that hold units of four bytes at multiples of four, ascending. */
export function listWordRanges({ next }: ImagePairing): Uint32Array<ArrayBuffer> {
  const ranges = next.flatMap(({ offset, oldIndex, layout }) => {
    if (oldIndex < 0) return [];
    return listRegions(placeLayout(layout, offset), { hasMarks: false })
      .filter(({ oldStart, regionClass }) => WORDS.has(regionClass) && oldStart % 4 === 0)
      .flatMap(({ oldStart, oldEnd }) => [oldStart, oldEnd]);
  });
  return Uint32Array.from(ranges);
}
