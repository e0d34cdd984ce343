// A set of small integers 0 .. size - 1 that answers "how many members lie below i" (rank) and "which is the k-th
// member" (select) while members come and go: a bit per integer in 64-bit words, and over the words a Fenwick tree
// of their member counts (P. Fenwick, "A new data structure for cumulative frequency tables", 1994). Both queries
// and each change of a word are O(log(size / 64)).
//
//   block:  0  u32 count of members     8  u64 words[W]          W = ceil(size / 64)
//           4  u32 W                    …  u32 tree[W + 1]       tree[i] = members of words (i - lowbit(i) .. i - 1)
//
// Callers keep indices below size, and k below the count.

const HEADER: usize = 8;

/** Bytes that a set of `size` integers takes. */
export function rankSetSize(size: u32): u32 {
  const words = (size + 63) >>> 6;
  return <u32>HEADER + words * 12 + 8;
}

/** Makes the set at `set` hold all of 0 .. size - 1, or none. */
export function resetRankSet(set: usize, size: u32, full: bool): void {
  const words = (size + 63) >>> 6;
  store<u32>(set, full ? size : 0);
  store<u32>(set, words, 4);
  const tree = treeOf(set);
  memory.fill(set + HEADER, full ? 0xff : 0, (<usize>words) << 3);
  memory.fill(tree, 0, (<usize>(words + 1)) << 2);
  if (!full || size == 0) return;
  const tail = size & 63;
  if (tail != 0) store<u64>(wordAt(set, words - 1), ((<u64>1) << tail) - 1);
  for (let i: u32 = 1; i <= words; i++) {
    const slot = tree + ((<usize>i) << 2);
    const count = load<u32>(slot) + <u32>popcnt<u64>(load<u64>(wordAt(set, i - 1)));
    store<u32>(slot, count);
    const parent = i + (i & -i);
    if (parent <= words) {
      const up = tree + ((<usize>parent) << 2);
      store<u32>(up, load<u32>(up) + count);
    }
  }
}

export function memberCount(set: usize): u32 {
  return load<u32>(set);
}

export function hasMember(set: usize, i: u32): bool {
  return ((load<u64>(wordAt(set, i >>> 6)) >>> (i & 63)) & 1) != 0;
}

export function insertMember(set: usize, i: u32): void {
  if (hasMember(set, i)) return;
  const word = wordAt(set, i >>> 6);
  store<u64>(word, load<u64>(word) | ((<u64>1) << (i & 63)));
  changeCount(set, i >>> 6, 1);
}

/** Members below `i`, which may be the size of the set. */
export function rankOf(set: usize, i: u32): u32 {
  const tree = treeOf(set);
  let sum: u32 = 0;
  for (let at = i >>> 6; at > 0; at &= at - 1) sum += load<u32>(tree + ((<usize>at) << 2));
  const rest = i & 63;
  if (rest != 0) sum += <u32>popcnt<u64>(load<u64>(wordAt(set, i >>> 6)) & (((<u64>1) << rest) - 1));
  return sum;
}

/** The member with `k` members below it; k < memberCount. */
export function selectMember(set: usize, k: u32): u32 {
  const words = load<u32>(set, 4);
  const tree = treeOf(set);
  let at: u32 = 0;
  for (let step: u32 = (<u32>1) << (31 - <u32>clz<u32>(words)); step > 0; step >>>= 1) {
    const next = at + step;
    if (next > words) continue;
    const below = load<u32>(tree + ((<usize>next) << 2));
    if (below > k) continue;
    at = next;
    k -= below;
  }
  let word = load<u64>(wordAt(set, at));
  let base = at << 6;
  for (let width: u32 = 32; width >= 8; width >>>= 1) {
    const below = <u32>popcnt<u64>(word & (((<u64>1) << width) - 1));
    if (below > k) continue;
    k -= below;
    word >>>= width;
    base += width;
  }
  while (k > 0) {
    word &= word - 1;
    k--;
  }
  return base + <u32>ctz<u64>(word);
}

/** Removes all members in [from, to). Each round removes at least one member or is the last: amortised O(log). */
export function removeRange(set: usize, from: u32, to: u32): void {
  let below = rankOf(set, from);
  while (from < to && below < memberCount(set)) {
    const first = selectMember(set, below);
    if (first >= to) return;
    const index = first >>> 6;
    const word = wordAt(set, index);
    const end = (index + 1) << 6;
    let mask: u64 = ~(<u64>0) << (first & 63);
    if (to < end) mask &= ((<u64>1) << (to & 63)) - 1;
    const bits = load<u64>(word);
    store<u64>(word, bits & ~mask);
    changeCount(set, index, -(<i32>popcnt<u64>(bits & mask)));
    from = end;
  }
}

function treeOf(set: usize): usize {
  return set + HEADER + ((<usize>load<u32>(set, 4)) << 3);
}

function wordAt(set: usize, index: u32): usize {
  return set + HEADER + ((<usize>index) << 3);
}

function changeCount(set: usize, word: u32, by: i32): void {
  store<u32>(set, load<u32>(set) + <u32>by);
  const words = load<u32>(set, 4);
  const tree = treeOf(set);
  for (let at = word + 1; at <= words; at += at & -at) {
    const slot = tree + ((<usize>at) << 2);
    store<u32>(slot, load<u32>(slot) + <u32>by);
  }
}
