/** Longest stretch of new that one kernel call codes. */
export const SLICE_SIZE = 64 << 10;
/** Blocks whose flags are one while all of it is right: slices end on its multiples inside a span, or on those of smaller slices. */
const GROUP_SIZE = 4096;

/** End of the slice that begins at `start` of a span that ends at `end`. */
export function sliceEnd(start: number, end: number, sliceSize = SLICE_SIZE): number {
  return Math.min(end, start - (start % Math.min(GROUP_SIZE, sliceSize)) + sliceSize);
}

/** Numbers per cover in a cover list: { newOffset, oldOffset, length }. */
export const COVER_FIELDS = 3;
