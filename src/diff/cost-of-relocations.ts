import { COVER_FIELDS } from '../predict/slice-size.js';
import { RELOCATION_SIZE } from '../tables/relocations.js';

/** Bytes that a wrong place or addend of a relocation costs, with its flag: 75,022 for 37,095 and 11,585 other units on jsc. */
const FIELD_COST = 2;
const WORD = 8;
const PAGE = 4096;
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
  const moved = new Float64Array(COLUMNS);
  const pages = new Map<number, number>();
  let cost = next.length;
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const [start, oldStart, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    cost += coverCost - length;
    const first = (WORD - (start % WORD)) % WORD;
    for (let at = first; at + WORD <= length; at += WORD) {
      const column = ((start + at) / WORD) % COLUMNS;
      const before = readWord(from, oldStart + at);
      const delta = readWord(to, start + at) - before;
      const page = Math.floor(before / PAGE);
      // A symbol and type are no address.
      const isRight = column === 1 ? delta === 0 : delta === moved[column] || delta === pages.get(page);
      if (!isRight) cost += FIELD_COST;
      moved[column] = delta;
      pages.set(page, delta);
    }
  }
  return cost;
}

/** A word with sign, rounded where it is no address: from 2^53 on. */
function readWord(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
