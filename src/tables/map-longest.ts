import { orderNumbers } from '../bytes/order-numbers.js';

/** What `mapLongest` answers for a place that no cover holds. */
export const NOT_COVERED = -1;

/**
 * Where places of old went: to where the longest cover that holds each leads, of equally long ones the first in new. `covers` are triples
 * (new offset, old offset, size), offsets are below 2^32. Covers are taken from the longest on, and each passes over the places that are
 * not mapped yet, found by links that skip mapped ones: O(c log n + n) whatever the covers.
 */
export function mapLongest(covers: Uint32Array, places: ArrayLike<number>): Float64Array {
  const order = orderNumbers(places);
  const sorted = new Float64Array(places.length);
  for (let i = 0; i < order.length; i++) sorted[i] = places[order[i]!]!;
  const mapped = new Float64Array(places.length).fill(NOT_COVERED);
  const next = new Uint32Array(places.length + 1);
  for (let i = 0; i < next.length; i++) next[i] = i;
  const find = (from: number): number => {
    let at = from;
    while (next[at] !== at) {
      next[at] = next[next[at]!]!;
      at = next[at]!;
    }
    return at;
  };
  for (const cover of longestFirst(covers)) {
    const [start, from, length] = [covers[cover]!, covers[cover + 1]!, covers[cover + 2]!];
    for (let i = find(firstAtLeast(sorted, from)); i < sorted.length; i = find(i)) {
      if (sorted[i]! >= from + length) break;
      mapped[order[i]!] = start + sorted[i]! - from;
      next[i] = i + 1;
    }
  }
  return mapped;
}

/** Indices of covers, of the first of their three numbers; of equally long ones the first in new comes first. */
function longestFirst(covers: Uint32Array): Uint32Array {
  const count = covers.length / 3;
  const starts = new Uint32Array(count);
  for (let i = 0; i < count; i++) starts[i] = covers[3 * i]!;
  const byStart = orderNumbers(starts);
  const byLength = orderNumbers(byStart.map((i) => ~covers[3 * i + 2]!));
  return byLength.map((i) => 3 * byStart[i]!);
}

function firstAtLeast(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
