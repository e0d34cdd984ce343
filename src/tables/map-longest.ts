/** What `mapLongest` answers for a place that no cover holds. */
export const NOT_COVERED = -1;

/**
 * Where places of old went: to where the longest cover that holds each leads, of equally long ones the first in new. `covers` are triples
 * (new offset, old offset, size), offsets are below 2^32. Covers are taken from the longest on, and each passes over the places that are
 * not mapped yet, found by links that skip mapped ones: O(c log c + n log n) whatever the covers.
 */
export function mapLongest(covers: Uint32Array, places: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: places.length }, (_, i) => i);
  order.sort((a, b) => places[a]! - places[b]! || a - b);
  const sorted = Float64Array.from(order, (i) => places[i]!);
  const mapped = new Float64Array(places.length).fill(NOT_COVERED);
  const next = Uint32Array.from({ length: places.length + 1 }, (_, i) => i);
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

/** Indices of covers, of the first of their three numbers. */
function longestFirst(covers: Uint32Array): Uint32Array {
  const indices = Uint32Array.from({ length: covers.length / 3 }, (_, i) => 3 * i);
  return indices.sort((a, b) => covers[b + 2]! - covers[a + 2]! || covers[a]! - covers[b]! || a - b);
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
