import { expect, it } from 'vitest';
import { bytesAccess, type RandomAccess } from '../../src/bytes/random-access.js';
import type { Image } from '../../src/image/image.js';
import { runRule } from '../../src/tables/rebuild-table.js';
import { SeededRandom } from '../support/seeded-random.js';

const SYMBOL_SIZE = 24;
const SYMBOLS_AT = 1000;

interface Names {
  /** Place of each symbol's name in old's strings and in new's. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly strings: Uint8Array;
  /** The table: where it begins in the strings, and its size. */
  readonly first: number;
  readonly size: number;
}

/** Images with nothing but symbols, 1000 bytes in, and strings behind them. */
function tableOf({ from, to, strings, first, size }: Names): Uint8Array | undefined {
  const stringsAt = SYMBOLS_AT + SYMBOL_SIZE * from.length;
  const section = (name: string, fileOffset: number, length: number) => ({
    name,
    segment: '',
    address: fileOffset,
    size: length,
    fileOffset,
    executable: false,
    zeroFill: false,
    type: 1,
    alignment: 1,
  });
  const bytes = new Uint8Array(stringsAt + strings.length);
  const image: Image = {
    kind: 'elf',
    arch: 'arm64',
    isArm64e: false,
    base: 0,
    size: bytes.length,
    segments: [],
    sections: [
      section('.dynsym', SYMBOLS_AT, SYMBOL_SIZE * from.length),
      section('.dynstr', stringsAt, strings.length),
    ],
    tables: {},
  };
  bytes.set(strings, stringsAt);
  const symbols = (places: readonly number[]) => {
    const view = new DataView(new ArrayBuffer(SYMBOL_SIZE * places.length));
    places.forEach((place, i) => {
      view.setUint32(SYMBOL_SIZE * i, place, true);
    });
    return new Uint8Array(view.buffer);
  };
  bytes.set(symbols(from), SYMBOLS_AT);
  const source: RandomAccess = { size: bytes.length, read: bytesAccess(bytes).read };
  return runRule('symbolStrings', {
    source,
    origin: 0,
    old: image,
    next: image,
    covers: Uint32Array.from([0, 0, bytes.length]),
    early: (name) => (name === '.dynsym' ? symbols(to) : undefined),
    range: { offset: stringsAt + first, size },
  });
}

/** The same from the whole of old's strings, name by name. */
function plainTableOf({ from, to, strings, first, size }: Names): Uint8Array {
  const table = new Uint8Array(size);
  table.set(strings.subarray(first, first + size));
  const order = from.map((_, i) => i).filter((i) => from[i] !== to[i]);
  order.sort((a, b) => from[a]! - from[b]! || to[a]! - to[b]! || a - b);
  let left = 4 * size;
  for (const i of order) {
    const start = to[i]! - first;
    const room = Math.min(size - start, strings.length - from[i]!, left);
    for (let byte = 0; byte < room; byte++) {
      const value = strings[from[i]! + byte]!;
      if (start + byte >= 0) table[start + byte] = value;
      if (value === 0) break;
      left--;
    }
  }
  return table;
}

it.each([
  ['short names', 4000, 30],
  ['names that two windows share', 150_000, 4000],
  ['names longer than a window', 400_000, 150_000],
  ['names beyond what is copied', 9000, 8000],
])('strings made in windows are those made of the whole: %s', (_, length, longest) => {
  const random = new SeededRandom(length);
  for (let round = 0; round < 6; round++) {
    const strings = random.bytes(length).map((byte) => byte | 1);
    for (let at = random.below(longest); at < length; at += 1 + random.below(longest)) strings[at] = 0;
    const count = 1 + random.below(3000);
    const place = () => random.below(length + 20);
    const from = Array.from({ length: count }, place);
    const to = from.map((start) => (random.below(4) === 0 ? start : place()));
    const first = random.below(length / 2);
    const names = { from, to, strings, first, size: 1 + random.below(length) };
    expect(Buffer.compare(tableOf(names)!, plainTableOf(names))).toBe(0);
  }
});
