import { partitionPoint } from '../bytes/partition-point.js';
import { COVER_FIELDS } from '../predict/slice-size.js';

/** Index of the first cover that ends behind an offset of new, in fields. Covers are triples (new offset, old offset, size) in the order of new. */
export function coverBehind(covers: Uint32Array, offset: number): number {
  const endsBefore = (i: number) => covers[COVER_FIELDS * i]! + covers[COVER_FIELDS * i + 2]! <= offset;
  return COVER_FIELDS * partitionPoint(covers.length / COVER_FIELDS, endsBefore);
}

/** Offset in old of the byte that a cover copies to an offset of new; undefined where none does. */
export function sourceOf(covers: Uint32Array, offset: number): number | undefined {
  const at = coverBehind(covers, offset);
  return at < covers.length && covers[at]! <= offset ? offset - covers[at]! + covers[at + 1]! : undefined;
}
