import { describe, expect, it } from 'vitest';
import { snapCovers } from '../../src/diff/snap-covers.js';
import { SeededRandom } from '../support/seeded-random.js';

function wrongBytes(covers: Uint32Array, old: Uint8Array, next: Uint8Array): number {
  let wrong = 0;
  for (let i = 0; i < covers.length; i += 3)
    for (let k = 0; k < covers[i + 2]!; k++) if (old[covers[i + 1]! + k] !== next[covers[i]! + k]) wrong++;
  return wrong;
}

/** A border of two covers: new 0..100 from old 0.., new 100..200 from old 400.. */
function snapTwo(change: (old: Uint8Array, next: Uint8Array) => void, ...starts: number[]): number[] {
  const old = new SeededRandom(1).bytes(600);
  const next = new Uint8Array(200);
  next.set(old.subarray(0, 100));
  next.set(old.subarray(400, 500), 100);
  change(old, next);
  const covers = Uint32Array.of(0, 0, 100, 100, 400, 100);
  snapCovers(covers, new Set(starts), old, next);
  return [...covers];
}

describe('snapCovers', () => {
  it('moves a border back to where the second cover begins at a function', () => {
    // Old has the eight bytes in front of the second cover as the first one has them at its end.
    expect(snapTwo((old) => old.copyWithin(392, 92, 100), 392)).toEqual([0, 0, 92, 92, 392, 108]);
  });

  it('moves a border on to where the first cover ends at a function', () => {
    expect(snapTwo((old) => old.copyWithin(100, 400, 412), 112)).toEqual([0, 0, 112, 112, 412, 88]);
  });

  it('leaves a border where bytes on the way differ', () => {
    expect(snapTwo(() => {}, 392, 112)).toEqual([0, 0, 100, 100, 400, 100]);
    expect(snapTwo((old) => old.copyWithin(392, 92, 100), 389)).toEqual([0, 0, 100, 100, 400, 100]);
  });

  it('takes one wrong byte for a start, not two', () => {
    const wrongAt = (...places: number[]) =>
      snapTwo((old) => {
        old.copyWithin(392, 92, 100);
        for (const place of places) old[place] = old[place]! ^ 1;
      }, 392);
    expect(wrongAt(395)).toEqual([0, 0, 92, 92, 392, 108]);
    expect(wrongAt(395, 396)).toEqual([0, 0, 100, 100, 400, 100]);
  });

  it('leaves covers alone that do not touch', () => {
    const bytes = new Uint8Array(500);
    const covers = Uint32Array.of(0, 0, 100, 101, 400, 99);
    snapCovers(covers, new Set([390, 396]), bytes, bytes);
    expect([...covers]).toEqual([0, 0, 100, 101, 400, 99]);
  });

  it('whatever the covers, new stays covered, within old, with few more wrong bytes than starts are won', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 300; round++) {
      const old = Uint8Array.from({ length: 400 }, () => random.below(2));
      const next = Uint8Array.from({ length: 300 }, () => random.below(2));
      const rows: number[] = [];
      for (let at = 0; at < 290; ) {
        const size = Math.min(300 - at, 1 + random.below(60));
        rows.push(at, random.below(400 - size), size);
        at += size;
      }
      const starts = new Set(Array.from({ length: 60 }, () => random.below(400)));
      const before = Uint32Array.from(rows);
      const covers = before.slice();
      snapCovers(covers, starts, old, next);
      let end = 0;
      let won = 0;
      for (let i = 0; i < covers.length; i += 3) {
        expect(covers[i]).toBe(end);
        expect(covers[i + 2]).toBeGreaterThan(0);
        expect(covers[i + 1]! + covers[i + 2]!).toBeLessThanOrEqual(400);
        expect((covers[i + 1]! - covers[i]!) | 0).toBe((before[i + 1]! - before[i]!) | 0);
        end += covers[i + 2]!;
        for (const [place, sign] of [
          [covers, 1],
          [before, -1],
        ] as const) {
          if (i > 0 && starts.has(place[i + 1]!)) won += sign;
          if (i > 0 && starts.has(place[i - 2]! + place[i - 1]!)) won += sign;
        }
      }
      expect(end).toBe(before.at(-3)! + before.at(-1)!);
      expect(wrongBytes(covers, old, next) - wrongBytes(before, old, next)).toBeLessThanOrEqual(1.5 * won);
    }
  });
});
