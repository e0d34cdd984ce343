// Names of ELF symbols: offsets into a table of strings, which a linker lays out anew when symbols come in another order. Covers
// tell where each string went, so a name is a reference like any other:
//
//   predicted = map(old start + offset) - new start
//
// xml2 8,266 -> 7,552 bytes. A name whose string no cover holds stays as it is: strings that are laid out as the symbols say
// (src/tables/symbol-strings.ts) have none.
//
// Names teach nothing: their targets are bytes of text, which nothing else refers to.

import { oldBase } from './bases';
import { EXACT, TABLE } from './kinds';
import { mapAddress, mappedHow } from './map-address';
import { NO_FIELD } from './moved-fields';
import { addReference, SILENT } from './reference-list';
import { regionStart, spanDelta, spanEnd } from './span';

/** Bytes of a symbol; its name is the first word. */
const SYMBOL_SIZE: u32 = 24;

let symbols: u32 = 0;
let oldStrings: u32 = 0;
let stringSize: u32 = 0;
let newStrings: u32 = 0;

/**
 * The table of symbols at old offset `symbolStart` has its strings at [oldStart, oldStart + size), in new from `newStart` on: distances
 * from the base. A size of 0: nothing is known.
 */
export function setSymbolStrings(symbolStart: u32, oldStart: u32, size: u32, newStart: u32): void {
  symbols = symbolStart;
  oldStrings = oldStart;
  stringSize = size;
  newStrings = newStart;
}

/** Predicts the names that start in the open block [newStart, newEnd). */
export function predictNames(newStart: u32, newEnd: u32): void {
  if (stringSize == 0 || regionStart != symbols) return;
  const from = newStart - spanDelta;
  const behind = (from - symbols) % SYMBOL_SIZE;
  let place = newStart + (behind == 0 ? 0 : SYMBOL_SIZE - behind);
  for (; place < newEnd && place + 4 <= spanEnd; place += SYMBOL_SIZE) {
    const offset = load<u32>(oldBase + <usize>(place - spanDelta));
    // The empty name is at 0.
    if (offset == 0 || offset >= stringSize) continue;
    const target = oldStrings + offset;
    const mapped = mapAddress(target);
    if (mappedHow != EXACT) continue;
    const predicted = mapped - newStrings;
    addReference(newStart, place, 4, TABLE, mappedHow, SILENT, NO_FIELD, target, 0, 0, 0, <u64>predicted);
  }
}
