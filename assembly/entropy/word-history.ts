// Words that were coded, and what followed the last time the same words stood in a row: a match finder for models of words.
//
//   history, 16 bytes and the words:  | count | follower | agreed | words - 1 | ring of 2^bits u32 |
//   table:                            2^16 or fewer u32, places by hash; several histories may share one
//
// While four words or more agreed, the follower goes on. Else the last place is looked up where the last four words stood, when
// three of them really agree, and otherwise where the last two stood. Places are checked word by word, so a clash of
// hashes only loses a chance. Work per word is bounded: at most twice 16 words are compared.

import { hashContext } from './mixer';

const HEADER: u32 = 16;
const LONGEST: u32 = 16;
/** Places this close to being overwritten are not followed. */
const MARGIN: u32 = 32;

export function historySize(bits: u32): u32 {
  return HEADER + (4 << bits);
}

export function startHistory(history: usize, bits: u32): void {
  memory.fill(history, 0, <usize>historySize(bits));
  store<u32>(history, (1 << bits) - 1, 12);
}

function wordOf(history: usize, index: u32): u32 {
  return load<u32>(history + <usize>(HEADER + ((index & load<u32>(history, 12)) << 2)));
}

/** The word `distance` before the next one; 0 before the first. */
export function wordBack(history: usize, distance: u32): u32 {
  return wordOf(history, load<u32>(history) - distance);
}

/** Adds a word. */
export function pushWord(history: usize, word: u32): void {
  const count = load<u32>(history);
  store<u32>(history + <usize>(HEADER + ((count & load<u32>(history, 12)) << 2)), word);
  store<u32>(history, count + 1);
}

/** How many words before `at` are those that were added last, up to 16. */
function commonBefore(history: usize, at: u32): u32 {
  const count = load<u32>(history);
  if (at == 0 || at >= count || count - at > load<u32>(history, 12) - MARGIN) return 0;
  let length: u32 = 0;
  while (length < LONGEST && length < at) {
    if (wordOf(history, at - 1 - length) != wordOf(history, count - 1 - length)) break;
    length++;
  }
  return length;
}

/** Looks for what may come next; answers how many words before it agreed, 0 = nothing is followed. */
export function findFollower(history: usize, table: usize, tableBits: u32, salt: u32): u32 {
  const count = load<u32>(history);
  const first = wordBack(history, 1);
  const second = wordBack(history, 2);
  const farther = hashContext(10, wordBack(history, 3), wordBack(history, 4));
  const long = table + ((<usize>(hashContext(farther + salt, first, second) >>> (32 - tableBits))) << 2);
  const short = table + ((<usize>(hashContext(salt, first, second) >>> (32 - tableBits))) << 2);
  let agreed = load<u32>(history, 8);
  if (agreed < 4) {
    let at = load<u32>(long);
    let length = commonBefore(history, at);
    if (length < 3) {
      at = load<u32>(short);
      length = commonBefore(history, at);
    }
    if (length > agreed) {
      agreed = length;
      store<u32>(history, at, 4);
      store<u32>(history, agreed, 8);
    }
  }
  store<u32>(long, count);
  store<u32>(short, count);
  return agreed;
}

/** The word that is followed, when one is. */
export function followedWord(history: usize): u32 {
  return wordOf(history, load<u32>(history, 4));
}

/** Adds the word that came after findFollower. */
export function pushFollowed(history: usize, word: u32): void {
  const agreed = load<u32>(history, 8);
  if (agreed != 0) {
    store<u32>(history, followedWord(history) == word ? agreed + 1 : 0, 8);
    store<u32>(history, load<u32>(history, 4) + 1, 4);
  }
  pushWord(history, word);
}

/** Follows nothing any more: what comes does not go on from what was added. */
export function stopFollowing(history: usize): void {
  store<u32>(history, 0, 8);
}
