import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { countEqualReference, matchLengthReference } from '../reference/match-length.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const SIZES = [...Array(81).keys(), 255, 256, 257, 65535, 65536, 65537];

describe.each([{ simd: false }, { simd: true }])('match-length kernel, simd: $simd, seed 5', ({ simd }) => {
  const kernel = diffKernels({ simd });
  const { exports } = kernel;
  const random = new SeededRandom(5);

  /** Two guarded blocks whose guards agree, so that a look behind the end would count. */
  const place = (a: Uint8Array, b: Uint8Array) => {
    const skew = random.below(16);
    const blocks = [a, b].map((bytes, i) => {
      const block = new GuardedBlock(kernel, bytes.length, (skew * (i + 1)) % 16);
      block.write(bytes);
      return block;
    });
    return blocks as [GuardedBlock, GuardedBlock];
  };

  const expectTwin = (a: Uint8Array, b: Uint8Array) => {
    const mark = kernel.mark();
    const [first, second] = place(a, b);
    expect(exports.matchLength(first.ptr, second.ptr, a.length) >>> 0).toBe(matchLengthReference(a, b));
    expect(exports.countEqual(first.ptr, second.ptr, a.length) >>> 0).toBe(countEqualReference(a, b));
    expect(first.isIntact() && second.isIntact()).toBe(true);
    kernel.release(mark);
  };

  test.each([
    ['equal stretches', () => 0],
    ['a difference in bit 7 of the last byte', (i: number, size: number) => (i === size - 1 ? 0x80 : 0)],
    ['a difference in bit 0 of the last byte', (i: number, size: number) => (i === size - 1 ? 1 : 0)],
    ['a difference in each byte', () => 1],
    ['a difference in every third byte', (i: number) => (i % 3 === 2 ? 0x81 : 0)],
  ])('%s, every size around the block sizes', (_, difference) => {
    for (const size of SIZES) {
      const a = random.bytes(size);
      expectTwin(
        a,
        a.map((byte, i) => byte ^ difference(i, size)),
      );
    }
  });

  test('one difference at each place', () => {
    const a = random.bytes(70);
    for (let at = 0; at < a.length; at++) {
      const b = a.slice();
      b[at]! ^= 1 << random.below(8);
      expectTwin(a, b);
    }
  });

  test('every pair of bytes', () => {
    expectTwin(
      Uint8Array.from({ length: 65536 }, (_, i) => i >> 8),
      Uint8Array.from({ length: 65536 }, (_, i) => i),
    );
  });
});
