import { describe, expect, it } from 'vitest';
import { orderNumbers } from '../../src/bytes/order-numbers.js';
import { SeededRandom } from '../support/seeded-random.js';

function orderPlainly(numbers: readonly number[]): number[] {
  return numbers.map((_, i) => i).sort((a, b) => numbers[a]! - numbers[b]! || a - b);
}

describe('orderNumbers', () => {
  it('orders as a comparing sort does, equal numbers in their order', () => {
    const random = new SeededRandom(7);
    for (const limit of [1, 2, 7, 2048, 2049, 1 << 20, 2 ** 31 - 1]) {
      for (const size of [0, 1, 2, 3, 100, 3000]) {
        const numbers = Array.from({ length: size }, () => random.below(limit));
        expect([...orderNumbers(numbers)]).toEqual(orderPlainly(numbers));
        const high = numbers.map((number) => number + 2 ** 31);
        expect([...orderNumbers(high)]).toEqual(orderPlainly(high));
      }
    }
  });

  it('takes numbers from 2^32 - 1 on for equal', () => {
    expect([...orderNumbers([2 ** 40, 5, 2 ** 32, 2 ** 32 - 1, 0])]).toEqual([4, 1, 0, 2, 3]);
  });
});
