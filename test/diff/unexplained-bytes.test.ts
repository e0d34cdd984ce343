import { describe, expect, test } from 'vitest';
import { explainsAllBut } from '../../src/diff/unexplained-bytes.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { SeededRandom } from '../support/seeded-random.js';

describe('explainsAllBut', () => {
  const random = new SeededRandom(21);
  const size = 700_000;
  const old = random.bytes(size);
  const next = new Uint8Array(size + 20);
  next.set(old.subarray(1000), 0);
  next.set(old.subarray(0, 1000), size - 1000);
  for (const at of [0, 300_000, size - 1]) next[at]! ^= 1;
  const kernel = diffKernels();
  const pair = { oldPtr: kernel.put(old), oldSize: size, newPtr: kernel.put(next), newSize: next.length };
  const covers = Uint32Array.of(0, 1000, size - 1000, size - 1000, 0, 1000);

  test('counts wrong bytes of covers and bytes that none reaches', () => {
    expect(explainsAllBut(23, kernel, pair, covers)).toBe(true);
    expect(explainsAllBut(22, kernel, pair, covers)).toBe(false);
    expect(explainsAllBut(1022, kernel, pair, covers.subarray(0, 3))).toBe(true);
    expect(explainsAllBut(1021, kernel, pair, covers.subarray(0, 3))).toBe(false);
    expect(explainsAllBut(next.length, kernel, pair, new Uint32Array(0))).toBe(true);
    expect(explainsAllBut(next.length - 1, kernel, pair, new Uint32Array(0))).toBe(false);
  });
});
