// Greedy parse of the LZ encoder, for fast levels: the longest repeat if it is about as long as the longest match, else the
// match, unless the next position has something better; then this byte is a literal and the next position decides.
// Near matches are preferred to slightly longer far ones, whose distance costs more than the byte is worth.

import {
  extendMatch,
  findMatches,
  holdMatches,
  matchCount,
  matchDistanceAt,
  matchLengthAt,
  nice,
  parsedSize,
  repLength,
  search,
  size,
  skipMatches,
  source,
} from './lz-match-finder';
import { MATCH_MAX } from './lz-model';
import {
  rep0,
  rep1,
  rep2,
  rep3,
  state,
  writeLiteral,
  writeMatch,
  writeRep,
  writeShortRep,
} from './lz-writer';

let length: u32 = 0;
let distance: u32 = 0;
let repIndex: u32 = 0;

/** Chooses among the matches found: the longest, or one a byte shorter that is 128 times nearer. */
function chooseMatch(found: u32): void {
  length = found;
  if (found == 0) return;
  let i = matchCount - 1;
  distance = matchDistanceAt(i);
  while (i > 0) {
    const nearer = matchDistanceAt(i - 1);
    if (length != matchLengthAt(i - 1) + 1 || nearer >= distance >>> 7) break;
    length--;
    distance = nearer;
    i--;
  }
}

/** The longest of the four repeats at a place; sets `repIndex`. */
function longestRep(at: u32, limit: u32): u32 {
  let best: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const repeated = repLength(at, i == 0 ? rep0 : i == 1 ? rep1 : i == 2 ? rep2 : rep3, limit);
    if (repeated > best) {
      best = repeated;
      repIndex = i;
    }
  }
  return best;
}

function isFar(): bool {
  return (length == 2 && distance >= 128) || (length == 3 && distance >= 32768);
}

/** Chooses and writes one operation. */
export function writeGreedy(): void {
  const at = parsedSize();
  const left = size - at;
  const limit = left < MATCH_MAX ? left : MATCH_MAX;
  chooseMatch(search());
  if (length >= nice) length = extendMatch(at, distance, length);

  const rep = longestRep(at, limit);
  if (rep >= 2) {
    const index = repIndex;
    const allowance: u32 = distance >= 32768 ? 3 : distance >= 512 ? 2 : 1;
    if (rep + allowance >= length || isFar()) {
      writeRep(index, rep);
      skipMatches(rep - 1);
      return;
    }
  }
  if (length < 2 || isFar()) {
    const canRepeat = rep0 < at && load<u8>(source + <usize>at) == load<u8>(source + <usize>(at - rep0 - 1));
    if (canRepeat && state >= 7) writeShortRep();
    else writeLiteral();
    return;
  }
  if (length < nice && left > length) {
    const takenLength = length;
    const takenDistance = distance;
    const next = findMatches();
    chooseMatch(next);
    const isBetter =
      (length >= takenLength && distance < takenDistance) ||
      (length == takenLength + 1 && distance >>> 7 <= takenDistance) ||
      length > takenLength + 1 ||
      (length + 1 >= takenLength && takenLength >= 3 && distance < takenDistance >>> 7) ||
      longestRep(at + 1, takenLength) + 1 >= takenLength;
    if (isBetter && next > 0) {
      writeLiteral();
      holdMatches(next);
      return;
    }
    writeMatch(takenDistance, takenLength);
    if (takenLength > 2) skipMatches(takenLength - 2);
    return;
  }
  writeMatch(distance, length);
  skipMatches(length - 1);
}
