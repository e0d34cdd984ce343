import { describe, expect, test } from 'vitest';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { addDiffReference } from '../reference/add-diff.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const random = new SeededRandom(43);
const OLD = random.bytes(66_000);
const DIFF = random.bytes(66_000);
const EVERY_SUM_OLD = Uint8Array.from({ length: 65536 }, (_, i) => i >> 8);
const EVERY_SUM_DIFF = Uint8Array.from({ length: 65536 }, (_, i) => i);
const LENGTHS = [...Array(201).keys(), 4095, 4096, 4097, 65472, 65535, 65536, 65537, 65600];

/** As `toEqual`, in a thousandth of its time on long arrays. */
const expectBytes = (found: Uint8Array, expected: Uint8Array, what: string) =>
  expect(Buffer.compare(found, expected), what).toBe(0);

describe.each([{ simd: false }, { simd: true }])('add-diff kernel, simd: $simd, seed 43', ({ simd }) => {
  /** Adds with guards round the three blocks; `out` may be one of the inputs. */
  const add = (old: Uint8Array, diff: Uint8Array, out: 'apart' | 'old' | 'diff', skew = 0): Uint8Array => {
    const kernel = applyKernels({ simd });
    const blocks = {
      old: new GuardedBlock(kernel, old.length, skew),
      diff: new GuardedBlock(kernel, old.length, (skew * 3) % 16),
      apart: new GuardedBlock(kernel, old.length, (skew * 5) % 16),
    };
    blocks.old.write(old);
    blocks.diff.write(diff);
    kernel.exports.addDiff(blocks[out].ptr, blocks.old.ptr, blocks.diff.ptr, old.length);
    expect(Object.values(blocks).every((block) => block.isIntact())).toBe(true);
    if (out !== 'old') expectBytes(blocks.old.take(), old, 'old is only read');
    if (out !== 'diff') expectBytes(blocks.diff.take(), diff, 'diff is only read');
    return blocks[out].take();
  };

  test('every pair of bytes is added modulo 256', () => {
    const sums = add(EVERY_SUM_OLD, EVERY_SUM_DIFF, 'apart');
    expectBytes(sums, addDiffReference(EVERY_SUM_OLD, EVERY_SUM_DIFF), 'sums');
  });

  test.each(['apart', 'old', 'diff'] as const)('every length around the block sizes, result %s', (out) => {
    for (const size of LENGTHS) {
      const [old, diff] = [OLD.slice(0, size), DIFF.slice(0, size)];
      expectBytes(add(old, diff, out, size % 16), addDiffReference(old, diff), `${size} bytes`);
    }
  });
});
