/** Places found for one of old, on average; what a hostile patch has beyond that is left out. */
const PLACES_FOR_EACH = 4;

/** Where one place of old went: `index` in the list given. */
export interface MovedPlace {
  readonly index: number;
  readonly place: number;
}

/**
 * Where places of old went, by every cover that holds one of the `span` bytes from a place on: what new has twice is found twice. In the
 * order of the list, places of one index ascending, each once. Offsets are below 2^32; `covers` are triples (new offset, old offset,
 * size). From covers to places, so that covers that overlap in old cost no search: O(c log n + m log m) for m places found.
 */
export function movePlaces(covers: Uint32Array, places: readonly number[], span: number): MovedPlace[] {
  const order = orderOf(places);
  const sorted = new Float64Array(places.length);
  order.forEach((index, i) => {
    sorted[i] = places[index]!;
  });
  const limit = PLACES_FOR_EACH * places.length + 16;
  const keys = new Float64Array(limit);
  let count = 0;
  for (let i = 0; i < covers.length; i += 3) {
    const newStart = covers[i]!;
    const oldStart = covers[i + 1]!;
    const length = covers[i + 2]!;
    for (let at = firstAbove(sorted, oldStart - span); at < sorted.length && count < limit; at++) {
      if (sorted[at]! >= oldStart + length) break;
      const place = newStart + sorted[at]! - oldStart;
      if (place >= 0) keys[count++] = order[at]! * 2 ** 32 + place;
    }
  }
  const found = keys.subarray(0, count).sort();
  const moved: MovedPlace[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0 && found[i] === found[i - 1]) continue;
    moved.push({ index: Math.floor(found[i]! / 2 ** 32), place: found[i]! % 2 ** 32 });
  }
  return moved;
}

/** Indexes of places from the lowest to the highest; most tables list theirs so. */
function orderOf(places: readonly number[]): Uint32Array | number[] {
  if (places.every((place, i) => i === 0 || places[i - 1]! <= place)) return Uint32Array.from(places.keys());
  return Array.from(places.keys()).sort((a, b) => places[a]! - places[b]! || a - b);
}

/** Index of the first number above a limit. */
function firstAbove(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
