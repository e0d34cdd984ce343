import { describe, expect, it } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { BitCoder, freshCounters } from '../reference/bit-coder.js';
import { SeededRandom } from '../support/seeded-random.js';

const FRESH = 0x80000000;

describe.each([{ simd: false }, { simd: true }])('adaptive bits, simd $simd', (options) => {
  function start() {
    const kernel = diffKernels(options);
    kernel.exports.initRates();
    return kernel;
  }

  it('makes counters fresh, and no others', () => {
    const kernel = start();
    const ptr = kernel.alloc(12 * 4);
    kernel.view32(ptr, 12).fill(7);
    kernel.exports.resetBits(ptr + 4, 10);
    expect([...kernel.view32(ptr, 12)]).toEqual([7, ...new Array(10).fill(FRESH), 7]);
    kernel.exports.resetBits(ptr, 0);
    expect(kernel.view32(ptr, 1)[0]).toBe(7);
  });

  it.each([2, 3, 10, 100, 5000])('follows the plain counters, one surprise in %i', (surprise) => {
    const kernel = start();
    const random = new SeededRandom(surprise);
    const plain = new BitCoder();
    const counters = freshCounters(4);
    const ptr = kernel.alloc(16);
    const out = kernel.alloc(20000);
    kernel.exports.resetBits(ptr, 4);
    kernel.exports.startEncoder(out);
    const bits = Array.from({ length: 6000 }, () => ({
      at: random.below(4),
      bit: random.oneIn(surprise) ? 1 : 0,
    })).map(({ at, bit }) => ({ at, bit: at & 1 ? 1 - bit : bit }));
    for (const { at, bit } of bits) {
      expect(kernel.exports.codeAdaptiveBit(bit, ptr + at * 4)).toBe(bit);
      plain.codeCounted(bit, counters[at]!);
    }
    const states = [...kernel.view32(ptr, 4)];
    expect(states).toEqual(counters.map(({ p, uses }) => ((p << 14) | (uses << 8)) >>> 0));
    const coded = kernel.take(out, kernel.exports.finishEncoder() - out);
    expect(coded).toEqual(plain.finish());

    kernel.exports.resetBits(ptr, 4);
    kernel.exports.startDecoder(kernel.put(coded), coded.length);
    for (const { at, bit } of bits) expect(kernel.exports.codeAdaptiveBit(0, ptr + at * 4)).toBe(bit);
    expect(kernel.exports.coderFinished()).toBe(0);
    expect([...kernel.view32(ptr, 4)]).toEqual(states);
  });

  it.each([0, 1])('comes to rest short of certainty after many bits of %i, and leaves again', (bit) => {
    const kernel = start();
    const ptr = kernel.alloc(4);
    kernel.exports.resetBits(ptr, 1);
    kernel.exports.startEncoder(kernel.alloc(100));
    let before = 32768;
    for (let i = 0; i < 3000; i++) {
      kernel.exports.codeAdaptiveBit(bit, ptr);
      const p = kernel.exports.probabilityOf(ptr);
      expect(bit ? p >= before : p <= before).toBe(true);
      before = p;
    }
    expect(before).toBe(bit ? 65512 : 24);
    kernel.exports.codeAdaptiveBit(1 - bit, ptr);
    const after = kernel.exports.probabilityOf(ptr);
    expect(Math.abs(after - before)).toBeGreaterThan(1500);
  });

  it('keeps the spare byte', () => {
    const kernel = start();
    const ptr = kernel.alloc(4);
    kernel.exports.startEncoder(kernel.alloc(4000));
    kernel.view32(ptr, 1)[0] = FRESH | 0xc3;
    const random = new SeededRandom(5);
    for (let i = 0; i < 500; i++) {
      kernel.exports.codeAdaptiveBit(random.below(2), ptr);
      expect(kernel.view32(ptr, 1)[0]! & 255).toBe(0xc3);
    }
  });
});
