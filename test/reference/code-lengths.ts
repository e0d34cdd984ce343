/**
 * Lengths of a Huffman code, none above `most`: package-merge finds the best such code (L. L. Larmore, D. S. Hirschberg, "A fast
 * algorithm for optimal length-limited Huffman codes", 1990). Symbols that do not occur count as if they did once, since bzip2 gives
 * every symbol a code. Ties fall to the lower symbol, so the result depends on the counts alone.
 */
export function findCodeLengths(counts: Uint32Array, size: number, most: number): Uint8Array {
  const lengths = new Uint8Array(size);
  const order = Array.from({ length: size }, (_, symbol) => symbol).sort(
    (a, b) => weight(counts, a) - weight(counts, b) || a - b,
  );
  // Each level holds leaves and pairs of the level below, by weight. `picks` remembers which entries are leaves.
  let weights: number[] = [];
  const levels: boolean[][] = [];
  for (let level = 0; level < most; level++) {
    const merged: number[] = [];
    const isLeaf: boolean[] = [];
    let leaf = 0;
    let pair = 0;
    const pairCount = weights.length >>> 1;
    while (leaf < size || pair < pairCount) {
      const pairWeight =
        pair < pairCount ? weights[2 * pair]! + weights[2 * pair + 1]! : Number.POSITIVE_INFINITY;
      const leafWeight = leaf < size ? weight(counts, order[leaf]!) : Number.POSITIVE_INFINITY;
      if (leafWeight <= pairWeight) {
        merged.push(leafWeight);
        isLeaf.push(true);
        leaf++;
      } else {
        merged.push(pairWeight);
        isLeaf.push(false);
        pair++;
      }
    }
    weights = merged;
    levels.push(isLeaf);
  }
  // Of the top level the first 2n - 2 entries are taken, and of each level below what their pairs are made of.
  let taken = 2 * size - 2;
  for (let level = most - 1; level >= 0; level--) {
    let leaves = 0;
    for (let i = 0; i < taken; i++) if (levels[level]![i]) leaves++;
    for (let i = 0; i < leaves; i++) lengths[order[i]!]!++;
    taken = 2 * (taken - leaves);
  }
  return lengths;
}

function weight(counts: Uint32Array, symbol: number): number {
  return Math.max(1, counts[symbol]!);
}
