import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { fillGapsReference } from '../reference/fill-gaps.js';
import { type Cover, ScanReference, type ScanRules, type WordRange } from '../reference/scan-matches.js';
import { type IndexShape, SeedIndexReference } from '../reference/seed-index.js';
import { editBytes, repetitiveBytes } from '../support/edited-bytes.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

type Search = IndexShape & ScanRules & { readonly reach: number; readonly gapStride: number };

const SEARCHES: readonly Search[] = [
  {
    ...{ bucketCount: 512, stride: 4, seedSize: 12, ways: 4 },
    ...{ tolerance: 28, advantage: 8, minimumGain: 12, reach: 2048, gapStride: 1 },
  },
  {
    ...{ bucketCount: 300, stride: 16, seedSize: 16, ways: 1 },
    ...{ tolerance: 20, advantage: 8, minimumGain: 0, reach: 100, gapStride: 2 },
  },
  {
    ...{ bucketCount: 2000, stride: 1, seedSize: 8, ways: 8 },
    ...{ tolerance: 32, advantage: 4, minimumGain: 5, reach: 1, gapStride: 1 },
  },
  {
    ...{ bucketCount: 1500, stride: 3, seedSize: 9, ways: 2 },
    ...{ tolerance: 30, advantage: 0, minimumGain: 1, reach: 700, gapStride: 3 },
  },
];

interface Slicing {
  readonly simd: boolean;
  readonly slice: number;
  readonly capacity: number;
}

interface Found {
  /** What the scan finds, and with the covers of the gaps. */
  readonly scanned: Cover[];
  readonly filled: Cover[];
}

function searchTwin(
  old: Uint8Array,
  next: Uint8Array,
  search: Search,
  words: readonly WordRange[] = [],
): Found {
  const index = new SeedIndexReference(old, search);
  index.add(0, old.length);
  const scan = new ScanReference(old, next, search, words);
  scan.scan(index);
  return { scanned: scan.covers, filled: fillGapsReference(old, next, scan.covers, search, search) };
}

function searchKernel(
  old: Uint8Array,
  next: Uint8Array,
  search: Search,
  { simd, slice, capacity }: Slicing,
  words: readonly WordRange[] = [],
): Found {
  const { bucketCount, stride, seedSize, ways, tolerance, advantage, minimumGain, reach, gapStride } = search;
  const kernel = diffKernels({ simd });
  const { exports } = kernel;
  const images = [old, next].map((bytes) => {
    const block = new GuardedBlock(kernel, bytes.length, bytes.length % 16);
    block.write(bytes);
    return block;
  });
  const [oldPtr, newPtr] = images.map(({ ptr }) => ptr) as [number, number];
  const table = new GuardedBlock(kernel, exports.seedTableSize(bucketCount, ways));
  exports.startSeedIndex(oldPtr, old.length, table.ptr, bucketCount, ways, stride, seedSize);
  exports.indexSeeds(0, old.length);
  const buffer = new GuardedBlock(kernel, capacity * 12);
  /** Calls `step` with a buffer for covers until it says that it has them all. */
  const drain = (step: () => number) => {
    const covers: Cover[] = [];
    for (let isDone = false; !isDone; ) {
      exports.setCoverBuffer(buffer.ptr, capacity);
      isDone = step() !== 0;
      const fields = kernel.view32(buffer.ptr, exports.coversFound() * 3);
      for (let i = 0; i < fields.length; i += 3) covers.push([fields[i]!, fields[i + 1]!, fields[i + 2]!]);
    }
    return covers;
  };
  exports.startScan(oldPtr, old.length, newPtr, next.length, seedSize, tolerance, advantage, minimumGain);
  const wordsPtr = kernel.alloc(words.length * 8);
  kernel.view32(wordsPtr, words.length * 2).set(words.flatMap(({ start, end }) => [start, end]));
  exports.setWordRanges(wordsPtr, words.length);
  let limit = 0;
  const scanned = drain(() => {
    if (exports.scanPosition() >= limit) limit = Math.min(limit + slice, next.length);
    return exports.scanMatches(limit);
  });
  const coversPtr = kernel.alloc(scanned.length * 12);
  kernel.view32(coversPtr, scanned.length * 3).set(scanned.flat());
  const scratch = new GuardedBlock(kernel, exports.gapIndexSize());
  exports.setWordRanges(0, 0);
  exports.startFilling(
    next.length,
    coversPtr,
    scanned.length,
    scratch.ptr,
    seedSize,
    gapStride,
    reach,
    tolerance,
    advantage,
    minimumGain,
    0,
    1,
  );
  const filled = drain(() => exports.fillGaps(slice));
  expect([...images, table, buffer, scratch].every((block) => block.isIntact())).toBe(true);
  return { scanned, filled };
}

const WHOLE: Slicing = { simd: true, slice: 1 << 20, capacity: 10000 };

describe.each(SEARCHES)(
  'scan-matches and fill-gaps kernels, stride $stride, seed size $seedSize',
  (search) => {
    test.each([1, 2, 3, 4, 5, 6])('finds the covers of its twin, however sliced (random seed %i)', (seed) => {
      const random = new SeededRandom(seed);
      const size = 3000 + random.below(9000);
      const old = seed % 2 ? repetitiveBytes(random, size) : random.bytes(size);
      const next = editBytes(random, old, size);
      const twin = searchTwin(old, next, search);
      expect(twin.scanned.length).toBeGreaterThanOrEqual(2);
      for (const slicing of [
        WHOLE,
        { ...WHOLE, simd: false },
        { ...WHOLE, slice: 1 },
        { ...WHOLE, slice: 37, capacity: 1 },
        { ...WHOLE, simd: false, slice: 1000, capacity: 2 },
      ]) {
        expect(searchKernel(old, next, search, slicing), JSON.stringify(slicing)).toEqual(twin);
      }
    });

    test.each([7, 8, 9])('looks up words where there are some (random seed %i)', (seed) => {
      const random = new SeededRandom(seed);
      const old = seed % 2 ? repetitiveBytes(random, 9000) : random.bytes(9000);
      const next = editBytes(random, old, 9000);
      // Long enough without a match for lookups to thin out.
      next.fill(0).set(random.bytes(Math.min(5000, next.length - 3000)), 1000);
      next.set(old.subarray(0, 1000));
      next.set(old.subarray(4000, 6000), next.length - 2000);
      const words = [
        { start: 40, end: 41 },
        { start: 500, end: 3001 },
        { start: 3001, end: 6400 },
        { start: 7000, end: next.length },
      ];
      const twin = searchTwin(old, next, search, words);
      for (const slicing of [WHOLE, { ...WHOLE, simd: false, slice: 37, capacity: 1 }]) {
        expect(searchKernel(old, next, search, slicing, words), JSON.stringify(slicing)).toEqual(twin);
      }
    });

    test('agrees with its twin on every small size', () => {
      const random = new SeededRandom(9);
      const bytes = repetitiveBytes(random, 200);
      for (const oldSize of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]) {
        for (const newSize of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]) {
          const old = bytes.subarray(0, oldSize);
          const next = bytes.subarray(newSize % 5, (newSize % 5) + newSize);
          const twin = searchTwin(old, next, search);
          for (const simd of [false, true]) {
            const found = searchKernel(old, next, search, { ...WHOLE, simd });
            expect(found, `old ${oldSize}, new ${newSize}, simd ${simd}`).toEqual(twin);
          }
        }
      }
    });

    test('fills long gaps in pieces, however sliced', () => {
      const random = new SeededRandom(12);
      const old = repetitiveBytes(random, 30_000);
      // Foreign bytes with short copies, one byte further each, between two copies that the scan finds.
      const next = new Uint8Array(30_000).map(() => random.below(256));
      next.set(old.subarray(0, 1000));
      next.set(old.subarray(28_000), 28_000);
      for (let at = 1100; at < 27_000; at += 300) next.set(old.subarray(at + 1, at + 41), at);
      const twin = searchTwin(old, next, search);
      if (search.reach > 100) expect(twin.filled.length).toBeGreaterThan(twin.scanned.length);
      for (const slicing of [WHOLE, { simd: false, slice: 1, capacity: 1 }, { ...WHOLE, capacity: 3 }]) {
        expect(searchKernel(old, next, search, slicing), JSON.stringify(slicing)).toEqual(twin);
      }
    });

    test('does not look at what lies behind either image', () => {
      // The guards of both blocks agree byte for byte; they must not lengthen a cover.
      const old = new SeededRandom(3).bytes(1000);
      expect(searchKernel(old, old, search, WHOLE).filled).toEqual([[0, 0, 1000]]);
      expect(searchKernel(old, old.subarray(0, 990), search, WHOLE).filled).toEqual([[0, 0, 990]]);
    });
  },
);
