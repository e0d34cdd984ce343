// Where words of four bytes occurred lately, for fast levels of the LZ encoder: a hash table of the newest positions.
//
//   bucket   `ways` entries of u32, the newest first; a bucket that is full forgets its oldest
//   entry    position modulo a power of two in the low bits, bits of the word's hash above them
//
// Chains of positions by age cost two cache misses a step, one for the link and one for the bytes, and most steps led to another word of the same
// hash. Here the same positions lie side by side, and the hash bits turn other words away unseen. Nothing is removed: an entry that is empty, or older than the
// modulus, looks like another position whose bytes do not agree, or agree by chance, which the caller finds out anyway. Each position costs `ways` entries.

const MULTIPLIER: u32 = 0x9e3779b1;
const MOST_WAYS_LOG2: u32 = 3;
const LEAST_BITS: u32 = 8;
/** 2 MiB of buckets: more of them find matches that are farther away, and dearer. */
const MOST_BITS: u32 = 16;

/** The entries of the bucket that was entered last, as they were before. */
const ENTRIES: usize = memory.data(32, 16);

let table: usize = 0;
let bits: u32 = 0;
let waysLog2: u32 = 0;
let positionMask: u32 = 0;

/** log2 of the ways for a search that tries `depth` positions. */
function waysLog2For(depth: u32): u32 {
  let log2: u32 = 0;
  while (log2 < MOST_WAYS_LOG2 && (<u32>1) << log2 < depth) log2++;
  return log2;
}

/** log2 of a count, rounded up. */
function log2Above(count: u32): u32 {
  return count <= 1 ? 0 : 32 - <u32>clz<u32>(count - 1);
}

/** log2 of the buckets: an entry for each position, up to a limit. */
function bucketBits(positions: u32, ways: u32): u32 {
  const wanted = max<u32>(log2Above(positions), LEAST_BITS + ways) - ways;
  return min<u32>(wanted, MOST_BITS);
}

/** Bytes of the table for a window of so many positions and `depth` tried ones. */
export function bucketsSize(positions: u32, depth: u32): u32 {
  const ways = waysLog2For(depth);
  return (<u32>4) << (bucketBits(positions, ways) + ways);
}

export function startBuckets(block: usize, positions: u32, depth: u32): void {
  table = block;
  waysLog2 = waysLog2For(depth);
  bits = bucketBits(positions, waysLog2);
  positionMask = ((<u32>1) << max<u32>(log2Above(positions), 1)) - 1;
  memory.fill(block, 0, bucketsSize(positions, depth));
}

/** Enters a position into the bucket of the word that stands there; answers which of the entries before it, from bit 0 on, may have the same word. */
export function enterWord(word: u32, at: u32): u32 {
  const hash = word * MULTIPLIER;
  const bucket = table + ((<usize>(hash >>> (32 - bits))) << (waysLog2 + 2));
  const tagMask = ~positionMask;
  const tag = (hash << bits) & tagMask;
  const entry = tag | (at & positionMask);
  if (ASC_FEATURE_SIMD && waysLog2 == 3) {
    const newer = v128.load(bucket);
    const older = v128.load(bucket, 16);
    const first = i32x4.splat(entry);
    v128.store(bucket, v128.shuffle<u32>(newer, first, 4, 0, 1, 2));
    v128.store(bucket, v128.shuffle<u32>(older, newer, 7, 0, 1, 2), 16);
    v128.store(ENTRIES, newer);
    v128.store(ENTRIES, older, 16);
    const tags = i32x4.splat(tag);
    const masks = i32x4.splat(tagMask);
    return (
      <u32>i32x4.bitmask(i32x4.eq(v128.and(newer, masks), tags)) |
      ((<u32>i32x4.bitmask(i32x4.eq(v128.and(older, masks), tags))) << 4)
    );
  }
  let found: u32 = 0;
  let before = entry;
  for (let way: u32 = 0; way < (<u32>1) << waysLog2; way++) {
    const place = (<usize>way) << 2;
    const present = load<u32>(bucket + place);
    store<u32>(bucket + place, before);
    store<u32>(ENTRIES + place, present);
    if ((present & tagMask) == tag) found |= (<u32>1) << way;
    before = present;
  }
  return found;
}

/** How far before `at` an entry of the bucket entered last stands; 0 and distances beyond `at` mean nothing. */
export function entryDistance(way: u32, at: u32): u32 {
  return (at - load<u32>(ENTRIES + ((<usize>way) << 2))) & positionMask;
}
