import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { CoverSearch } from '../../src/match/cover-search.js';
import { findCovers } from '../../src/match/find-covers.js';
import { matchParameters } from '../../src/match/match-parameters.js';
import type { EffortLevel } from '../../src/progress/effort.js';
import { editBytes, repetitiveBytes } from '../support/edited-bytes.js';
import { SeededRandom } from '../support/seeded-random.js';

const EFFORTS: readonly EffortLevel[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function cover(old: Uint8Array, next: Uint8Array, effort: EffortLevel, simd = true): Uint32Array {
  const kernel = diffKernels({ simd });
  const images = {
    oldPtr: kernel.put(old),
    oldSize: old.length,
    newPtr: kernel.put(next),
    newSize: next.length,
  };
  const mark = kernel.mark();
  const covers = findCovers(kernel, images, matchParameters(effort));
  expect(kernel.mark()).toBe(mark);
  expectValid(covers, old.length, next.length);
  return covers;
}

/** In the order of new, apart, not empty, inside both images. */
function expectValid(covers: Uint32Array, oldSize: number, newSize: number): void {
  let end = 0;
  for (let i = 0; i < covers.length; i += 3) {
    const [newOffset, oldOffset, length] = covers.subarray(i, i + 3) as unknown as [number, number, number];
    if (!(newOffset >= end && length > 0 && newOffset + length <= newSize && oldOffset + length <= oldSize)) {
      expect.fail(`cover ${i / 3} { ${newOffset}, ${oldOffset}, ${length} } behind ${end}`);
    }
    end = newOffset + length;
  }
}

/** Bytes of new that covers copy and that agree with old. */
function countRight(old: Uint8Array, next: Uint8Array, covers: Uint32Array): number {
  let right = 0;
  for (let i = 0; i < covers.length; i += 3) {
    for (let j = 0; j < covers[i + 2]!; j++) {
      if (next[covers[i]! + j] === old[covers[i + 1]! + j]) right++;
    }
  }
  return right;
}

const periodic = (size: number, period: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i % period) * 7);

test('backward extension over periodic data is bounded, however often the diagonal is left', () => {
  // Three bytes again and again have seeds, unlike two or four: each match ends soon, at old's end. 3.6 seconds without a bound, 0.1 with it.
  const old = periodic(400_000, 3);
  const next = periodic(600_000, 3);
  const before = process.cpuUsage();
  const covers = cover(old, next, 5);
  expect(countRight(old, next, covers)).toBe(next.length);
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(1_500_000);
});

describe.each(EFFORTS)('findCovers, effort %i', (effort) => {
  test.each([1, 2, 3, 4])('covers lie in order and inside, scalar and SIMD alike (seed %i)', (seed) => {
    const random = new SeededRandom(seed);
    const old = random.oneIn(2) ? random.bytes(40_000) : repetitiveBytes(random, 40_000);
    const next = editBytes(random, old, 50_000);
    expect(cover(old, next, effort, true)).toEqual(cover(old, next, effort, false));
  });

  test('an identical file is one cover', () => {
    const bytes = new SeededRandom(1).bytes(100_000);
    expect([...cover(bytes, bytes, effort)]).toEqual([0, 0, 100_000]);
  });

  test('moved parts are found to the byte', () => {
    const random = new SeededRandom(2);
    const [a, b, c, fresh] = [5000, 7000, 6000, 900].map((size) => random.bytes(size)) as Uint8Array[];
    const old = Buffer.concat([a!, b!, c!]);
    const next = Buffer.concat([c!, fresh!, b!, a!]);
    expect([...cover(old, next, effort)]).toEqual([0, 12_000, 6000, 6900, 5000, 7000, 13_900, 0, 5000]);
  });

  test('a replaced stretch splits a cover, scattered bytes do not', () => {
    const random = new SeededRandom(3);
    const old = random.bytes(20_000);
    const next = old.slice();
    next.set(random.bytes(3000), 8000);
    for (let i = 0; i < 7000; i += 40) next[i]! ^= 0x55;
    const covers = cover(old, next, effort);
    expect(covers.length).toBe(6);
    expect(countRight(old, next, covers)).toBeGreaterThanOrEqual(17_000 - 175);
    expect(covers[2]).toBeLessThan(8010);
    expect(covers[3]).toBeGreaterThan(10_990);
  });

  test('foreign data has no covers', () => {
    const covers = cover(new SeededRandom(4).bytes(60_000), new SeededRandom(5).bytes(60_000), effort);
    expect(covers.length).toBe(0);
  });

  test.each([
    ['empty old', 0, 100],
    ['empty new', 100, 0],
    ['both empty', 0, 0],
    ['one byte each', 1, 1],
  ])('%s', (_, oldSize, newSize) => {
    const covers = cover(new Uint8Array(oldSize), new Uint8Array(newSize), effort);
    expect(covers.length).toBeLessThanOrEqual(3);
  });
});

describe.each([2, 5, 9] as const)('worst cases stay linear, effort %i', (effort) => {
  const SIZE = 1 << 20;
  const noisy = (bytes: Uint8Array, every: number) => {
    const random = new SeededRandom(every);
    return bytes.map((byte, i) => (i % every === 0 ? random.below(256) : byte));
  };

  /** Bytes of work are not visible, so time must do: a quadratic search of a megabyte takes minutes. */
  test.each([
    ['all zeros', new Uint8Array(SIZE), new Uint8Array(SIZE + 77)],
    ['zeros, then ones', new Uint8Array(SIZE), new Uint8Array(SIZE).fill(1)],
    ['period 2 and noise', periodic(SIZE, 2), noisy(periodic(SIZE, 2), 50)],
    ['period 3 and noise', periodic(SIZE, 3), noisy(periodic(SIZE, 3), 20)],
    ['period 17 and noise', periodic(SIZE, 17), noisy(periodic(SIZE, 17), 24)],
    ['period 17 against 19', periodic(SIZE, 17), periodic(SIZE, 19)],
    ['period 4096 and noise', periodic(SIZE, 4096), noisy(periodic(SIZE, 4096), 9)],
    ['noise on both', noisy(periodic(SIZE, 33), 30), noisy(periodic(SIZE, 33), 23)],
  ])('%s', { timeout: 20_000 }, (_, old, next) => {
    const start = process.cpuUsage();
    cover(old, next, effort);
    const { user } = process.cpuUsage(start);
    expect(user / 1e6).toBeLessThan(5);
  });
});

describe('CoverSearch', () => {
  const random = new SeededRandom(6);
  const old = repetitiveBytes(random, 700_000);
  const next = editBytes(random, old, 800_000);

  const search = () => {
    const kernel = diffKernels();
    const images = {
      oldPtr: kernel.put(old),
      oldSize: old.length,
      newPtr: kernel.put(next),
      newSize: next.length,
    };
    return { kernel, images };
  };

  test('goes on slice by slice and reports how far it is', () => {
    const { kernel, images } = search();
    const steps = new CoverSearch(kernel, images, matchParameters(5));
    expect(steps.total).toBe(1_500_000);
    const reports = [steps.done];
    while (!steps.step()) reports.push(steps.done);
    expect(reports.length).toBeGreaterThan(5);
    expect(reports).toEqual([...reports].sort((a, b) => a - b));
    expect(steps.done).toBe(1_500_000);
    expect(steps.step()).toBe(true);
    expect(steps.covers()).toEqual(cover(old, next, 5));
  });

  test('an error of onSlice ends the search and gives the memory back', () => {
    const { kernel, images } = search();
    const mark = kernel.mark();
    let calls = 0;
    const stop = () => {
      if (++calls === 3) throw new Error('stop');
    };
    expect(() => findCovers(kernel, images, matchParameters(5), stop)).toThrow('stop');
    expect(calls).toBe(3);
    expect(kernel.mark()).toBe(mark);
    expect(findCovers(kernel, images, matchParameters(5))).toEqual(cover(old, next, 5));
  });

  test('is refused when the memory does not suffice', () => {
    const kernel = diffKernels({ memoryLimit: 2_000_000 });
    const images = {
      oldPtr: kernel.put(old),
      oldSize: old.length,
      newPtr: kernel.put(next),
      newSize: next.length,
    };
    expect(() => findCovers(kernel, images, matchParameters(5))).toThrow(
      expect.objectContaining({ code: 'MEMORY_LIMIT' }),
    );
  });
});
