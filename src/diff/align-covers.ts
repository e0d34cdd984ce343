import { COVER_FIELDS } from '../predict/slice-size.js';
import { wrongBytes } from './wrong-bytes.js';

// The matcher compares bytes, so its covers of arm64 code begin and end where bytes happen to agree, half of them within an instruction. What the
// instruction costs is then paid twice: some of its bytes among the gap's, and the low bits of the border in control. Here borders are put between
// instructions, where the whole instruction costs least:
//
//   new   ...|a a a a|a a x x|x x x x|x x b b|b b b b|...      a, b: bytes that agree with old along the first and the second cover
//                    |  end of a      start of b  |
//
// Within a gap each word is a word of the gap, or belongs to the cover before as one of its last words, or to the cover behind as one of its
// first. By how many of a word's bytes agree along a cover, GAIN tells what it saves as one of that cover's words, wrong units and their flags
// weighed against the 11 bits of a word that is sent; the two numbers of words are those with the greatest sum. A border without a gap moves to that neighbouring word where fewer bytes get
// wrong. Bytes are compared with every reference replaced by what it refers to, as in snap-covers.ts.
//
// Time is O(covers) and REACH words for each. On bun 1.3.13-14 2,553,727 bytes become 2,471,450, four fifths of it by the words that borders lie within.

/** Words of a gap that each of the two covers may take. */
const REACH = 64;
/** What a word saves that agrees in 0..4 bytes. */
const GAIN = [-12, -9, 1, 3, 6] as const;
/** A cover that is no longer keeps its borders: it might vanish. */
const SHORT = 8;

/** Sums of gains of the first n words, for n up to REACH, on either side of a gap. */
interface Sums {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/**
 * Puts borders of covers, triples (new offset, old offset, size) in the order of new, between the words of code: of `wordRanges`, pairs { start, end } of new. The covers are
 * changed where they are.
 */
export function alignCovers(
  covers: Uint32Array,
  wordRanges: Uint32Array,
  old: Uint8Array,
  next: Uint8Array,
): void {
  const sums: Sums = { first: new Int32Array(REACH + 1), second: new Int32Array(REACH + 1) };
  let range = 0;
  for (let i = COVER_FIELDS; i < covers.length; i += COVER_FIELDS) {
    const end = covers[i - 3]! + covers[i - 1]!;
    const start = covers[i]!;
    while (range < wordRanges.length && wordRanges[range + 1]! <= start) range += 2;
    if (range === wordRanges.length) return;
    if (end <= wordRanges[range]! || !keepsWords(covers, i - COVER_FIELDS) || !keepsWords(covers, i))
      continue;
    const isTouching = start === end;
    const [endMove, startMove] = isTouching
      ? moveBorder(covers, i, old, next)
      : divideGap(covers, i, old, next, sums);
    covers[i - 1]! += endMove;
    covers[i]! += startMove;
    covers[i + 1]! += startMove;
    covers[i + 2]! -= startMove;
  }
}

/** Whether words of new are words of old along a cover, and it is long enough to lose some bytes at both ends. */
function keepsWords(covers: Uint32Array, cover: number): boolean {
  return (covers[cover]! - covers[cover + 1]!) % 4 === 0 && covers[cover + 2]! > SHORT;
}

/** How far the border of two covers that touch moves: both ends alike. */
function moveBorder(
  covers: Uint32Array,
  second: number,
  old: Uint8Array,
  next: Uint8Array,
): [number, number] {
  const border = covers[second]!;
  const back = border % 4;
  if (back === 0) return [0, 0];
  const first = covers[second - 2]! - covers[second - 3]!;
  const way = covers[second + 1]! - border;
  const wrongBack = wrongBytes(old, next, border - back, border, way);
  const wrongOn = wrongBytes(old, next, border, border - back + 4, first);
  const move = wrongBack <= wrongOn ? -back : 4 - back;
  return [move, move];
}

/** How far the end of the cover before a gap moves, and the start of the one behind. */
function divideGap(
  covers: Uint32Array,
  second: number,
  old: Uint8Array,
  next: Uint8Array,
  sums: Sums,
): [number, number] {
  const end = covers[second - 3]! + covers[second - 1]!;
  const start = covers[second]!;
  // The words that the two borders lie within belong to the gap.
  const low = end - (end % 4);
  const high = start + (-start & 3);
  const words = (high - low) / 4;
  const most = Math.min(REACH, words);
  const reachOfFirst = sumGains(
    sums.first,
    most,
    old,
    next,
    low,
    4,
    covers[second - 2]! - covers[second - 3]!,
  );
  const reachOfSecond = sumGains(sums.second, most, old, next, high - 4, -4, covers[second + 1]! - start);
  let best = 0;
  let [ofFirst, ofSecond] = [0, 0];
  // The second cover's best share of what the first one leaves: its words are as few as they can be, then more.
  for (let n = reachOfFirst, share = 0, tried = 0; n >= 0; n--) {
    for (; tried <= Math.min(reachOfSecond, words - n); tried++) {
      if (sums.second[tried]! > sums.second[share]!) share = tried;
    }
    const gain = sums.first[n]! + sums.second[share]!;
    if (gain > best || (gain === best && n + share <= ofFirst + ofSecond)) {
      best = gain;
      [ofFirst, ofSecond] = [n, share];
    }
  }
  return [low + 4 * ofFirst - end, high - 4 * ofSecond - start];
}

/** Fills the sums of gains of the words from `place` on, each `step` bytes behind the other; answers for how many words, since those must lie in old. */
function sumGains(
  sums: Int32Array,
  most: number,
  old: Uint8Array,
  next: Uint8Array,
  place: number,
  step: number,
  way: number,
): number {
  for (let n = 0; n < most; n++) {
    const at = place + n * step;
    if (at + way < 0 || at + way + 4 > old.length) return n;
    sums[n + 1] = sums[n]! + GAIN[4 - wrongBytes(old, next, at, at + 4, way)]!;
  }
  return most;
}
