import { mapLongest, NOT_COVERED } from './map-longest.js';

// Where the names of old's symbols stand in the string table of new. A name that is still there is found by its text, whatever the linker
// did to the order of names; linkers let a name that ends another share its bytes, so a name within a string is looked for
// by the whole string. A name that is gone may have been changed: it is where the cover that holds its first byte leads.
//
// Texts are found by a hash table of the strings of new. Every string of both tables is hashed once, up to NAME_LIMIT bytes: O(bytes).

/** Of a longer name the rest is not looked at. */
export const NAME_LIMIT = 4096;
/** Strings of new that a name is compared with, at most. */
const PROBE_LIMIT = 64;
const EMPTY = 0xffffffff;

export interface NameTables {
  readonly oldStrings: Uint8Array;
  readonly newStrings: Uint8Array;
  /** Offsets from old to new, of the image, and where the two tables begin. */
  readonly covers: Uint32Array;
  readonly oldStart: number;
  readonly newStart: number;
  /** Texts stand in the tables several times: the n-th of old is the n-th of new, or its last. */
  readonly hasCopies?: boolean;
}

/** For each name, an offset in the strings of old, its offset in those of new; `NOT_COVERED` where nothing tells. */
export function moveNames(names: Uint32Array, tables: NameTables): Float64Array {
  const { oldStrings, newStrings, covers, oldStart, newStart, hasCopies } = tables;
  const index = new StringIndex(newStrings);
  const moved = new Float64Array(names.length).fill(NOT_COVERED);
  const ranks = hasCopies ? rankCopies(names, oldStrings, index) : undefined;
  const missing: number[] = [];
  names.forEach((name, i) => {
    const start = startOfString(oldStrings, name);
    const found = start < 0 ? EMPTY : index.find(oldStrings, start, ranks?.get(start));
    if (found === EMPTY) missing.push(i);
    else moved[i] = found + name - start;
  });
  const places = mapLongest(
    covers,
    missing.map((i) => names[i]! + oldStart),
  );
  missing.forEach((i, k) => {
    const place = places[k]! - newStart;
    if (places[k] !== NOT_COVERED && place > 0 && place < newStrings.length && newStrings[place - 1] === 0) {
      moved[i] = place;
    }
  });
  return moved;
}

/** Which of the strings with its text each string is that symbols name and that new has, 0 for the first. */
function rankCopies(names: Uint32Array, strings: Uint8Array, index: StringIndex): Map<number, number> {
  const counts = new Map<number, number>();
  const ranks = new Map<number, number>();
  for (const name of names.slice().sort()) {
    const start = startOfString(strings, name);
    if (start < 0 || ranks.has(start)) continue;
    const first = index.find(strings, start);
    const rank = first === EMPTY ? 0 : (counts.get(first) ?? 0);
    counts.set(first, rank + 1);
    ranks.set(start, rank);
  }
  return ranks;
}

/** Where the string begins that `at` lies in; -1 when that is too far or outside. */
function startOfString(strings: Uint8Array, at: number): number {
  if (at >= strings.length) return -1;
  let start = at;
  while (start > 0 && strings[start - 1] !== 0) {
    start--;
    if (at - start > NAME_LIMIT) return -1;
  }
  return start;
}

/** Bernstein's hash of the name at `at`, h = 33 h + c from 5381 on, as .gnu.hash has it. */
export function hashName(strings: Uint8Array, at: number): number {
  const end = Math.min(strings.length, at + NAME_LIMIT);
  let hash = 5381;
  for (let i = at; i < end && strings[i] !== 0; i++) hash = (Math.imul(hash, 33) + strings[i]!) >>> 0;
  return hash;
}

/** Strings of a table by their text, the first of equal ones. */
class StringIndex {
  private readonly strings: Uint8Array;
  private readonly slots: Uint32Array;
  private readonly mask: number;

  constructor(strings: Uint8Array) {
    this.strings = strings;
    let count = 0;
    for (let end = strings.indexOf(0); end >= 0; end = strings.indexOf(0, end + 1)) count++;
    const size = 2 ** Math.ceil(Math.log2(2 * count + 2));
    this.slots = new Uint32Array(size).fill(EMPTY);
    this.mask = size - 1;
    for (let at = 0; at < strings.length; ) {
      this.add(at);
      const end = strings.indexOf(0, at);
      if (end < 0) break;
      at = end + 1;
    }
  }

  /** Where the string of `others` at `from` stands in this table, the one behind `skipped` equal ones or the last; `EMPTY` when nowhere. */
  find(others: Uint8Array, from: number, skipped = 0): number {
    let slot = this.slotOf(hashName(others, from));
    let found = EMPTY;
    for (let probe = 0, left = skipped; probe < PROBE_LIMIT && left >= 0; probe++) {
      const at = this.slots[slot]!;
      if (at === EMPTY) break;
      if (this.isEqual(at, others, from)) {
        found = at;
        left--;
      }
      slot = (slot + 1) & this.mask;
    }
    return found;
  }

  private add(at: number): void {
    let slot = this.slotOf(hashName(this.strings, at));
    for (let probe = 0; probe < PROBE_LIMIT; probe++) {
      if (this.slots[slot] === EMPTY) {
        this.slots[slot] = at;
        return;
      }
      slot = (slot + 1) & this.mask;
    }
  }

  private slotOf(hash: number): number {
    return (Math.imul(hash, 0x9e3779b1) >>> 7) & this.mask;
  }

  private isEqual(at: number, others: Uint8Array, from: number): boolean {
    for (let i = 0; i < NAME_LIMIT; i++) {
      const byte = this.strings[at + i] ?? 0;
      if (byte !== (others[from + i] ?? 0)) return false;
      if (byte === 0) return true;
    }
    return false;
  }
}
