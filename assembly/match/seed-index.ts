// Where old holds a given seed: a hash table of the k bytes at every stride-th offset of old.
//
//   bucket  W entries of u32, the newest first; a bucket that is full forgets its oldest
//   entry   index + 1 of the seed (offset = index * stride) in the low bits, bits of the hash above it; 0 = empty
//
// The entry's spare bits are a tag: a seed that old does not have is turned away without a look at old, so that
// foreign data costs one cache miss a lookup and not W + 1, and the processor can overlap it with the next ones.
// The bucket's number is the product of the hash's upper half and the bucket count, shifted down: any count will
// do, so the table's size follows old's and not the next power of two.
//
// A seed whose first and last word are equal is none: runs of one byte, padding, tables of one word (periods that
// divide the distance of the two words). Such a place has too many peers to mean anything, and new may hold longer runs than old: an
// image with 30 KB of zeros was covered by 900 copies of a run of 34. Backward extension from the first real seed
// behind it takes a run in. Building and looking up are linear, whatever the data: W bounds both.
// A suffix array finds every match, but takes 4 to 5 bytes of memory per byte of old and 10 to 50 times as long.

const FIRST: u64 = 0x9e3779b97f4a7c15; // 2^64 / golden ratio, odd
const SECOND: u64 = 0xd6e8feb86659fd93; // odd, no pattern in its bits

export let old: usize = 0;
export let oldSize: u32 = 0;
export let table: usize = 0;
export let buckets: u64 = 0;
export let stride: u32 = 1;
export let seedSize: u32 = 9;
export let wordSkew: usize = 1;
export let wordMask: u64 = 0;
let ways: u32 = 1;
export let bucketSize: usize = 4;
export let indexMask: u32 = 0;
/** Buckets that are filled: all, unless several threads share the work. */
export let firstBucket: usize = 0;
export let lastBucket: usize = 0;

/** Hash of the seed at `p`, from two words of min(8, seedSize - 1) bytes that cover it. 0: not a seed. */
export function hashSeed(p: usize, skew: usize, mask: u64): u64 {
  const a = load<u64>(p) & mask;
  const b = load<u64>(p + skew) & mask;
  return a == b ? 0 : (rotl<u64>(a * FIRST, 29) ^ b) * SECOND;
}

function bucketOf(hash: u64): usize {
  return table + <usize>(((hash >>> 32) * buckets) >>> 32) * bucketSize;
}

/** Bytes of a table of `bucketCount` buckets. */
export function seedTableSize(bucketCount: u32, bucketWays: u32): u32 {
  return bucketCount * bucketWays * 4;
}

/** Starts an empty index at `tablePtr` (`seedTableSize` bytes). */
export function startSeedIndex(
  oldPtr: usize,
  size: u32,
  tablePtr: usize,
  bucketCount: u32,
  bucketWays: u32,
  seedStride: u32,
  sizeOfSeed: u32,
): void {
  old = oldPtr;
  oldSize = size;
  table = tablePtr;
  buckets = <u64>bucketCount;
  ways = bucketWays;
  bucketSize = (<usize>bucketWays) << 2;
  stride = seedStride;
  seedSize = sizeOfSeed;
  const word = min(sizeOfSeed - 1, 8);
  wordSkew = <usize>(sizeOfSeed - word);
  wordMask = 0xffffffffffffffff >>> <u64>(64 - 8 * word);
  const greatest = size / seedStride + 1;
  indexMask = 0xffffffff >>> <u32>clz<u32>(greatest);
  memory.fill(tablePtr, 0, <usize>seedTableSize(bucketCount, bucketWays));
  limitSeedIndex(0, bucketCount);
}

/**
 * Only buckets [first, end) are filled from now on. What a bucket holds does not depend on the others, so a table can be made in parts.
 */
export function limitSeedIndex(first: u32, end: u32): void {
  firstBucket = table + <usize>first * bucketSize;
  lastBucket = table + <usize>end * bucketSize - bucketSize;
}

/**
 * Adds the seeds that start in [from, to), to be called in ascending slices. For small tables; seed-batches.ts fills large ones.
 */
export function indexSeeds(from: u32, to: u32): void {
  const skew = wordSkew;
  const mask = wordMask;
  const end = seedEnd(to);
  for (let offset = firstSeed(from); offset < end; offset += stride) {
    const hash = hashSeed(old + offset, skew, mask);
    if (hash == 0) continue;
    const bucket = bucketOf(hash);
    if (bucket < firstBucket || bucket > lastBucket) continue;
    putEntry(bucket, (<u32>hash & ~indexMask) | (offset / stride + 1));
  }
}

/** Puts a seed first in its bucket. */
export function putEntry(bucket: usize, entry: u32): void {
  if (ASC_FEATURE_SIMD && bucketSize == 16) {
    v128.store(bucket, v128.shuffle<u32>(v128.load(bucket), i32x4.splat(entry), 4, 0, 1, 2));
    return;
  }
  for (let way = bucketSize - 4; way > 0; way -= 4) store<u32>(bucket + way, load<u32>(bucket + way - 4));
  store<u32>(bucket, entry);
}

/** The first seed from `from` on. */
export function firstSeed(from: u32): u32 {
  return ((from + stride - 1) / stride) * stride;
}

/** Seeds that begin in front of it end in old; at most `to`. */
export function seedEnd(to: u32): u32 {
  return oldSize < seedSize ? 0 : min(to, oldSize - seedSize + 1);
}

// A lookup is hash, bucket and then each way in turn; the scan keeps all three in registers.

export function seedHash(p: usize): u64 {
  return hashSeed(p, wordSkew, wordMask);
}

export function seedBucket(hash: u64): usize {
  return bucketOf(hash);
}

/** Whether two places begin alike, as far as a seed's first word. */
export function seedsAgree(a: usize, b: usize): bool {
  return ((load<u64>(a) ^ load<u64>(b)) & wordMask) == 0;
}

export function seedWays(): u32 {
  return ways;
}

/** Offset in old of the entry's seed, or NO_SEED when the entry is empty or of another hash. */
export function seedOffset(entry: u32, hash: u64): u32 {
  const index = entry & indexMask;
  return index == 0 || ((entry ^ <u32>hash) & ~indexMask) != 0 ? NO_SEED : (index - 1) * stride;
}

export const NO_SEED: u32 = 0xffffffff;
