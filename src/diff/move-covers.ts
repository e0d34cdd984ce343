import { COVER_FIELDS } from '../predict/slice-size.js';
import type { TablePlan } from '../predict/table-plan.js';

/** A stretch of new that does not stay where it is in the longer new. */
interface MovedRange {
  readonly start: number;
  readonly end: number;
  /** Where it is coded; undefined: no cover of old may reach it, since it is copied from a table that is made. */
  readonly to: number | undefined;
}

/** Covers of old and new as covers of the longer images: cut at early sections and moved with them, without those of tables. */
export function moveCovers(covers: Uint32Array, plan: TablePlan): Uint32Array {
  if (plan.slots.length === 0) return covers;
  const ranges = listMovedRanges(plan);
  // Covers and ranges meet at most as often as there are of both, and each time there are two pieces more.
  const moved = new Uint32Array(3 * covers.length + 2 * COVER_FIELDS * ranges.length);
  let size = 0;
  const put = (start: number, old: number, length: number, shift: number) => {
    if (length <= 0) return;
    moved[size++] = start + shift;
    moved[size++] = old;
    moved[size++] = length;
  };
  let first = 0;
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const start = covers[i]!;
    const old = covers[i + 1]!;
    const length = covers[i + 2]!;
    let at = start;
    while (first < ranges.length && ranges[first]!.end <= start) first++;
    for (let next = first; next < ranges.length; next++) {
      const range = ranges[next]!;
      if (range.start >= start + length) break;
      const from = Math.max(at, range.start);
      const to = Math.min(start + length, range.end);
      put(at, old + at - start, from - at, plan.origin);
      if (range.to !== undefined) put(from, old + from - start, to - from, range.to - range.start);
      at = to;
    }
    put(at, old + at - start, start + length - at, plan.origin);
  }
  return sortCovers(moved.slice(0, size));
}

function listMovedRanges({ origin, early, slots }: TablePlan): MovedRange[] {
  const ranges: MovedRange[] = [];
  for (const { start, size, place } of early) {
    const shift = place - origin - start;
    const put = (from: number, end: number, to: number | undefined) => {
      if (from < end) ranges.push({ start: from + shift, end: end + shift, to });
    };
    let at = start;
    // Slots stand in the order of their places.
    for (const { newStart, size: slotSize } of slots) {
      if (newStart < start || newStart >= start + size) continue;
      put(at, newStart, at);
      put(newStart, newStart + slotSize, undefined);
      at = newStart + slotSize;
    }
    put(at, start + size, at);
  }
  for (const { newStart, size } of slots) {
    if (newStart >= origin)
      ranges.push({ start: newStart - origin, end: newStart - origin + size, to: undefined });
  }
  return ranges.sort((a, b) => a.start - b.start);
}

/** Covers in the order of new. */
export function sortCovers(covers: Uint32Array): Uint32Array {
  const order = new Uint32Array(covers.length / COVER_FIELDS).map((_, i) => COVER_FIELDS * i);
  if (order.every((at) => at === 0 || covers[at - COVER_FIELDS]! <= covers[at]!)) return covers;
  order.sort((a, b) => covers[a]! - covers[b]! || a - b);
  const sorted = new Uint32Array(covers.length);
  order.forEach((at, i) => {
    sorted.set(covers.subarray(at, at + COVER_FIELDS), COVER_FIELDS * i);
  });
  return sorted;
}
