// Fills a seed index that is far larger than what the processor keeps at hand, of its bytes and of the places of its pages.
//
// Seeds go to all of the table, so that putting each at once is two misses. Here they are first laid into batches, one for each part
// of the table, and a full batch is put into its part in one go:
//
//   batch   u32 seeds in it · from 64 on { u32 bucket's address · u32 entry } * BATCH_SEEDS
//
// Each bucket gets its seeds in the same order as from `indexSeeds`, so the table is the same: 39 -> 17 ns a seed on 54 MB
// (node-arm64). Scratch is 1/32 of the table.

import {
  bucketSize,
  buckets,
  firstBucket,
  firstSeed,
  hashSeed,
  indexMask,
  lastBucket,
  old,
  putEntry,
  seedEnd,
  stride,
  table,
  wordMask,
  wordSkew,
} from './seed-index';

/** 512 KiB, about half a second-level cache. */
const PART_LOG2: u32 = 19;
const BATCH_SEEDS: u32 = 2048;
const SEEDS_AT: usize = 64;
const BATCH_SIZE: usize = SEEDS_AT + <usize>(BATCH_SEEDS << 3);

let batches: usize = 0;
let batchCount: u32 = 0;

/** Bytes of scratch for a table of `tableSize` bytes. */
export function seedBatchesSize(tableSize: u32): u32 {
  return ((tableSize >>> PART_LOG2) + 1) * <u32>BATCH_SIZE;
}

/** Starts empty batches for the index that was started. */
export function startSeedBatches(scratch: usize): void {
  batches = scratch;
  batchCount = ((<u32>buckets * <u32>bucketSize) >>> PART_LOG2) + 1;
  for (let i: u32 = 0; i < batchCount; i++) store<u32>(scratch + <usize>i * BATCH_SIZE, 0);
}

/** Adds the seeds that start in [from, to), to be called in ascending slices and ended by `finishSeedBatches`. */
export function batchSeeds(from: u32, to: u32): void {
  const skew = wordSkew;
  const mask = wordMask;
  const step = stride;
  const base = table;
  const first = firstBucket;
  const last = lastBucket;
  const tags = ~indexMask;
  const count = buckets;
  const size = bucketSize;
  const scratch = batches;
  const end = seedEnd(to);
  let offset = firstSeed(from);
  for (let index = offset / step + 1; offset < end; index++, offset += step) {
    const hash = hashSeed(old + offset, skew, mask);
    if (hash == 0) continue;
    const bucket = base + <usize>(((hash >>> 32) * count) >>> 32) * size;
    if (bucket < first || bucket > last) continue;
    const batch = scratch + ((bucket - base) >>> PART_LOG2) * BATCH_SIZE;
    const seeds = load<u32>(batch);
    const place = batch + SEEDS_AT + <usize>(seeds << 3);
    store<u32>(place, <u32>bucket);
    store<u32>(place, (<u32>hash & tags) | index, 4);
    store<u32>(batch, seeds + 1);
    if (seeds + 1 == BATCH_SEEDS) emptyBatch(batch);
  }
}

/** Puts what is left in the batches into the table. */
export function finishSeedBatches(): void {
  for (let i: u32 = 0; i < batchCount; i++) emptyBatch(batches + <usize>i * BATCH_SIZE);
}

function emptyBatch(batch: usize): void {
  const end = batch + SEEDS_AT + <usize>(load<u32>(batch) << 3);
  for (let place = batch + SEEDS_AT; place < end; place += 8) {
    putEntry(<usize>load<u32>(place), load<u32>(place, 4));
  }
  store<u32>(batch, 0);
}
