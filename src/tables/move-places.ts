import { orderNumbers } from '../bytes/order-numbers.js';

/** Places found for one of old, on average; what a hostile patch has beyond that is left out. */
const PLACES_FOR_EACH = 4;

/**
 * Where places of old went, by every cover that holds one of the `span` bytes from a place on: what new has twice is found twice. In the
 * order of the list, those of one place ascending, each once. Offsets are below 2^32; `covers` are triples (new offset, old offset,
 * size). From covers to places, so that covers that overlap in old cost no search: O(c log n + m log m) for m places found.
 */
export function movePlaces(covers: Uint32Array, places: ArrayLike<number>, span: number): Float64Array {
  const order = orderNumbers(places);
  const sorted = new Uint32Array(places.length);
  // A place that a broken table puts further is in no cover.
  for (let i = 0; i < order.length; i++) sorted[i] = Math.min(places[order[i]!]!, 0xffffffff);
  const index = indexPlaces(sorted);
  const limit = PLACES_FOR_EACH * places.length + 16;
  let keys = new Float64Array(places.length + 16);
  let count = 0;
  for (let i = 0; i < covers.length; i += 3) {
    const newStart = covers[i]!;
    const oldStart = covers[i + 1]!;
    const length = covers[i + 2]!;
    for (let at = firstAbove(sorted, index, oldStart - span); at < sorted.length && count < limit; at++) {
      if (sorted[at]! >= oldStart + length) break;
      const place = newStart + sorted[at]! - oldStart;
      if (place < 0) continue;
      if (count === keys.length) keys = grow(keys, limit);
      keys[count++] = order[at]! * 2 ** 32 + place;
    }
  }
  const found = keys.subarray(0, count).sort();
  // Each once: what is kept moves to the front.
  let kept = 0;
  let before = -1;
  for (let i = 0; i < count; i++) {
    const key = found[i]!;
    if (key !== before) found[kept++] = key - Math.floor(key / 2 ** 32) * 2 ** 32;
    before = key;
  }
  return found.subarray(0, kept);
}

function grow(keys: Float64Array<ArrayBuffer>, limit: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(Math.min(limit, 2 * keys.length));
  grown.set(keys);
  return grown;
}

/** Where each page of old begins in a sorted list. */
interface PlaceIndex {
  readonly shift: number;
  readonly starts: Uint32Array;
}

/** About as many pages as there are places, so that a search ends within a few. */
function indexPlaces(sorted: Uint32Array): PlaceIndex {
  const last = sorted.at(-1) ?? 0;
  let shift = 0;
  while (last >>> shift > sorted.length) shift++;
  const starts = new Uint32Array((last >>> shift) + 2);
  let page = 0;
  for (let i = 0; i < sorted.length; i++) {
    const reached = sorted[i]! >>> shift;
    while (page <= reached) starts[page++] = i;
  }
  starts.fill(sorted.length, page);
  return { shift, starts };
}

/** Index of the first number above a limit. */
function firstAbove(sorted: Uint32Array, { shift, starts }: PlaceIndex, limit: number): number {
  if (limit < 0) return 0;
  const page = Math.min(limit >>> shift, starts.length - 2);
  let low = starts[page]!;
  let high = starts[page + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
