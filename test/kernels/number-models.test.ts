import { describe, expect, it } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { BitCoder, freshCounters } from '../reference/bit-coder.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const MODEL = 288;
const EDGES = [
  ...Array.from({ length: 32 }, (_, k) => 2 ** k - 1),
  ...Array.from({ length: 32 }, (_, k) => Math.max(0, 2 ** k - 2)),
  ...Array.from({ length: 31 }, (_, k) => 2 ** k),
  0xfffffffe,
];

describe.each([{ simd: false }, { simd: true }])('adaptive exp-Golomb, simd $simd', (options) => {
  it.each<[string, number[]]>([
    ['edges', EDGES],
    ['the greatest', [0xfffffffe, 0xfffffffe, 0, 0xfffffffe]],
    ...[1, 2, 3].map((seed) => {
      const random = new SeededRandom(seed);
      return [`random, seed ${seed}`, Array.from({ length: 3000 }, () => random.skewed(30) - 1)] as [
        string,
        number[],
      ];
    }),
  ])('codes numbers as the plain coder does: %s', (_, values) => {
    const kernel = diffKernels(options);
    kernel.exports.initRates();
    const model = new GuardedBlock(kernel, MODEL * 4);
    const out = kernel.alloc(values.length * 64 + 64);
    const plain = new BitCoder();
    const counters = freshCounters(MODEL);
    kernel.exports.resetBits(model.ptr, MODEL);
    kernel.exports.startEncoder(out);
    for (const value of values) {
      expect(kernel.exports.codeNumber(value, model.ptr) >>> 0).toBe(value);
      plain.codeNumber(value, counters);
    }
    const coded = kernel.take(out, kernel.exports.finishEncoder() - out);
    expect(coded).toEqual(plain.finish());
    kernel.exports.resetBits(model.ptr, MODEL);
    kernel.exports.startDecoder(kernel.put(coded), coded.length);
    for (const value of values) expect(kernel.exports.codeNumber(0, model.ptr) >>> 0).toBe(value);
    expect(kernel.exports.coderFinished()).toBe(0);
    expect(model.isIntact()).toBe(true);
  });

  it('reads any bytes as numbers without leaving its counters', () => {
    for (let seed = 0; seed < 50; seed++) {
      const kernel = diffKernels(options);
      kernel.exports.initRates();
      const model = new GuardedBlock(kernel, MODEL * 4);
      kernel.exports.resetBits(model.ptr, MODEL);
      const noise = seed === 0 ? new Uint8Array(100).fill(0) : new SeededRandom(seed).bytes(100);
      kernel.exports.startDecoder(kernel.put(noise), noise.length);
      const twin = new BitCoder(noise);
      const counters = freshCounters(MODEL);
      for (let i = 0; i < 100; i++) {
        expect(kernel.exports.codeNumber(0, model.ptr) >>> 0).toBe(twin.codeNumber(0, counters));
      }
      expect(model.isIntact()).toBe(true);
    }
  });

  it('states costs that never fall as numbers grow', () => {
    const { exports } = diffKernels(options);
    let before = 0;
    for (let value = 0; value < 70000; value++) {
      const cost = exports.numberCost(value);
      if (cost < before) expect(cost, `cost of ${value}`).toBeGreaterThanOrEqual(before);
      before = cost;
    }
    expect(exports.numberCost(0xfffffffe)).toBeGreaterThan(before);
  });
});

describe.each([{ simd: false }, { simd: true }])('uniform numbers, simd $simd', (options) => {
  function roundTrip(values: readonly number[], counts: readonly number[]): number {
    const kernel = diffKernels(options);
    const out = kernel.alloc(values.length * 5 + 8);
    const plain = new BitCoder();
    kernel.exports.startEncoder(out);
    values.forEach((value, i) => {
      expect(kernel.exports.codeUniform(value, counts[i]!) >>> 0).toBe(value);
      plain.codeUniform(value, counts[i]!);
    });
    const coded = kernel.take(out, kernel.exports.finishEncoder() - out);
    expect(coded).toEqual(plain.finish());
    kernel.exports.startDecoder(kernel.put(coded), coded.length);
    values.forEach((value, i) => {
      expect(kernel.exports.codeUniform(0, counts[i]!) >>> 0).toBe(value);
    });
    expect(kernel.exports.coderFinished()).toBe(0);
    return coded.length;
  }

  it('codes every value of every small count', () => {
    for (let count = 1; count <= 70; count++) {
      const values = Array.from({ length: count }, (_, i) => i);
      const size = roundTrip(
        values,
        values.map(() => count),
      );
      expect(size * 8).toBeLessThan(count * Math.log2(count) + 24);
    }
  });

  it('codes values of big counts in log2(count) bits', () => {
    const random = new SeededRandom(9);
    for (const count of [
      65535, 65536, 65537, 91541, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
    ]) {
      const values = [0, count - 1, ...Array.from({ length: 400 }, () => random.below(count))];
      const size = roundTrip(
        values,
        values.map(() => count),
      );
      expect(size * 8).toBeLessThan(values.length * Math.log2(count) * 1.002 + 24);
    }
  });

  it('never reads a value outside its count', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = new SeededRandom(seed);
      const kernel = diffKernels(options);
      const noise = seed === 0 ? new Uint8Array(200) : random.bytes(200);
      kernel.exports.startDecoder(kernel.put(noise), noise.length);
      const twin = new BitCoder(noise);
      for (let i = 0; i < 100; i++) {
        const count = random.skewed(31);
        const value = kernel.exports.codeUniform(0, count) >>> 0;
        expect(value).toBeLessThan(count);
        expect(value).toBe(twin.codeUniform(0, count));
      }
    }
  });
});
