import { COVER_FIELDS } from '../predict/slice-size.js';
import { RELOCATION_SIZE } from '../tables/relocations.js';

/** Bytes that a wrong place or addend of a relocation costs, with its flag: 75,022 for 37,095 and 11,585 other units on jsc. */
const FIELD_COST = 2;
const WORD = 8;
const COLUMNS = RELOCATION_SIZE / WORD;

/**
 * What relocations cost, in bytes, where they are predicted along covers of old's, triples (offset in `next`, offset in `old`, size): a place or an addend is taken
 * for right when it moved as far as the one before it did, or as the last one did that lay in the same page.
 */
export function costOfRelocations(
  old: Uint8Array,
  next: Uint8Array,
  covers: Uint32Array,
  coverCost: number,
): number {
  const [from, to] = [old, next].map(
    (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ) as [DataView, DataView];
  const moved = new BigInt64Array(COLUMNS);
  const pages = new Map<bigint, bigint>();
  let cost = next.length;
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const [start, oldStart, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    cost += coverCost - length;
    const first = (WORD - (start % WORD)) % WORD;
    for (let at = first; at + WORD <= length; at += WORD) {
      const column = ((start + at) / WORD) % COLUMNS;
      const before = from.getBigInt64(oldStart + at, true);
      const delta = to.getBigInt64(start + at, true) - before;
      // A symbol and type are no address.
      const isRight =
        column === 1 ? delta === 0n : delta === moved[column] || delta === pages.get(before >> 12n);
      if (!isRight) cost += FIELD_COST;
      moved[column] = delta;
      pages.set(before >> 12n, delta);
    }
  }
  return cost;
}
