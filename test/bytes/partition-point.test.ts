import { describe, expect, it } from 'vitest';
import { partitionPoint } from '../../src/bytes/partition-point.js';

describe('partitionPoint', () => {
  it('counts what comes first, for every split of every small count', () => {
    for (let count = 0; count < 20; count++) {
      for (let split = 0; split <= count; split++) {
        const asked: number[] = [];
        const isBefore = (index: number) => {
          asked.push(index);
          return index < split;
        };
        expect(partitionPoint(count, isBefore)).toBe(split);
        expect(asked.every((index) => index >= 0 && index < count)).toBe(true);
        expect(asked.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count + 1)));
      }
    }
  });
});
