// The seed index: where in old a string of `seedSize` bytes may stand.
//
// Every `stride`-th position of old is entered under a hash of the seedSize (8, 12 or 16) bytes there. A bucket holds
// `ways` (1 or 4) positions as u32, 0 = empty, otherwise position + 1:
//
//   table: | bucket 0: w0 w1 w2 w3 | bucket 1: ... |      2^bits buckets
//
// With 4 ways the newest position moves the others back and the oldest falls out; with 1 way the first stays, and
// every fourth later one replaces it, so that copies late in old are found as well. A run of equal bytes (padding)
// is entered once at its start: its other positions would only fill buckets.
//
// A suffix array finds the longest match everywhere, at 5 to 9 bytes of memory per byte of old and a hundred
// times the time; measured on patch-level pairs the seeds cost 0 to 1 % of the patch (docs/ALGORITHM.md).

const MIX_1: u64 = 0x9e3779b97f4a7c15;
const MIX_2: u64 = 0xd6e8feb86659fd93;

let table: usize = 0;
let shift: u64 = 0;
let seedSize: u32 = 16;
let waysLog2: u32 = 0;

/** Bytes of a table of 2^bits buckets. */
export function seedIndexSize(bits: u32, ways: u32): u32 {
  return ((<u32>4) << bits) * ways;
}

/** Starts an empty index at `ptr`. */
export function seedIndexStart(ptr: usize, bits: u32, ways: u32, seed: u32): void {
  table = ptr;
  shift = 64 - <u64>bits;
  seedSize = seed;
  waysLog2 = ways == 4 ? 2 : 0;
  memory.fill(ptr, 0, <usize>seedIndexSize(bits, ways));
}

/** Enters the positions of old[from, to) that are multiples of `stride`. The host calls it in slices. */
export function seedIndexAdd(old: usize, oldSize: u32, from: u32, to: u32, stride: u32): void {
  if (oldSize < seedSize) return;
  const last = oldSize - seedSize;
  for (
    let position = ((from + stride - 1) / stride) * stride;
    position < to && position <= last;
    position += stride
  ) {
    const at = old + <usize>position;
    if (position > 0 && isRun(at)) continue;
    enter(bucketOf(at), position + 1);
  }
}

/** Whether the byte before and the 8 bytes here are all the same. */
function isRun(at: usize): bool {
  const word = load<u64>(at);
  return word == <u64>load<u8>(at - 1) * 0x0101010101010101;
}

function enter(bucket: usize, entry: u32): void {
  if (waysLog2 == 2) {
    store<u32>(bucket, load<u32>(bucket, 8), 12);
    store<u32>(bucket, load<u32>(bucket, 4), 8);
    store<u32>(bucket, load<u32>(bucket), 4);
    store<u32>(bucket, entry);
  } else if (load<u32>(bucket) == 0 || (entry * 2654435761) >>> 30 == 0) {
    store<u32>(bucket, entry);
  }
}

/** The bucket of the seed at `at`: `ways` entries of u32. */
export function bucketOf(at: usize): usize {
  let hash = load<u64>(at) * MIX_1;
  if (seedSize == 16) hash = (rotl<u64>(hash, 29) ^ load<u64>(at, 8)) * MIX_2;
  else if (seedSize == 12) hash = (rotl<u64>(hash, 29) ^ <u64>load<u32>(at, 8)) * MIX_2;
  return table + <usize>((hash >> shift) << (<u64>waysLog2 + 2));
}

export function bucketWays(): u32 {
  return (<u32>1) << waysLog2;
}
