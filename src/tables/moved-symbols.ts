import { ImageReader } from '../image/image-reader.js';
import { sectionOf } from '../image/rebuilt-tables.js';
import { SYMBOL_SIZE } from './dynamic-symbols.js';
import { NOT_COVERED } from './map-longest.js';
import { moveNames } from './moved-names.js';
import type { TableContext } from './table-context.js';

/**
 * For each dynamic symbol of old its number in new, where both tables and their strings are known: that with the same name, of several (one
 * for each version) the one at the same place among them. `NOT_COVERED` where new has none; undefined where the tables are missing.
 */
export function moveSymbols({ source, origin, old, next, early }: TableContext): Float64Array | undefined {
  const [newSymbols, newStrings, newNames] = [early('.dynsym'), early('.dynstr'), sectionOf(next, '.dynstr')];
  const [symbols, strings] = [sectionOf(old, '.dynsym'), sectionOf(old, '.dynstr')];
  if (newSymbols === undefined || newStrings === undefined || newNames === undefined) return undefined;
  if (symbols === undefined || strings === undefined) return undefined;
  const reader = new ImageReader(source, origin, old.size);
  const [oldSymbols, oldStrings] = [symbols, strings].map(({ fileOffset, size }) => {
    const bytes = new Uint8Array(size);
    reader.copy(fileOffset, bytes);
    return bytes;
  }) as [Uint8Array, Uint8Array];
  const moved = moveNames(namesOf(oldSymbols), {
    oldStrings,
    newStrings,
    // By their text alone: names that new has not are names of no symbol of new.
    covers: new Uint32Array(0),
    oldStart: strings.fileOffset,
    newStart: newNames.fileOffset,
  });
  return numberByName(moved, namesOf(newSymbols));
}

/** Offsets of the names of symbols in their strings. */
function namesOf(symbols: Uint8Array): Uint32Array {
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  return Uint32Array.from({ length: Math.floor(symbols.length / SYMBOL_SIZE) }, (_, i) =>
    view.getUint32(i * SYMBOL_SIZE, true),
  );
}

function numberByName(moved: Float64Array, newNames: Uint32Array): Float64Array {
  /** The next symbol of new with a name, and for each symbol the next of the same name. */
  const first = new Map<number, number>();
  const following = new Float64Array(newNames.length).fill(NOT_COVERED);
  for (let i = newNames.length - 1; i >= 0; i--) {
    following[i] = first.get(newNames[i]!) ?? NOT_COVERED;
    first.set(newNames[i]!, i);
  }
  return moved.map((name) => {
    const number = first.get(name);
    if (number === undefined) return NOT_COVERED;
    const after = following[number]!;
    if (after === NOT_COVERED) first.delete(name);
    else first.set(name, after);
    return number;
  });
}
