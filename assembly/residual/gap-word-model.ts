// Mixing of arm64 code in gaps (gap-words.ts), a word at a time, from its highest byte down.
//
// What a gap most resembles is the code of old that follows the cover before it: the old function that was changed. A pointer
// walks along there ("guide"); its word, with its reference mapped to where it leads in new, is the expected one. After a
// mismatch the guide is set anew where within twelve words the last three opcodes are found again. The second expected word comes
// from the gaps before: what followed the last words when they stood together before (word-history.ts).
//
// Contexts of byte s of a word, with the bytes of the word so far: nothing else; the upper bits of the word before; the word
// before; the two before; the top bytes of both; the low bits of both (registers); the expected word.
//
// Bounds: the guide stays within 256 bytes of its way and inside old, so that the applier needs no more of old than it holds.
//
// State:  | slots: 64 << bits | direct contexts | weight groups | shared | places of words: 2^16 u32 |
//         | history of 4 << bits words |

import {
  codeMixedByte,
  directContextsSize,
  resetDirectContexts,
  resetShared,
  resetSlots,
  resetWeightGroups,
  setContext,
  sharedSize,
  slotTableSize,
  weightGroupsSize,
} from '../entropy/mix-byte';
import { hashContext } from '../entropy/mixer';
import {
  findFollower,
  followedWord,
  historySize,
  pushFollowed,
  pushWord,
  startHistory,
  stopFollowing,
  wordBack,
} from '../entropy/word-history';
import {
  ADDRESS_PAGE,
  BRANCH_LINK,
  branchOffset,
  formOf,
  pageOffset,
  withBranchOffset,
  withPageOffset,
} from '../predict/arm64-words';
import { newBase, oldBase } from '../predict/bases';
import { mapAddress } from '../predict/map-address';
import { newAddressDelta, oldAddressDelta } from '../predict/span';
import { absoluteWord, relativeWord } from './gap-words';

/** { trust in the guide: 8 } x { place: 4 } x { four words of the follower agreed or more }. Weights only by place. */
const GROUPS: u32 = 64;
const WEIGHT_GROUPS: u32 = 4;
const FOLLOW_BITS: u32 = 16;
const DRIFT: u32 = 256;

let slots: usize = 0;
let slotBits: u32 = 0;
let direct: usize = 0;
let weights: usize = 0;
let shared: usize = 0;
let followers: usize = 0;

let oldSize: u32 = 0;
/** Place behind the last word coded; another place begins anew. */
let next: u32 = 0xffffffff;
let guide: u32 = 0;
let hasGuide: bool = false;
let guideHits: u32 = 0;
/** The words of gaps, and the three before each gap. */
let history: usize = 0;

export function wordModelSize(bits: u32): u32 {
  return (
    slotTableSize(bits) +
    directContextsSize(GROUPS) +
    weightGroupsSize(WEIGHT_GROUPS) +
    sharedSize() +
    (4 << FOLLOW_BITS) +
    historySize(bits + 2)
  );
}

export function startWordModel(block: usize, bits: u32, sizeOfOld: u32): void {
  slots = block;
  slotBits = bits;
  direct = slots + <usize>slotTableSize(bits);
  weights = direct + <usize>directContextsSize(GROUPS);
  shared = weights + <usize>weightGroupsSize(WEIGHT_GROUPS);
  followers = shared + <usize>sharedSize();
  resetSlots(slots, bits);
  resetDirectContexts(direct, GROUPS);
  resetWeightGroups(weights, WEIGHT_GROUPS);
  resetShared(shared);
  memory.fill(followers, 0, (<usize>4) << FOLLOW_BITS);
  history = followers + ((<usize>4) << FOLLOW_BITS);
  startHistory(history, bits + 2);
  oldSize = sizeOfOld;
  next = 0xffffffff;
}

function newWord(place: u32): u32 {
  return absoluteWord(load<u32>(newBase + <usize>place), place);
}

/** What of a word is left when its immediates and most registers are taken away. */
function opcodeOf(word: u32): u32 {
  const top = word >>> 24;
  if ((top & 0x7c) == 0x14) return word & 0xfc000000;
  if (top == 0x54) return word & 0xff00001f;
  if ((top & 0x7c) == 0x34) return word & 0x7f000000;
  if ((top & 0x1f) == 0x10) return word & 0x9f000000;
  if ((top & 0x1f) == 0x11) return word & 0xff800000;
  if ((top & 0x3b) == 0x39 || (top & 0x3a) == 0x28) return word & 0xffc00000;
  return word & 0xffe0fc00;
}

/** The guide's word with its reference mapped to new, as it would be coded at `place`. */
function guideWord(place: u32): u32 {
  const word = load<u32>(oldBase + <usize>guide);
  const form = formOf(word);
  if (form == BRANCH_LINK) {
    const target = guide + oldAddressDelta + branchOffset(word);
    return absoluteWord(withBranchOffset(word, mapAddress(target) - (place + newAddressDelta)), place);
  }
  if (form == ADDRESS_PAGE) {
    const address = guide + oldAddressDelta;
    const page = (address & ~0xfff) + (pageOffset(word) << 12);
    const distance = (mapAddress(page) >>> 12) - ((place + newAddressDelta) >>> 12);
    return absoluteWord(withPageOffset(word, distance), place);
  }
  return word;
}

/** Whether the guide may stand at `at` when its way leads through `way`: inside old with three words before it. */
function isReachable(at: u32, way: u32): bool {
  return at >= 16 && at <= oldSize - 4 && oldSize >= 20 && at - way + DRIFT <= 2 * DRIFT;
}

function findGuide(place: u32, way: u32): void {
  const a = opcodeOf(load<u32>(newBase + <usize>(place - 4)));
  const b = opcodeOf(load<u32>(newBase + <usize>(place - 8)));
  const c = opcodeOf(load<u32>(newBase + <usize>(place - 12)));
  for (let step: u32 = 4; step <= 96; step += 4) {
    // Nearest first: 4 ahead, 4 back, 8 ahead, ...
    const away = ((step + 4) >>> 3) << 2;
    const at = step & 4 ? guide + away : guide - away;
    if (!isReachable(at, way)) continue;
    const old = oldBase + <usize>at;
    if (opcodeOf(load<u32>(old - 4)) != a || opcodeOf(load<u32>(old - 8)) != b) continue;
    if (opcodeOf(load<u32>(old - 12)) != c) continue;
    guide = at;
    guideHits = 1;
    return;
  }
}

function begin(place: u32, way: u32): void {
  guide = way;
  hasGuide = ((way ^ place) & 3) == 0;
  guideHits = 2;
  stopFollowing(history);
  for (let back: u32 = 12; back != 0; back -= 4) pushWord(history, place >= back ? newWord(place - back) : 0);
}

/**
 * Codes the words of new[start, end), both multiples of 4, whose way in old runs `way` (modulo 2^32) ahead of new. When reading
 * they are written.
 */
export function codeGapWords(start: u32, end: u32, way: u32, encoding: bool): void {
  for (let place = start; place < end; place += 4) {
    if (place != next) begin(place, place + way);
    else if (hasGuide && guideHits == 0 && place >= 16) findGuide(place, place + way);
    codeWord(place, place + way, encoding);
    next = place + 4;
  }
}

function codeWord(place: u32, way: u32, encoding: bool): void {
  const usable = hasGuide && isReachable(guide, way);
  const expected = usable ? guideWord(place) : 0;
  const trust: u32 = !usable ? 0 : guideHits > 15 ? 5 : guideHits > 5 ? 4 : guideHits > 1 ? 3 : 1 + guideHits;
  const agreed = findFollower(history, followers, FOLLOW_BITS, 0);
  const other = followedWord(history);
  const lastWord = wordBack(history, 1);
  const wordBefore = wordBack(history, 2);
  const thirdWord = wordBack(history, 3);
  const actual = encoding ? newWord(place) : 0;

  const tops = ((lastWord >>> 24) << 8) | (wordBefore >>> 24);
  const registers = (lastWord & 0x3ff) | ((wordBefore & 31) << 10) | ((thirdWord & 31) << 15);
  let coded: u32 = 0;
  let agrees = usable;
  let otherAgrees = agreed != 0;
  for (let s: u32 = 0; s < 4; s++) {
    const shift = (3 - s) << 3;
    const guess = (expected >>> shift) & 255;
    const second = (other >>> shift) & 255;
    const own = hashContext(s, coded, 0);
    setContext(0, own);
    setContext(1, hashContext(1, own, lastWord >>> 21));
    setContext(2, hashContext(2, own, lastWord));
    setContext(3, hashContext(own, lastWord, wordBefore));
    setContext(4, hashContext(4, own, tops));
    setContext(5, hashContext(5, own, registers));
    setContext(6, hashContext(own ^ trust, expected, usable ? 1 : 0));
    const group = (((agrees ? trust : 0) << 2) | s) << 1;
    const byte = codeMixedByte(
      (actual >>> shift) & 255,
      agrees ? <i32>guess : -1,
      otherAgrees ? <i32>second : -1,
      slots,
      slotBits,
      direct + <usize>directContextsSize(group | (agreed > 3 ? 1 : 0)),
      weights + <usize>weightGroupsSize(s),
      shared,
    );
    coded = (coded << 8) | byte;
    if (byte != guess) agrees = false;
    if (byte != second) otherAgrees = false;
  }
  if (!encoding) store<u32>(newBase + <usize>place, relativeWord(coded, place));
  if (usable) guideHits = coded == expected || opcodeOf(coded) == opcodeOf(expected) ? guideHits + 1 : 0;
  guide += 4;
  pushFollowed(history, coded);
}
