import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { FormatError } from '../../src/errors/index.js';
import { hashRunsOf, readSignature } from '../../src/image/code-signature.js';
import { detectElements } from '../../src/image/detect-image.js';
import { findHashRuns } from '../../src/image/find-hash-runs.js';
import {
  type NewElement,
  type OldElement,
  pairElements,
  readSideTable,
  writeSideTable,
} from '../../src/image/side-table.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { buildElf } from '../support/elf-builder.js';
import { buildFat, buildMachO } from '../support/mach-o-builder.js';
import { withInsertedFunction } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';

const program = exampleProgram(5);
const changed = withInsertedFunction(program, new SeededRandom(5));

function oldElements(bytes: Uint8Array): OldElement[] {
  const source = bytesAccess(bytes);
  return detectElements(source).map((element) => ({
    ...element,
    hashRuns: element.image === null ? [] : hashRunsOf(readSignature(source, element.offset, element.image)),
  }));
}

function newElements(bytes: Uint8Array, old: readonly OldElement[]): NewElement[] {
  const source = bytesAccess(bytes);
  return pairElements(detectElements(source), old, ({ offset, image }) =>
    findHashRuns(source, offset, image),
  );
}

/** What a layout says, without what only a parsed image knows. */
function plain(elements: readonly NewElement[]): unknown {
  return elements.map(({ layout, ...rest }) => ({
    ...rest,
    layout: {
      ...layout,
      sections: layout.sections.map(({ name, address, size, fileOffset, executable, zeroFill }) => ({
        ...{ name, address, size, fileOffset, executable, zeroFill },
      })),
    },
  }));
}

function roundTrip(oldBytes: Uint8Array, newBytes: Uint8Array): number {
  const old = oldElements(oldBytes);
  const next = newElements(newBytes, old);
  const table = writeSideTable(next, old);
  const read = readSideTable(new ByteReader(table, 'image'), newBytes.length, old);
  expect(plain(read)).toEqual(plain(next));
  return table.length;
}

describe('an image against itself and with a function more', () => {
  test.each(BUILT_IMAGES)('$name', ({ name, build }) => {
    const old = build(program).bytes;
    // Stale hashes are searched for in new only, so that there is always something to say of them.
    expect(roundTrip(old, old)).toBe(name.includes('stale') ? 16 : 0);
    expect(roundTrip(old, build(changed).bytes)).toBeLessThan(80);
  });
});

describe('a fat file', () => {
  const slicesOf = (of: typeof program): { cpu: number; bytes: Uint8Array }[] => [
    { cpu: 0x01000007, bytes: buildMachO(of, { arch: 'x86-64', fixups: 'rebase' }).bytes },
    {
      cpu: 0x0100000c,
      bytes: buildMachO(of, {
        arch: 'arm64',
        fixups: 6,
        signature: { hashTypes: [2], pageSizeLog2: 12, identifier: 'x' },
      }).bytes,
    },
  ];

  test('slices are paired by processor', () => {
    const old = buildFat(slicesOf(program));
    const next = buildFat(slicesOf(changed).reverse());
    const elements = newElements(next, oldElements(old));
    expect(elements.map(({ oldIndex }) => oldIndex)).toEqual([-1, 3, -1, 1]);
    expect(elements[1]!.hashRuns).toHaveLength(1);
    expect(roundTrip(old, next)).toBeGreaterThan(0);
    expect(roundTrip(old, old)).toBe(0);
  });

  test('a slice that old lacks is raw', () => {
    const old = slicesOf(program)[0]!.bytes;
    const next = buildFat(slicesOf(changed));
    expect(newElements(next, oldElements(old)).map(({ oldIndex }) => oldIndex)).toEqual([-1, 0, -1, -1]);
    roundTrip(old, next);
  });
});

test('raw files', () => {
  const old = new Uint8Array(100);
  expect(roundTrip(old, old)).toBe(0);
  expect(roundTrip(old, new Uint8Array(101))).toBeLessThanOrEqual(2);
  expect(roundTrip(old, new Uint8Array(0))).toBe(1);
  expect(roundTrip(new Uint8Array(0), old)).toBeLessThanOrEqual(2);
  expect(roundTrip(old, buildElf(program, { arch: 'arm64', relocations: 'rela', frames: 'hdr' }).bytes)).toBe(
    2,
  );
});

describe('what no new image can have is refused', () => {
  const bytes = buildMachO(program, { arch: 'arm64', fixups: 6 }).bytes;
  const old = oldElements(bytes);
  const read = (table: number[], size = bytes.length): unknown =>
    readSideTable(new ByteReader(Uint8Array.from(table), 'image'), size, old);

  test.each([
    ['nothing, but another size', [], bytes.length + 1],
    ['no elements', [0], 5],
    ['too many elements', [200, 1], 5],
    ['an element of no bytes', [2, 0, 0, 0], 5],
    ['an element behind the end', [2, 6, 0, 0], 5],
    ['an element of old that is not there', [1, 9], 5],
    ['bytes behind the end', [1, 0, 0], 5],
    ['a cut table', [1], 5],
  ])('%s', (_, table, size) => {
    expect(() => read(table, size)).toThrow(FormatError);
  });

  test("old's own runs, when they cannot be filled", () => {
    const hostile = [
      {
        ...old[0]!,
        hashRuns: [
          { offset: 1, count: 9, hashType: 2, pageSizeLog2: 12, firstPage: 0, codeLimit: 9999 } as const,
        ],
      },
    ];
    expect(() => readSideTable(new ByteReader(new Uint8Array(0), 'image'), bytes.length, hostile)).toThrow(
      FormatError,
    );
  });

  test('damaged tables are refused or valid, in bounded time', () => {
    const next = buildMachO(changed, {
      arch: 'arm64',
      fixups: 6,
      signature: { hashTypes: [2], pageSizeLog2: 12, identifier: 'x' },
    }).bytes;
    const good = writeSideTable(newElements(next, old), old);
    let refused = 0;
    for (let seed = 0; seed < 5000; seed++) {
      const random = new SeededRandom(seed);
      const table = good.slice();
      for (let i = 1 + random.below(3); i > 0; i--) table[random.below(table.length)] = random.below(256);
      try {
        readSideTable(new ByteReader(table, 'image'), next.length, old);
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(FormatError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(2000);
  });
});
