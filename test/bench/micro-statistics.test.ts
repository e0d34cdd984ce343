import { describe, expect, test } from 'vitest';
import { withSerialNumber } from '../../bench/micro/fresh-kernels.js';
import { compareRounds, FEWEST_ROUNDS, judgePairs, rankByMedian } from '../../bench/micro/rank-agreement.js';
import { medianOf, megabytesPerSecond, minimumOf, relativeSpread } from '../../bench/micro/statistics.js';
import { fromBase64 } from '../../src/kernels/from-base64.js';
import { APPLY_WASM } from '../../src/kernels/generated/apply-wasm.js';

describe('statistics', () => {
  test('the median of an odd and of an even count', () => {
    expect(medianOf([9, 1, 5])).toBe(5);
    expect(medianOf([9, 1, 5, 6])).toBe(5.5);
    expect(() => medianOf([])).toThrow(RangeError);
  });

  test('the median leaves its argument as it was', () => {
    const values = [3, 1, 2];
    medianOf(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test('minimum, spread, rate', () => {
    expect(minimumOf([3, 1, 2])).toBe(1);
    expect(relativeSpread([1, 2, 3, 4, 5])).toBeCloseTo(1 / 3);
    expect(relativeSpread([7, 7, 7])).toBe(0);
    expect(megabytesPerSecond(5_000_000, 10)).toBe(500);
  });
});

const around = (middle: number) => [-2, -1, 0, 1, 2, 0.5, -0.5].map((by) => middle + by / 10);

describe('comparing rounds', () => {
  test('less time is faster', () => {
    expect(compareRounds(around(10), around(20))).toBe(1);
    expect(compareRounds(around(20), around(10))).toBe(-1);
  });

  test('overlapping rounds do not tell', () => {
    expect(compareRounds([1, 5, 2, 9, 3, 7, 4], [2, 6, 1, 8, 4, 7, 3])).toBe(0);
  });

  test('a difference within the margin is none, however clear', () => {
    expect(compareRounds([100, 100.1, 100.2, 100.3, 100.4], [102, 102.1, 102.2, 102.3, 102.4])).toBe(0);
  });

  test('too few rounds are refused', () => {
    expect(() => compareRounds([1, 1, 1, 1], [2, 2, 2, 2])).toThrow(RangeError);
    expect(FEWEST_ROUNDS).toBe(5);
  });
});

describe('agreement of rankings', () => {
  test('pairs in the same and in the opposite order', () => {
    const verdicts = judgePairs([
      { name: 'slow', first: around(30), second: around(300) },
      { name: 'fast', first: around(10), second: around(100) },
      { name: 'swapped', first: around(20), second: around(50) },
    ]);
    expect(verdicts).toEqual([
      { faster: 'fast', slower: 'slow', agrees: true },
      { faster: 'swapped', slower: 'slow', agrees: true },
      { faster: 'fast', slower: 'swapped', agrees: false },
    ]);
  });

  test('a pair that one library leaves open is not judged', () => {
    expect(
      judgePairs([
        { name: 'a', first: around(10), second: around(100) },
        { name: 'b', first: around(20), second: around(100) },
      ]),
    ).toEqual([]);
  });

  test('the ranking goes by medians', () => {
    expect(
      rankByMedian([
        { name: 'b', rounds: [1, 20, 20] },
        { name: 'a', rounds: [10, 10, 90] },
      ]),
    ).toEqual(['a', 'b']);
  });
});

test('a serial number makes other bytes of the same module', () => {
  const wasm = fromBase64(APPLY_WASM);
  const [one, two] = [withSerialNumber(wasm, 1), withSerialNumber(wasm, 2)];
  expect(Buffer.compare(one, two)).not.toBe(0);
  const module = new WebAssembly.Module(one);
  expect(WebAssembly.Module.exports(module)).toEqual(
    WebAssembly.Module.exports(new WebAssembly.Module(wasm)),
  );
  expect(WebAssembly.Module.customSections(module, 'serial 1').length).toBe(1);
});
