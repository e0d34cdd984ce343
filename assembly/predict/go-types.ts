// Descriptors of Go's types (src/image/go-types.ts has their layout): offsets of names, types and functions at places that the host
// found in old, predicted as those of Go's other tables (go-tables.ts). Pointers between them are predicted as elsewhere.
//
// Table of the host: places u32, old offsets, multiples of 4, ascending, plus 1 for offsets of functions. On esbuild, with
// 41,045 places, 24,495 words that were wrong became 221.

import { addOffset, firstBehind, TEXT, TYPES } from './go-tables';
import { spanDelta } from './span';

let fields: usize = 0;
let fieldCount: u32 = 0;
let current: u32 = 0;

/** Installs the places of the host; a count of 0 where old has none. */
export function setGoTypes(table: usize, count: u32): void {
  fields = table;
  fieldCount = count;
}

/** Starts a span at old offset `at`. */
export function startTypes(at: u32): void {
  current = firstBehind(fields, fieldCount, 2, at);
  // The place at `at` itself is not behind it.
  while (current > 0 && fieldAt(current - 1) + 4 > at) current--;
}

function fieldAt(index: u32): u32 {
  return load<u32>(fields + ((<usize>index) << 2)) & ~1;
}

export function predictTypes(newStart: u32, newEnd: u32): void {
  const from = newStart - spanDelta;
  const end = newEnd - spanDelta;
  for (; current < fieldCount; current++) {
    const old = fieldAt(current);
    if (old >= end) return;
    if (old < from) continue;
    const isFunction = (load<u32>(fields + ((<usize>current) << 2)) & 1) != 0;
    addOffset(newStart, old, isFunction ? TEXT : TYPES, 0);
  }
}
