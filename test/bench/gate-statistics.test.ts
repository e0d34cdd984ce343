import { describe, expect, it } from 'vitest';
import { judgeTime } from '../../bench/gate/judge-time.js';
import { slowerByChance } from '../../bench/gate/mann-whitney.js';
import { SeededRandom } from '../support/seeded-random.js';

describe('the chance that one side is slower', () => {
  // Of 20 ways to place 3 among 6, how many are at least as extreme: counted by hand.
  it.each([
    ['all larger', [4, 5, 6], [1, 2, 3], 1 / 20],
    ['one interleaved', [3, 5, 6], [1, 2, 4], 2 / 20],
    ['two interleaved', [3, 4, 6], [1, 2, 5], 4 / 20],
    ['all smaller', [1, 2, 3], [4, 5, 6], 1],
  ])('%s', (_, slow, fast, expected) => {
    expect(slowerByChance(slow, fast)).toBeCloseTo(expected, 12);
  });

  it('of ten against ten apart is 1 in 184,756', () => {
    const low = Array.from({ length: 10 }, (_, i) => i);
    const high = low.map((value) => value + 100);
    expect(1 / slowerByChance(high, low)).toBeCloseTo(184756, 3);
  });

  it('counts equal values as half, rounded towards no difference', () => {
    expect(slowerByChance([1, 1, 1], [1, 1, 1])).toBeGreaterThan(0.5);
  });

  it('is spread evenly over equal distributions', () => {
    const random = new SeededRandom(7);
    const chances = Array.from({ length: 400 }, () => {
      const draw = () => Array.from({ length: 10 }, () => random.u32() / 2 ** 32);
      return slowerByChance(draw(), draw());
    });
    const below = (limit: number) => chances.filter((chance) => chance < limit).length / chances.length;
    expect(below(0.5)).toBeGreaterThan(0.42);
    expect(below(0.5)).toBeLessThan(0.58);
    expect(below(0.05)).toBeLessThan(0.09);
  });

  it('needs observations', () => {
    expect(() => slowerByChance([], [1])).toThrow(RangeError);
  });
});

describe('the verdict on times', () => {
  const random = new SeededRandom(11);
  const series = (center: number, noise: number) =>
    Array.from({ length: 10 }, () => center * (1 + noise * (random.u32() / 2 ** 32 - 0.5)));

  it('is slower at 20 % more under noise of 10 %', () => {
    const verdict = judgeTime({ name: 'x', base: series(1, 0.1), head: series(1.2, 0.1) });
    expect(verdict).toMatchObject({ slower: true });
    expect(verdict.ratio).toBeCloseTo(1.2, 1);
  });

  it('is not slower below the limit, however sure', () => {
    expect(judgeTime({ name: 'x', base: series(1, 0.01), head: series(1.08, 0.01) }).slower).toBe(false);
  });

  it('is not slower where chance may have done it', () => {
    const base = [1, 1, 1, 1, 1, 1.4, 1.4, 1.4, 1.4, 1.4];
    const head = [1, 1, 1, 1, 1.3, 1.3, 1.4, 1.4, 1.4, 1.4];
    const verdict = judgeTime({ name: 'x', base, head });
    expect(verdict).toMatchObject({ slower: false });
    expect(verdict.ratio).toBeGreaterThan(1.05);
  });

  it('is not slower when faster', () => {
    expect(judgeTime({ name: 'x', base: series(1.2, 0.1), head: series(1, 0.1) }).slower).toBe(false);
  });

  it('needs ten rounds', () => {
    expect(() => judgeTime({ name: 'x', base: [1], head: [1] })).toThrow('needs 10 rounds, got 1 of base');
  });
});
