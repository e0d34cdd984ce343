import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { type IndexShape, SeedIndexReference } from '../reference/seed-index.js';
import { repetitiveBytes } from '../support/edited-bytes.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const SHAPES: readonly IndexShape[] = [
  { bucketCount: 1, ways: 1, stride: 1, seedSize: 9 },
  { bucketCount: 30, ways: 3, stride: 2, seedSize: 5 },
  { bucketCount: 1, ways: 4, stride: 3, seedSize: 16 },
  { bucketCount: 97, ways: 2, stride: 4, seedSize: 12 },
  { bucketCount: 640, ways: 4, stride: 4, seedSize: 13 },
  { bucketCount: 1000, ways: 8, stride: 1, seedSize: 8 },
  { bucketCount: 200, ways: 1, stride: 16, seedSize: 16 },
];

describe.each([{ simd: false }, { simd: true }])('seed-index kernel, simd: $simd, seed 11', ({ simd }) => {
  const random = new SeededRandom(11);

  const build = (old: Uint8Array, { bucketCount, ways, stride, seedSize }: IndexShape, slice: number) => {
    const kernel = diffKernels({ simd });
    const { exports } = kernel;
    const oldPtr = kernel.put(old);
    const table = new GuardedBlock(kernel, exports.seedTableSize(bucketCount, ways));
    table.write(random.bytes(table.size));
    exports.startSeedIndex(oldPtr, old.length, table.ptr, bucketCount, ways, stride, seedSize);
    for (let from = 0; from < old.length; from += slice) {
      exports.indexSeeds(from, Math.min(old.length, from + slice));
    }
    expect(table.isIntact()).toBe(true);
    return new Uint32Array(table.take().buffer);
  };

  test.each(SHAPES)(
    'gives the table of its twin: $bucketCount x $ways, stride $stride, seed $seedSize',
    (shape) => {
      for (const size of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000, 5000]) {
        const old = random.oneIn(2) ? random.bytes(size) : repetitiveBytes(random, size);
        const twin = new SeedIndexReference(old, shape);
        twin.add(0, size);
        for (const slice of [1 << 18, 1, 7, 100]) {
          expect(build(old, shape, slice), `${size} bytes, slices of ${slice}`).toEqual(twin.table);
        }
      }
    },
  );

  test.each([1, 3, 4])('batches give the same table, %i ways', (ways) => {
    const kernel = diffKernels({ simd });
    const { exports } = kernel;
    const old = random.bytes(600_000);
    const bucketCount = Math.ceil(1_400_000 / (4 * ways));
    const size = exports.seedTableSize(bucketCount, ways);
    const oldPtr = kernel.put(old);
    const table = new GuardedBlock(kernel, size);
    const scratch = new GuardedBlock(kernel, exports.seedBatchesSize(size));
    const start = () => exports.startSeedIndex(oldPtr, old.length, table.ptr, bucketCount, ways, 2, 12);
    start();
    exports.indexSeeds(0, old.length);
    const direct = table.take();
    start();
    exports.startSeedBatches(scratch.ptr);
    for (let from = 0; from < old.length; from += 100_003) {
      exports.batchSeeds(from, Math.min(old.length, from + 100_003));
    }
    exports.finishSeedBatches();
    expect(Buffer.compare(table.take(), direct)).toBe(0);
    expect([table.isIntact(), scratch.isIntact()]).toEqual([true, true]);
  });

  test.each([1, 2, 4])('a run of period %i has no seeds', (period) => {
    const old = Uint8Array.from({ length: 4096 }, (_, i) => i % period);
    const table = build(old, { bucketCount: 64, ways: 4, stride: 1, seedSize: 12 }, 4096);
    expect(table.filter((entry) => entry !== 0).length).toBe(0);
  });
});
