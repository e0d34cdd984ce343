import { describe, expect, it } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { alignRecords } from '../../src/diff/align-records.js';
import type { Image } from '../../src/image/image.js';
import { mapLongest, NOT_COVERED } from '../../src/tables/map-longest.js';
import { moveNames } from '../../src/tables/moved-names.js';
import { runRule } from '../../src/tables/rebuild-table.js';
import { ByteBuilder } from '../support/byte-builder.js';
import { orderForHash } from '../support/gnu-hash-builder.js';
import { SeededRandom } from '../support/seeded-random.js';

describe('mapLongest', () => {
  it('finds what trying every cover finds', () => {
    const random = new SeededRandom(8);
    for (let round = 0; round < 300; round++) {
      const covers = Uint32Array.from({ length: 12 }, (_, i) =>
        i % 3 === 2 ? 1 + random.below(60) : random.below(200),
      );
      const places = Array.from({ length: random.below(30) }, () => random.below(260));
      const plain = places.map((place) => {
        const held: { length: number; at: number }[] = [];
        for (let i = 0; i < covers.length; i += 3) {
          const distance = place - covers[i + 1]!;
          if (distance >= 0 && distance < covers[i + 2]!)
            held.push({ length: covers[i + 2]!, at: covers[i]! + distance });
        }
        held.sort((a, b) => b.length - a.length || a.at - b.at);
        // Of equally long covers the first in new counts, wherever in it the place lies.
        const longest = held.filter(({ length }) => length === held[0]!.length);
        return longest.length > 1 ? undefined : (held[0]?.at ?? NOT_COVERED);
      });
      const mapped = mapLongest(covers, places);
      plain.forEach((expected, i) => {
        if (expected !== undefined) expect(mapped[i]).toBe(expected);
      });
    }
  });
});

const text = (...names: string[]) => new TextEncoder().encode(names.map((name) => `${name}\0`).join(''));

describe('moveNames', () => {
  const oldStrings = text('', 'alpha', 'beta_12', 'gamma');
  const newStrings = text('', 'gamma', 'beta_345', 'alpha');
  const move = (names: number[], covers: number[]) => [
    ...moveNames(Uint32Array.from(names), {
      oldStrings,
      newStrings,
      covers: Uint32Array.from(covers),
      oldStart: 100,
      newStart: 500,
    }),
  ];

  it('finds a name by its text, wherever the linker put it, and one that ends another', () => {
    expect(move([1, 15, 0, 3], [])).toEqual([16, 1, 0, 18]);
  });

  it('finds a changed name where the cover of its first byte leads, if a name begins there', () => {
    expect(move([7], [])).toEqual([NOT_COVERED]);
    expect(move([7], [507, 107, 5])).toEqual([7]);
    expect(move([7], [508, 107, 5])).toEqual([NOT_COVERED]);
    expect(move([7], [100, 107, 5])).toEqual([NOT_COVERED]);
    expect(move([7], [9000, 107, 5])).toEqual([NOT_COVERED]);
  });

  it('knows nothing of a name that lies outside', () => {
    expect(move([400], [])).toEqual([NOT_COVERED]);
  });
});

interface Symbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
}

const [SYMBOLS_AT, HASH_AT, STRINGS_AT, CODE_AT, IMAGE_SIZE] = [0x100, 0x800, 0x900, 0x1000, 0x3000];

/** A library as far as the rule looks at it: code at its own offset, and four buckets. */
function library(symbols: readonly Symbol[]) {
  const strings = text('', ...symbols.map(({ name }) => name));
  const table = new ByteBuilder().padTo(24);
  let at = 1;
  for (const { name, value, size } of symbols) {
    table.u32(at).u8(0x12, 0).u16(7).u64(value, size);
    at += name.length + 1;
  }
  const bytes = new Uint8Array(IMAGE_SIZE);
  bytes.set(table.bytes(), SYMBOLS_AT);
  bytes.set(new ByteBuilder().u32(Math.ceil(symbols.length / 4), 1, 1, 6).bytes(), HASH_AT);
  bytes.set(strings, STRINGS_AT);
  const section = (name: string, fileOffset: number, size: number, type: number) => ({
    name,
    segment: '',
    address: fileOffset,
    size,
    fileOffset,
    executable: name === '.text',
    zeroFill: false,
    type,
    alignment: 1,
  });
  const image: Image = {
    kind: 'elf',
    arch: 'arm64',
    isArm64e: false,
    base: 0,
    size: IMAGE_SIZE,
    segments: [{ name: '', address: 0, memorySize: IMAGE_SIZE, fileOffset: 0, fileSize: IMAGE_SIZE }],
    sections: [
      section('.dynsym', SYMBOLS_AT, table.size, 11),
      section('.gnu.hash', HASH_AT, 16, 1),
      section('.dynstr', STRINGS_AT, strings.length, 3),
      section('.text', CODE_AT, 0x2000, 1),
    ],
    tables: {},
  };
  return { bytes, image, strings, table: table.bytes() };
}

function sorted(symbols: readonly Symbol[]): Symbol[] {
  const byName = new Map(symbols.map((symbol) => [symbol.name, symbol]));
  return orderForHash(symbols.map(({ name }) => name)).map((name) => byName.get(name)!);
}

function madeFor(old: readonly Symbol[], next: readonly Symbol[], covers: readonly number[]) {
  const [from, to] = [library(old), library(next)];
  return runRule('dynamicSymbols', {
    source: bytesAccess(from.bytes),
    origin: 0,
    old: from.image,
    next: to.image,
    covers: Uint32Array.from(covers),
    early: (name) => (name === '.dynstr' ? to.strings : undefined),
    range: { offset: SYMBOLS_AT, size: to.table.length },
  });
}

const OLD = sorted(
  Array.from({ length: 24 }, (_, i) => ({ name: `name_${i * 7}`, value: CODE_AT + 64 * i, size: 60 })),
);
const STAY = [0, 0, IMAGE_SIZE];

describe('dynamic symbols', () => {
  it('stay what they are when nothing moves', () => {
    expect(madeFor(OLD, OLD, STAY)).toEqual(library(OLD).table);
  });

  it('have the order of the buckets of their new names, and the places of these', () => {
    const renamed = OLD.map((symbol, i) => (i === 5 ? { ...symbol, name: 'name_3' } : symbol));
    const next = sorted(renamed);
    // The changed name is found where the covers lead: from its place in old to that in new.
    const offsetIn = (symbols: readonly Symbol[], name: string) =>
      symbols
        .slice(
          0,
          symbols.findIndex((symbol) => symbol.name === name),
        )
        .reduce((sum, each) => sum + each.name.length + 1, 1);
    const covers = [STRINGS_AT + offsetIn(next, 'name_3'), STRINGS_AT + offsetIn(OLD, OLD[5]!.name), 5];
    expect(madeFor(OLD, next, covers)).toEqual(library(next).table);
  });

  it('are gone with their names', () => {
    const next = OLD.filter((_, i) => i !== 3 && i !== 11);
    // Values and sizes are told by old, and so is the number of buckets.
    const made = madeFor(OLD, next, [])!;
    expect(made.length).toBe(24 * 23);
    const names = (bytes: Uint8Array) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      return Array.from({ length: bytes.length / 24 }, (_, i) => view.getUint32(24 * i, true));
    };
    expect(names(made)).toEqual(names(library(next).table));
  });

  it('are as long as their functions became, and keep their values for the map of addresses', () => {
    const [first] = OLD;
    const start = first!.value;
    // Eight bytes were inserted in the middle of the function.
    const made = madeFor(OLD, OLD, [start, start, 20, start + 28, start + 20, 4096])!;
    const view = new DataView(made.buffer);
    expect(view.getBigUint64(24 + 8, true)).toBe(BigInt(start));
    expect(view.getUint32(24 + 16, true)).toBe(68);
    expect(view.getUint32(48 + 16, true)).toBe(60);
  });
});

describe('alignRecords', () => {
  const table = (...keys: number[]) => {
    const out = new ByteBuilder();
    for (const key of keys) out.u32(key, key * 1000);
    return out.bytes();
  };

  it('copies whole records by their keys, over records that are new', () => {
    expect([...alignRecords(table(1, 2, 3, 4), table(1, 2, 9, 3, 4), 8)]).toEqual([0, 0, 16, 24, 16, 16]);
  });

  it('goes on where several records have the same key', () => {
    expect([...alignRecords(table(0, 0, 5), table(0, 0, 5), 8)]).toEqual([0, 0, 24]);
  });

  it('leaves the bytes behind the last whole record', () => {
    expect([...alignRecords(table(1, 2).subarray(0, 12), table(1, 2), 8)]).toEqual([0, 0, 8]);
  });
});
