import { describe, expect, it } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import type { Image } from '../../src/image/image.js';
import { movePlaces } from '../../src/tables/move-places.js';
import { runRule } from '../../src/tables/rebuild-table.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Every pair of a place and a cover that holds one of its bytes, tried one by one. */
function movePlainly(covers: Uint32Array, places: readonly number[], span: number) {
  return places.flatMap((old) => {
    const found = new Set<number>();
    for (let i = 0; i < covers.length; i += 3) {
      const [newStart, oldStart, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
      if (old + span > oldStart && old < oldStart + length && newStart + old - oldStart >= 0) {
        found.add(newStart + old - oldStart);
      }
    }
    return [...found].sort((a, b) => a - b);
  });
}

describe('movePlaces', () => {
  it('finds places beyond 32 bits in no cover, and takes no time for them', () => {
    const covers = Uint32Array.of(0, 0, 0xffffffff);
    expect([...movePlaces(covers, [2 ** 40, 3, 2 ** 32 + 1], 8)]).toEqual([3]);
  });

  it('finds what trying every cover finds', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 200; round++) {
      const covers = Uint32Array.from({ length: 9 }, (_, i) =>
        i % 3 === 2 ? 1 + random.below(60) : random.below(200),
      );
      const places = Array.from({ length: random.below(20) }, () => random.below(260));
      const span = 1 + random.below(8);
      expect([...movePlaces(covers, places, span)]).toEqual(movePlainly(covers, places, span));
    }
  });

  it('leaves out what only a hostile patch has', () => {
    const covers = Uint32Array.from({ length: 3000 }, (_, i) =>
      i % 3 === 0 ? i * 100 : i % 3 === 1 ? 0 : 64,
    );
    expect(movePlaces(covers, [1, 2], 8).length).toBeLessThanOrEqual(24);
  });
});

/** A Mach-O image with one data segment and tables, as far as rules look at it. */
function imageWith(size: number, tables: Image['tables']): Image {
  const segments = [
    { name: '__TEXT', address: 0x1000, memorySize: 0x100, fileOffset: 0, fileSize: 0x100 },
    { name: '__DATA', address: 0x2000, memorySize: 0x300, fileOffset: 0x100, fileSize: 0x300 },
  ];
  const facts = { kind: 'mach-o', arch: 'arm64', isArm64e: false, base: 0x1000 } as const;
  return { ...facts, size, segments, sections: [], tables };
}

function madeFrom(program: readonly number[], kind: 'rebase' | 'functionStarts', covers: readonly number[]) {
  const bytes = new Uint8Array(0x500);
  bytes.set(program, 0x400);
  const range = { offset: 0x400, size: program.length };
  const old = imageWith(bytes.length, { [kind]: range });
  return runRule(kind, {
    source: bytesAccess(bytes),
    origin: 0,
    old,
    next: old,
    covers: Uint32Array.from(covers),
    early: () => undefined,
    range: { offset: 0x400, size: 64 },
  });
}

const ALL = [0, 0, 0x400];

describe('rebase opcodes', () => {
  const program = [0x11, 0x21, 0x90, 0x01, 0x51, 0x21, 0x08, 0x51, 0, 0, 0, 0, 0, 0, 0, 0];

  it('stay what they are when nothing moves, in their order', () => {
    expect([...madeFrom(program, 'rebase', ALL)!]).toEqual(program);
  });

  it('follow their pointers', () => {
    const made = madeFrom(program, 'rebase', [0x110, 0x100, 0x100, 0x280, 0x280, 0x100])!;
    expect([...made]).toEqual([0x11, 0x21, 0xa0, 0x01, 0x51, 0x21, 0x18, 0x51, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('of another form are left alone', () => {
    expect(madeFrom([0x11, 0x21, 8, 0x53, 0, 0, 0, 0], 'rebase', ALL)).toBeUndefined();
    expect(madeFrom([0x11, 0x2f, 8, 0x51, 0, 0, 0, 0], 'rebase', ALL)).toBeUndefined();
    expect(madeFrom([0x11, 0x21, 0x88], 'rebase', ALL)).toBeUndefined();
  });
});

describe('function starts', () => {
  it('stay what they are when nothing moves, and follow their functions', () => {
    expect([...madeFrom([0x10, 0x20, 0x80, 0x01, 0, 0, 0, 0], 'functionStarts', ALL)!]).toEqual([
      0x10, 0x20, 0x80, 0x01, 0, 0, 0, 0,
    ]);
    const moved = madeFrom(
      [0x10, 0x20, 0x80, 0x01, 0, 0, 0, 0],
      'functionStarts',
      [0, 0, 0x18, 0x30, 0x20, 0x91],
    );
    expect([...moved!]).toEqual([0x10, 0x30, 0x80, 0x01, 0, 0, 0, 0]);
  });
});
