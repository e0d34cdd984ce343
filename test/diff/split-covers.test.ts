import { describe, expect, it } from 'vitest';
import { splitCovers } from '../../src/diff/split-covers.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { SeededRandom } from '../support/seeded-random.js';

const SIZE = 200_000;
const CODE = Uint32Array.of(0, SIZE);

/** Covers of new that `covers` becomes, where new is old but for words that agree in the given number of bytes. */
function split(
  covers: readonly number[],
  wrong: (word: number) => number | undefined,
  { way = 0, ranges = CODE }: { way?: number; ranges?: Uint32Array } = {},
): number[] {
  const kernel = diffKernels({});
  const old = new SeededRandom(1).bytes(SIZE);
  const next = new Uint8Array(SIZE);
  next.set(old.subarray(way));
  for (let word = 0; word < SIZE / 4; word++) {
    const agreeing = wrong(word) ?? 4;
    for (let byte = agreeing; byte < 4; byte++) next[4 * word + byte]! ^= 0x55;
  }
  const [oldPtr, newPtr] = [kernel.put(old), kernel.put(next)];
  const pair = { oldPtr, newPtr, oldBytes: kernel.view(oldPtr, SIZE), newBytes: kernel.view(newPtr, SIZE) };
  return [...splitCovers(kernel, pair, Uint32Array.from(covers), ranges)];
}

const between = (from: number, to: number) => (agreeing: number) => (word: number) =>
  word >= from && word < to ? agreeing : undefined;

describe('splitCovers', () => {
  it('leaves out words of which little agrees once that saves more than two ends', () => {
    const cover = [2, 2, 4001];
    expect(split(cover, between(100, 102)(0))).toEqual(cover);
    expect(split(cover, between(100, 103)(0))).toEqual([2, 2, 398, 412, 412, 3591]);
    expect(split(cover, between(100, 103)(1))).toEqual([2, 2, 398, 412, 412, 3591]);
    expect(split(cover, between(100, 200)(2))).toEqual(cover);
  });

  it('puts the cut behind the last word that is worth it, and leaves what is right within', () => {
    const wrong = new Map([
      [101, 0],
      [102, 1],
      [103, 3],
      [104, 0],
      [105, 0],
    ]);
    expect(split([0, 0, 4000], (word) => wrong.get(word))).toEqual([0, 0, 404, 424, 424, 3576]);
  });

  it('leaves out a piece that saves less than a cover costs, and what is wrong at the end', () => {
    expect(split([0, 0, 4000], between(3, 9)(0))).toEqual([36, 36, 3964]);
    expect(split([0, 0, 4000], between(4, 9)(0))).toEqual([0, 0, 16, 36, 36, 3964]);
    expect(split([0, 0, 12, 12, 12, 16], between(900, 1000)(0))).toEqual([12, 12, 16]);
    expect(split([0, 0, 4000], between(900, 1000)(0))).toEqual([0, 0, 3600]);
    expect(split([0, 0, 4000], between(0, 1000)(0))).toEqual([]);
  });

  it('finds a cut behind a run longer than what the kernel compares at once', () => {
    const cover = [0, 0, SIZE];
    expect(split(cover, () => undefined)).toEqual(cover);
    expect(split(cover, between(40_000, 40_010)(0))).toEqual([0, 0, 160_000, 160_040, 160_040, 39_960]);
  });

  it('keeps covers outside of code, across its border, or that do not keep words', () => {
    const wrong = between(100, 200)(0);
    for (const ranges of [new Uint32Array(0), Uint32Array.of(400, 4000), Uint32Array.of(4000, 8000)]) {
      expect(split([0, 0, 4000], wrong, { ranges })).toEqual([0, 0, 4000]);
    }
    expect(split([0, 1, 4000], wrong, { way: 1 })).toEqual([0, 1, 4000]);
    expect(split([0, 0, 4000, 4001, 4001, 99], wrong)).toEqual([0, 0, 400, 800, 800, 3200, 4001, 4001, 99]);
  });
});
