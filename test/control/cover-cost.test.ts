import { describe, expect, it } from 'vitest';
import { priceCovers } from '../../src/control/control-stream.js';
import { estimateCoverCost } from '../../src/control/cover-cost.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { SeededRandom } from '../support/seeded-random.js';

const MIDDLE = { gap: 40, distance: 400, length: 400, oldSize: 1 << 24 };

describe('estimateCoverCost', () => {
  it('is an integer for any shape, up to the greatest sizes', () => {
    const max = 0xffffffff;
    for (const gap of [0, 1, 3, 4, 1000, max]) {
      for (const distance of [0, -1, 7, -max, max]) {
        for (const length of [1, 2, 31, 32, max]) {
          for (const oldSize of [1, 5, max]) {
            const cost = estimateCoverCost({ gap, distance, length, oldSize });
            expect(Number.isInteger(cost)).toBe(true);
            expect(cost).toBeGreaterThan(0);
            expect(cost).toBeLessThan(120 * 16);
          }
        }
      }
    }
  });

  it('grows with gap, distance and length, and not with a distance beyond old', () => {
    const cost = (change: Partial<typeof MIDDLE>) => estimateCoverCost({ ...MIDDLE, ...change });
    expect(cost({ gap: 0 })).toBeLessThan(cost({}));
    expect(cost({})).toBeLessThan(cost({ gap: 4000 }));
    expect(cost({ distance: 0 })).toBeLessThan(cost({}));
    expect(cost({ distance: -400 })).toBe(cost({}));
    expect(cost({ distance: 1 << 28 })).toBe(cost({ distance: 1 << 30 }));
    expect(cost({ length: 30 })).toBeLessThan(cost({}));
  });

  it('is near what a stream of such covers costs', () => {
    const random = new SeededRandom(8);
    const fields: number[] = [];
    let estimate = 0;
    let [newEnd, oldEnd] = [0, 1000];
    for (let i = 0; i < 4000; i++) {
      const gap = random.oneIn(3) ? 4 * random.skewed(6) : 0;
      const distance = 4 * random.skewed(8);
      const length = 20 + 4 * random.skewed(6);
      const oldOffset = oldEnd + gap + distance;
      fields.push(newEnd + gap, oldOffset, length);
      estimate += estimateCoverCost({ gap, distance, length, oldSize: 1 << 26 });
      newEnd += gap + length;
      oldEnd = oldOffset + length;
    }
    const prices = priceCovers(diffKernels(), Uint32Array.from(fields), {
      oldSize: 1 << 26,
      newSize: newEnd,
    });
    const priced = prices.reduce((sum, price) => sum + price, 0);
    expect(estimate).toBeGreaterThan(priced * 0.7);
    expect(estimate).toBeLessThan(priced * 1.4);
  });
});
