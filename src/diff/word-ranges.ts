import { placeLayout } from '../image/image-layout.js';
import { REGION_CLASS, type RegionClass } from '../predict/region-class.js';
import { listRegions } from '../predict/regions.js';
import type { ImagePairing } from './choose-tables.js';

/** Regions of which each unit of four bytes is copied whole. */
const CODE: ReadonlySet<RegionClass> = new Set([REGION_CLASS.ARM64_CODE]);

/**
 * Regions where a lookup at each unit of four bytes finds what one at each byte does. Trees of Go's inlined functions are not among them: esbuild 71,414 → 74,403
 * bytes.
 */
const IN_WORDS: ReadonlySet<RegionClass> = new Set([
  ...CODE,
  REGION_CLASS.RELA_ENTRIES,
  REGION_CLASS.EH_FRAME,
  REGION_CLASS.EH_FRAME_HEADER,
  REGION_CLASS.ELF_SYMBOLS,
  REGION_CLASS.GO_OFFSETS,
  REGION_CLASS.GO_RECORDS,
]);

/** Ranges { start, end } of new that hold code of four-byte words, ascending. */
export function listWordRanges(pairing: ImagePairing): Uint32Array<ArrayBuffer> {
  return listRanges(pairing, CODE);
}

/** Ranges { start, end } of new that are looked up by words, ascending. */
export function listLookupRanges(pairing: ImagePairing): Uint32Array<ArrayBuffer> {
  return listRanges(pairing, IN_WORDS);
}

function listRanges({ next }: ImagePairing, classes: ReadonlySet<RegionClass>): Uint32Array<ArrayBuffer> {
  const ranges = next.flatMap(({ offset, oldIndex, layout }) => {
    if (oldIndex < 0) return [];
    return listRegions(placeLayout(layout, offset), { hasMarks: false })
      .filter(({ oldStart, regionClass }) => classes.has(regionClass) && oldStart % 4 === 0)
      .flatMap(({ oldStart, oldEnd }) => [oldStart, oldEnd]);
  });
  return Uint32Array.from(ranges);
}
