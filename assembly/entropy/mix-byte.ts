// One byte as eight mixed bits (mixer.ts), the highest first. Seven hashed contexts and one direct one predict each bit.
//
// A hashed context leads to a slot for each half of the byte, so that a byte costs two look-ups per context, not eight:
//
//   slot, 64 bytes:  | check u32 | 15 counters: the tree of four bits |
//
// A slot is found by the upper bits of the context's hash, in one of two neighbours; its check is the rest of the hash. When neither
// agrees the one whose first counter was used less is taken over. Check bits matter more than size: on one pair
// 1 MB of slots with them coded smaller than 16 MB without.
//
// The direct context may have up to two expected bytes: its counter says how the bit compares to theirs, as long as the bits so
// far agree, and the weights are chosen by which of them agree. Two sets of weights are added: one of the caller's group, and one that all groups share,
// which knows soon what a group has to learn on its own (values 2 to 4 % smaller).

import { resetBits } from './adaptive-bit';
import { inputsDiffer, mixBitTwice, resetWeights, setInput, WEIGHT_SET_SIZE } from './mixer';
import { refineSize, resetRefine } from './refine';

/** Hashed contexts of a byte. */
const CONTEXTS: usize = 7;
/** Counters of one direct context: 8 bits x (no first, expects 0, expects 1) x the same of the second. */
const DIRECT_COUNTERS: u32 = 72;
/** Weight sets of one group: 8 bits x which expected bytes agree. */
const GROUP_SETS: u32 = 32;
const FIRST_WEIGHT: i32 = 20000;
/** How fast weights move; with one set for each bit 12 was best, with two, which move together, 13. */
const RATE: i32 = 13;
/** Contexts of the last look: the bits of the byte so far. */
const PREFIXES: u32 = 256;

/** Hashes of the contexts of the half that is coded; behind them a word that nobody reads. */
const HASHES: usize = memory.data(8 * 4, 16);

/** Bytes of a table of 2^bits slots. */
export function slotTableSize(bits: u32): u32 {
  return 64 << bits;
}

/** Bytes of counters for `count` direct contexts, and of weights for `count` groups. */
export function directContextsSize(count: u32): u32 {
  return (count * DIRECT_COUNTERS) << 2;
}

export function weightGroupsSize(count: u32): u32 {
  return count * GROUP_SETS * WEIGHT_SET_SIZE;
}

/** Bytes of what all groups of a model share: weights that start at 0, and the last look. */
export function sharedSize(): u32 {
  return weightGroupsSize(1) + refineSize(PREFIXES);
}

export function resetShared(block: usize): void {
  resetWeights(block, GROUP_SETS, 0);
  resetRefine(block + <usize>weightGroupsSize(1), PREFIXES);
}

export function resetSlots(table: usize, bits: u32): void {
  memory.fill(table, 0, <usize>slotTableSize(bits));
}

export function resetDirectContexts(block: usize, count: u32): void {
  resetBits(block, count * DIRECT_COUNTERS);
}

export function resetWeightGroups(block: usize, count: u32): void {
  resetWeights(block, count * GROUP_SETS, FIRST_WEIGHT);
}

/** Sets the hash of context `index` (0..6) for the next byte. */
export function setContext(index: u32, hash: u32): void {
  store<u32>(HASHES + ((<usize>index) << 2), hash);
}

/** Where a context's slot is, or the one beside it. */
function homeOf(table: usize, bits: u32, hash: u32): usize {
  return table + ((<usize>(hash >>> (32 - bits))) << 6);
}

function slotOf(table: usize, bits: u32, hash: u32): usize {
  const check = hash | 1;
  const first = homeOf(table, bits, hash);
  if (load<u32>(first) == check) return first;
  const second = table + ((first - table) ^ 64);
  if (load<u32>(second) == check) return second;
  const useless = load<u32>(second) == 0 || (load<u32>(second, 4) & 0x3f00) < (load<u32>(first, 4) & 0x3f00);
  const victim = load<u32>(first) != 0 && useless ? second : first;
  store<u32>(victim, check);
  resetBits(victim + 4, 15);
  return victim;
}

function halfHash(hash: u32, upper: u32): u32 {
  let mixed = hash ^ (upper * 0x9e3779b1);
  mixed = (mixed ^ (mixed >>> 15)) * 0x2c1b3c6d;
  return mixed ^ (mixed >>> 13);
}

/**
 * Codes `value` (looked at only when writing) with all contexts; answers it. `direct` is one direct context,
 * `weights` one group, `shared` what all groups share. Expected bytes are 0..255, or below 0 for none.
 */
export function codeMixedByte(
  value: u32,
  expected: i32,
  other: i32,
  table: usize,
  bits: u32,
  direct: usize,
  weights: usize,
  shared: usize,
): u32 {
  const looks = shared + <usize>weightGroupsSize(1);
  let prefix: u32 = 1;
  for (let half: u32 = 0; half < 2; half++) {
    // Slots are far apart. All are asked for before the first is looked at, so that waits for memory are one and not seven.
    let asked: u32 = 0;
    for (let at = HASHES; at < HASHES + 4 * CONTEXTS; at += 4) {
      if (half != 0) store<u32>(at, halfHash(load<u32>(at), prefix));
      asked ^= load<u32>(homeOf(table, bits, load<u32>(at)));
    }
    store<u32>(HASHES, asked, 28);
    for (let i: usize = 0; i < CONTEXTS; i++) {
      setInput(<u32>i + 1, slotOf(table, bits, load<u32>(HASHES + (i << 2))));
    }
    // The direct counters are of another table. Slots are the same one when one context took over what another just found.
    setInput(0, direct);
    const differ = ASC_FEATURE_SIMD ? inputsDiffer() : true;
    let node: u32 = 1;
    for (let bit: u32 = half == 0 ? 7 : 3; ; bit--) {
      const agrees: u32 = expected >= 0 && (<u32>expected | 256) >>> (bit + 1) == prefix ? 1 : 0;
      const otherAgrees: u32 = other >= 0 && (<u32>other | 256) >>> (bit + 1) == prefix ? 1 : 0;
      const says = agrees ? 1 + ((<u32>expected >>> bit) & 1) : 0;
      const otherSays = otherAgrees ? 1 + ((<u32>other >>> bit) & 1) : 0;
      const offset = (<usize>node) << 2;
      setInput(0, direct + ((<usize>(bit * 9 + says * 3 + otherSays)) << 2) - offset);
      const set = (bit << 2) | (agrees << 1) | otherAgrees;
      const bitOf = <i32>((value >>> bit) & 1);
      const at = <usize>(set * WEIGHT_SET_SIZE);
      const coded = <u32>mixBitTwice(bitOf, offset, differ, weights + at, shared + at, RATE, looks, prefix);
      node = (node << 1) | coded;
      prefix = (prefix << 1) | coded;
      if (bit == 4 || bit == 0) break;
    }
  }
  return prefix & 255;
}
