import { orderNumbers } from '../bytes/order-numbers.js';

/** What `mapLongest` answers for a place that no cover holds. */
export const NOT_COVERED = -1;

/**
 * Where places of old went: to where the longest cover that holds each leads, of equally long ones the first in new. `covers` are triples
 * (new offset, old offset, size), offsets are below 2^32. Covers that hold a place are taken from the longest on, and each passes over the places
 * that are not mapped yet, found by links that skip mapped ones: O(c log n + n) whatever the covers. Few of them have to be sorted: of 114,595
 * covers of bun 86 hold one of its 554 symbols.
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
  for (const cover of longestFirst(covers, coversHolding(covers, sorted))) {
    const [start, from, length] = [covers[cover]!, covers[cover + 1]!, covers[cover + 2]!];
    for (let i = find(firstAtLeast(sorted, from)); i < sorted.length; i = find(i)) {
      if (sorted[i]! >= from + length) break;
      mapped[order[i]!] = start + sorted[i]! - from;
      next[i] = i + 1;
    }
  }
  return mapped;
}

/** Indices of the covers that hold one of the places, of the first of their three numbers. */
function coversHolding(covers: Uint32Array, sorted: Float64Array): number[] {
  const holding: number[] = [];
  for (let cover = 0; cover < covers.length; cover += 3) {
    const from = covers[cover + 1]!;
    const at = firstAtLeast(sorted, from);
    if (at < sorted.length && sorted[at]! < from + covers[cover + 2]!) holding.push(cover);
  }
  return holding;
}

/** Sorts covers by their length; of equally long ones the first in new comes first. */
function longestFirst(covers: Uint32Array, chosen: readonly number[]): number[] {
  const byStart = placesInOrder(chosen, (cover) => covers[cover]!);
  return placesInOrder(byStart, (cover) => ~covers[cover + 2]! >>> 0);
}

function placesInOrder(chosen: readonly number[], keyOf: (cover: number) => number): number[] {
  return Array.from(orderNumbers(chosen.map(keyOf)), (i) => chosen[i]!);
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
