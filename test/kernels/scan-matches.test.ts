import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { type ScanRules, scanMatchesReference } from '../reference/scan-matches.js';
import { editBytes, repetitiveBytes } from '../support/edited-bytes.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const RULES: readonly ScanRules[] = [
  { bucketCount: 512, stride: 4, seedSize: 12, ways: 4, tolerance: 28, advantage: 8, minimumGain: 12 },
  { bucketCount: 300, stride: 16, seedSize: 16, ways: 1, tolerance: 20, advantage: 8, minimumGain: 0 },
  { bucketCount: 2000, stride: 1, seedSize: 8, ways: 8, tolerance: 32, advantage: 4, minimumGain: 5 },
  { bucketCount: 1500, stride: 3, seedSize: 9, ways: 2, tolerance: 30, advantage: 0, minimumGain: 1 },
];

interface Slicing {
  readonly simd: boolean;
  readonly slice: number;
  readonly capacity: number;
}

function scan(old: Uint8Array, next: Uint8Array, rules: ScanRules, { simd, slice, capacity }: Slicing) {
  const { bucketCount, stride, seedSize, ways, tolerance, advantage, minimumGain } = rules;
  const kernel = diffKernels({ simd });
  const { exports } = kernel;
  const [oldBlock, newBlock] = [old, next].map((bytes) => {
    const block = new GuardedBlock(kernel, bytes.length, bytes.length % 16);
    block.write(bytes);
    return block;
  }) as [GuardedBlock, GuardedBlock];
  const table = kernel.alloc(exports.seedTableSize(bucketCount, ways));
  exports.startSeedIndex(oldBlock.ptr, old.length, table, bucketCount, ways, stride, seedSize);
  exports.indexSeeds(0, old.length);
  const buffer = new GuardedBlock(kernel, capacity * 12);
  exports.startScan(
    oldBlock.ptr,
    old.length,
    newBlock.ptr,
    next.length,
    seedSize,
    tolerance,
    advantage,
    minimumGain,
  );
  const covers: number[] = [];
  for (let limit = slice, isDone = false; !isDone; ) {
    exports.setCoverBuffer(buffer.ptr, capacity);
    isDone = exports.scanMatches(Math.min(limit, next.length)) !== 0;
    covers.push(...kernel.view32(buffer.ptr, exports.coversFound() * 3));
    if (exports.scanPosition() >= limit) limit += slice;
  }
  expect([oldBlock, newBlock, buffer].every((block) => block.isIntact())).toBe(true);
  return covers;
}

const WHOLE: Slicing = { simd: true, slice: 1 << 20, capacity: 10000 };

describe.each(RULES)('scan-matches kernel, stride $stride, seed size $seedSize', (rules) => {
  test.each([1, 2, 3, 4, 5, 6])('finds the covers of its twin, however sliced (random seed %i)', (seed) => {
    const random = new SeededRandom(seed);
    const size = 3000 + random.below(9000);
    const old = seed % 2 ? repetitiveBytes(random, size) : random.bytes(size);
    const next = editBytes(random, old, size);
    const twin = scanMatchesReference(old, next, rules);
    expect(twin.length).toBeGreaterThanOrEqual(6);
    for (const slicing of [
      WHOLE,
      { ...WHOLE, simd: false },
      { ...WHOLE, slice: 1 },
      { ...WHOLE, slice: 37, capacity: 1 },
      { ...WHOLE, simd: false, slice: 1000, capacity: 2 },
    ]) {
      expect(scan(old, next, rules, slicing), JSON.stringify(slicing)).toEqual(twin);
    }
  });

  test('agrees with its twin on every small size', () => {
    const random = new SeededRandom(9);
    const bytes = repetitiveBytes(random, 200);
    for (const oldSize of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]) {
      for (const newSize of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]) {
        const old = bytes.subarray(0, oldSize);
        const next = bytes.subarray(newSize % 5, (newSize % 5) + newSize);
        const twin = scanMatchesReference(old, next, rules);
        for (const simd of [false, true]) {
          const found = scan(old, next, rules, { ...WHOLE, simd });
          expect(found, `old ${oldSize}, new ${newSize}, simd ${simd}`).toEqual(twin);
        }
      }
    }
  });

  test('does not look at what lies behind either image', () => {
    // The guards of both blocks agree byte for byte; they must not lengthen a cover.
    const old = new SeededRandom(3).bytes(1000);
    expect(scan(old, old, rules, WHOLE)).toEqual([0, 0, 1000]);
    expect(scan(old, old.subarray(0, 990), rules, WHOLE)).toEqual([0, 0, 990]);
  });
});
