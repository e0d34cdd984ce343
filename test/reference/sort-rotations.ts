/**
 * Sorting the rotations of a block, the heart of bzip2's encoder.
 *
 * All rotations of a block w stand in the order of its suffixes when w is the least of its own rotations (a Lyndon word, or a power of
 * one): in a Lyndon word a suffix and the rotation that begins there compare alike. So:
 *
 * 1. find the least rotation (Booth's scan, two candidates that chase each other, at most 2n steps),
 * 2. cut a power u^k down to u: its rotations are those of u, each k times,
 * 3. sort the suffixes of that rotation by induced sorting (SA-IS), in time O(n) whatever the bytes are.
 *
 * bzip2's own sorters compare rotations and need a fallback for repetitive blocks; this one has no bad case. Its memory is about 13 bytes
 * for each byte of the block.
 *
 * Sources: K. S. Booth, "Lexicographically least circular substrings", 1980; G. Nong, S. Zhang, W. H. Chan, "Linear suffix array
 * construction by almost pure induced-sorting", 2009; R. Giancarlo, A. Restivo, M. Sciortino, "From first principles to the
 * Burrows and Wheeler transform and beyond, via combinatorial optimization", 2007 (suffixes of Lyndon words).
 */

/** Start of the least rotation of `text`. */
export function findLeastRotation(text: Uint8Array): number {
  const size = text.length;
  let best = 0;
  let other = 1;
  let same = 0;
  while (best < size && other < size && same < size) {
    const a = text[(best + same) % size]!;
    const b = text[(other + same) % size]!;
    if (a === b) {
      same++;
      continue;
    }
    // Every start between the loser and its mismatch loses to a start behind the winner.
    if (a > b) best += same + 1;
    else other += same + 1;
    if (best === other) other++;
    same = 0;
  }
  return Math.min(best, other);
}

/** Length of the shortest u of which `text` is a power; the length of `text` when it is none. */
function findPeriod(text: Uint8Array): number {
  const size = text.length;
  const borders = new Int32Array(size);
  for (let i = 1, length = 0; i < size; i++) {
    while (length > 0 && text[i] !== text[length]) length = borders[length - 1]!;
    if (text[i] === text[length]) length++;
    borders[i] = length;
  }
  const period = size - borders[size - 1]!;
  return size % period === 0 ? period : size;
}

/** Last bytes of the sorted rotations of a block, and which of them is the block itself. */
export function transformBlock(block: Uint8Array): { readonly last: Uint8Array; readonly origin: number } {
  const size = block.length;
  const start = findLeastRotation(block);
  const turned = new Uint8Array(size);
  turned.set(block.subarray(start));
  turned.set(block.subarray(0, start), size - start);
  const period = findPeriod(turned);
  const copies = size / period;
  const word = turned.subarray(0, period);
  const order = sortSuffixes(word, period, 255);
  const last = new Uint8Array(size);
  // Where the block begins within the turned one.
  const home = (size - start) % period;
  let origin = 0;
  for (let i = 0, at = 0; i < period; i++) {
    const place = order[i]!;
    if (place === home) origin = at;
    const before = word[place === 0 ? period - 1 : place - 1]!;
    for (let copy = 0; copy < copies; copy++) last[at++] = before;
  }
  return { last, origin };
}

type Text = Uint8Array | Int32Array;

/** Places of the suffixes of `text` in their order; its values are 0 to `top`. */
export function sortSuffixes(text: Text, size: number, top: number): Int32Array {
  const order = new Int32Array(size);
  if (size === 0) return order;
  if (size === 1) return order;
  // A suffix is small when it comes before the next one.
  const isSmall = new Uint8Array(size);
  for (let i = size - 2; i >= 0; i--) {
    const a = text[i]!;
    const b = text[i + 1]!;
    isSmall[i] = a === b ? isSmall[i + 1]! : a < b ? 1 : 0;
  }
  // Of each value: where its large suffixes begin in the order, and where its small ones do.
  const largeStart = new Int32Array(top + 2);
  const smallStart = new Int32Array(top + 2);
  for (let i = 0; i < size; i++) {
    if (isSmall[i] === 1) largeStart[text[i]! + 1]!++;
    else smallStart[text[i]!]!++;
  }
  for (let value = 0; value <= top; value++) {
    smallStart[value]! += largeStart[value]!;
    largeStart[value + 1]! += smallStart[value]!;
  }
  const next = new Int32Array(top + 2);

  // Orders all suffixes, given the order of the leftmost small ones.
  const induce = (leftmost: Int32Array, count: number): void => {
    order.fill(-1);
    next.set(smallStart);
    for (let i = 0; i < count; i++) {
      const place = leftmost[i]!;
      const value = text[place]!;
      order[next[value]!] = place;
      next[value]!++;
    }
    next.set(largeStart);
    order[next[text[size - 1]!]!] = size - 1;
    next[text[size - 1]!]!++;
    for (let i = 0; i < size; i++) {
      const place = order[i]! - 1;
      if (place >= 0 && isSmall[place] === 0) {
        const value = text[place]!;
        order[next[value]!] = place;
        next[value]!++;
      }
    }
    next.set(largeStart);
    for (let i = size - 1; i >= 0; i--) {
      const place = order[i]! - 1;
      if (place >= 0 && isSmall[place] === 1) {
        const value = text[place]! + 1;
        next[value]!--;
        order[next[value]!] = place;
      }
    }
  };

  const numberOf = new Int32Array(size).fill(-1);
  let count = 0;
  for (let i = 1; i < size; i++) if (isSmall[i - 1] === 0 && isSmall[i] === 1) numberOf[i] = count++;
  const leftmost = new Int32Array(count);
  for (let i = 1; i < size; i++) if (numberOf[i]! >= 0) leftmost[numberOf[i]!] = i;
  induce(leftmost, count);
  if (count === 0) return order;

  // Names of the pieces between leftmost small suffixes, in their order; equal pieces share a name.
  const sorted = new Int32Array(count);
  for (let i = 0, at = 0; i < size; i++) if (numberOf[order[i]!]! >= 0) sorted[at++] = order[i]!;
  const names = new Int32Array(count);
  let name = 0;
  for (let i = 1; i < count; i++) {
    let left = sorted[i - 1]!;
    let right = sorted[i]!;
    const leftEnd = numberOf[left]! + 1 < count ? leftmost[numberOf[left]! + 1]! : size;
    const rightEnd = numberOf[right]! + 1 < count ? leftmost[numberOf[right]! + 1]! : size;
    let isSame = leftEnd - left === rightEnd - right;
    if (isSame) {
      while (left < leftEnd && text[left] === text[right]) {
        left++;
        right++;
      }
      if (left === size || right === size || text[left] !== text[right]) isSame = false;
    }
    if (!isSame) name++;
    names[numberOf[sorted[i]!]!] = name;
  }
  const ranked = sortSuffixes(names, count, name);
  for (let i = 0; i < count; i++) sorted[i] = leftmost[ranked[i]!]!;
  induce(sorted, count);
  return order;
}
