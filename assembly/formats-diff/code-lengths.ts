// Lengths of a Huffman code, none above MOST_BITS: package-merge finds the best such code.
//
// Symbols that do not occur count as if they did once, since bzip2 gives every symbol a code. Each level holds leaves and pairs of the
// level below, by weight; of the top level the first 2n - 2 entries are taken, and of each level below what their pairs are made of. Ties
// fall to the lower symbol and to leaves, so the result depends on the counts alone.
//
// Source: L. L. Larmore, D. S. Hirschberg, "A fast algorithm for optimal length-limited Huffman codes", 1990.

/** bzip2 takes 20 and writes 17. */
export const MOST_BITS: u32 = 17;
/** 256 places, less one, two digits of runs and the end. */
export const MOST_SYMBOLS: u32 = 258;

const ENTRIES: u32 = MOST_SYMBOLS * 2;
/** Symbols by weight: weight << 16 | symbol. */
const LEAVES: usize = memory.data(258 * 8, 16);
/** Weights of two levels in turn, and of each level which entries are leaves. */
const WEIGHTS: usize = memory.data(2 * 516 * 8, 16);
const IS_LEAF: usize = memory.data(17 * 516, 16);

/** Writes lengths as bytes from counts of 32 bits; 2 symbols at least. */
export function findCodeLengths(counts: usize, size: u32, lengths: usize): void {
  sortLeaves(counts, size);
  let below: u32 = 0;
  let weights = WEIGHTS;
  let former = WEIGHTS + ENTRIES * 8;
  for (let level: u32 = 0; level < MOST_BITS; level++) {
    below = mergeLevel(size, former, below >>> 1, weights, IS_LEAF + <usize>(level * ENTRIES));
    const other = former;
    former = weights;
    weights = other;
  }
  memory.fill(lengths, 0, <usize>size);
  let taken: u32 = 2 * size - 2;
  for (let level = MOST_BITS; level > 0; level--) {
    const isLeaf = IS_LEAF + <usize>((level - 1) * ENTRIES);
    let leaves: u32 = 0;
    for (let i: u32 = 0; i < taken; i++) leaves += <u32>load<u8>(isLeaf + <usize>i);
    for (let i: u32 = 0; i < leaves; i++) {
      const symbol = <usize>load<u16>(LEAVES + <usize>(i << 3));
      store<u8>(lengths + symbol, load<u8>(lengths + symbol) + 1);
    }
    taken = 2 * (taken - leaves);
  }
}

function leafAt(index: u32): u64 {
  return load<u64>(LEAVES + <usize>(index << 3));
}

/** Shell's sort; keys differ. */
function sortLeaves(counts: usize, size: u32): void {
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const weight = max<u32>(1, load<u32>(counts + <usize>(symbol << 2)));
    store<u64>(LEAVES + <usize>(symbol << 3), ((<u64>weight) << 16) | <u64>symbol);
  }
  // Steps that M. Ciura found best, 2001.
  sortByStep(size, 132);
  sortByStep(size, 57);
  sortByStep(size, 23);
  sortByStep(size, 10);
  sortByStep(size, 4);
  sortByStep(size, 1);
}

function sortByStep(size: u32, step: u32): void {
  for (let i = step; i < size; i++) {
    const key = leafAt(i);
    let at = i;
    for (; at >= step && leafAt(at - step) > key; at -= step) {
      store<u64>(LEAVES + <usize>(at << 3), leafAt(at - step));
    }
    store<u64>(LEAVES + <usize>(at << 3), key);
  }
}

/** A level of leaves and pairs of `former`; answers its size. */
function mergeLevel(size: u32, former: usize, pairCount: u32, weights: usize, isLeaf: usize): u32 {
  let leaf: u32 = 0;
  let pair: u32 = 0;
  let made: u32 = 0;
  const none: u64 = 0xffffffffffffffff;
  let leafWeight = leafAt(0) >>> 16;
  let pairWeight = pairCount > 0 ? pairAt(former, 0) : none;
  while (leaf < size || pair < pairCount) {
    const takesLeaf = leaf < size && leafWeight <= pairWeight;
    store<u64>(weights + <usize>(made << 3), takesLeaf ? leafWeight : pairWeight);
    store<u8>(isLeaf + <usize>made, takesLeaf ? 1 : 0);
    made++;
    if (takesLeaf) {
      leaf++;
      leafWeight = leaf < size ? leafAt(leaf) >>> 16 : none;
    } else {
      pair++;
      pairWeight = pair < pairCount ? pairAt(former, pair) : none;
    }
  }
  return made;
}

function pairAt(weights: usize, pair: u32): u64 {
  return load<u64>(weights + <usize>(pair << 4)) + load<u64>(weights + <usize>(pair << 4), 8);
}
