import { describe, expect, it } from 'vitest';
import { alignCovers } from '../../src/diff/align-covers.js';
import { SeededRandom } from '../support/seeded-random.js';

const CODE = Uint32Array.of(0, 400);

/** New, 400 bytes, is old but where `change` makes it differ; covers are from the two given stretches of new, each moved by its way. */
function alignTwo(
  [firstEnd, secondStart]: [number, number],
  change: (old: Uint8Array, next: Uint8Array) => void,
  {
    firstWay = 0,
    secondWay = 400,
    ranges = CODE,
  }: { firstWay?: number; secondWay?: number; ranges?: Uint32Array } = {},
): number[] {
  const old = new SeededRandom(1).bytes(1000);
  const next = new SeededRandom(2).bytes(400);
  next.set(old.subarray(firstWay, firstWay + firstEnd));
  next.set(old.subarray(secondStart + secondWay, 400 + secondWay), secondStart);
  change(old, next);
  const covers = Uint32Array.of(
    0,
    firstWay,
    firstEnd,
    secondStart,
    secondStart + secondWay,
    400 - secondStart,
  );
  alignCovers(covers, ranges, old, next);
  expect(covers[1]! - covers[0]!).toBe(firstWay);
  expect(covers[4]! - covers[3]!).toBe(secondWay);
  return [covers[0]! + covers[2]!, covers[3]!];
}

describe('alignCovers', () => {
  it('takes an instruction whole that agrees in two bytes, and leaves one that agrees in one', () => {
    expect(alignTwo([102, 201], () => {})).toEqual([104, 200]);
    expect(alignTwo([101, 203], () => {})).toEqual([100, 204]);
  });

  it('goes on where most of an instruction agrees behind a wrong one', () => {
    const agreeing = (words: number) => (old: Uint8Array, next: Uint8Array) =>
      next.set(old.subarray(104, 104 + 4 * words), 104);
    expect(alignTwo([100, 200], agreeing(1))).toEqual([100, 200]);
    expect(alignTwo([100, 200], agreeing(3))).toEqual([116, 200]);
  });

  it('gives an instruction in which both end to the one with more of it', () => {
    expect(alignTwo([102, 103], () => {})).toEqual([104, 104]);
    expect(alignTwo([101, 102], () => {})).toEqual([100, 100]);
  });

  it('moves a border of covers that touch to where fewer bytes get wrong', () => {
    expect(alignTwo([101, 101], () => {})).toEqual([100, 100]);
    expect(alignTwo([103, 103], () => {})).toEqual([104, 104]);
    const agreesOn = (old: Uint8Array, next: Uint8Array) =>
      next.copyWithin(501, 101, 104) && old.set(next.subarray(101, 104), 101);
    expect(alignTwo([101, 101], agreesOn)).toEqual([104, 104]);
  });

  it('leaves borders outside of code, and covers that do not keep words', () => {
    expect(alignTwo([102, 201], () => {}, { ranges: new Uint32Array(0) })).toEqual([102, 201]);
    expect(alignTwo([102, 201], () => {}, { ranges: Uint32Array.of(204, 400) })).toEqual([102, 201]);
    expect(alignTwo([102, 201], () => {}, { secondWay: 401 })).toEqual([102, 201]);
  });

  it('goes on for 64 words, within old', () => {
    const all = (old: Uint8Array, next: Uint8Array) => next.set(old.subarray(600, 1000));
    expect(alignTwo([20, 390], all, { firstWay: 600, secondWay: 600 })).toEqual([136, 136]);
    expect(alignTwo([20, 390], all, { firstWay: 600, secondWay: 200 })).toEqual([276, 392]);
    const ends = (old: Uint8Array, next: Uint8Array) => old.fill(7) && next.fill(7);
    expect(alignTwo([102, 390], ends, { firstWay: 880, secondWay: -388 })).toEqual([120, 388]);
  });

  it('whatever the covers, they stay in order, not empty and within both images', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 300; round++) {
      const old = Uint8Array.from({ length: 400 }, () => random.below(2));
      const next = Uint8Array.from({ length: 400 }, () => random.below(2));
      const covers: number[] = [];
      for (let at = random.below(8); at < 390; ) {
        const size = 1 + random.below(Math.min(40, 400 - at));
        covers.push(at, Math.max(0, Math.min(400 - size, at + 4 * (random.below(40) - 20))), size);
        at += size + (random.below(3) === 0 ? 0 : random.below(30));
      }
      const aligned = Uint32Array.from(covers);
      alignCovers(aligned, Uint32Array.of(40, 200, 240, 360), old, next);
      let end = 0;
      for (let i = 0; i < aligned.length; i += 3) {
        const [newStart, oldStart, size] = [aligned[i]!, aligned[i + 1]!, aligned[i + 2]!];
        expect(newStart).toBeGreaterThanOrEqual(end);
        expect(size).toBeGreaterThan(0);
        expect(size).toBeLessThanOrEqual(400);
        end = newStart + size;
        expect(end).toBeLessThanOrEqual(400);
        expect(oldStart + size).toBeLessThanOrEqual(400);
        expect(oldStart - newStart).toBe(covers[i + 1]! - covers[i]!);
      }
    }
  });
});
