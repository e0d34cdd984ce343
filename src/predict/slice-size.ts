/** Longest stretch of new that one kernel call codes. Slices end on multiples of 64 inside a span. */
export const SLICE_SIZE = 64 << 10;

/** End of the slice that begins at `start` of a span that ends at `end`. */
export function sliceEnd(start: number, end: number, sliceSize = SLICE_SIZE): number {
  return Math.min(end, start - (start % 64) + sliceSize);
}

/** Numbers per cover in a cover list: { newOffset, oldOffset, length }. */
export const COVER_FIELDS = 3;
