// The bytes of a wrong unit, mixed: what stands in new, given what was predicted.
//
// A value is rarely noise: one target that moved makes the same correction again and again, one changed field the same
// word. So the contexts of a byte, besides its kind and its place s in the unit, are
//
//   0  the predicted byte                        4  the predicted opcode, how its target was mapped, the corrections so far
//   1  the word ahead, the bytes so far          5  the last two corrections, those of the unit so far, the predicted byte
//   2  the predicted byte corrected as last time 6  the last correction, how far away, those of the unit so far
//   3  the predicted word
//
// and the direct context expects the predicted byte, or that of the correction which followed the last ones of the same kind before
// (word-history.ts); without it values are 6 % larger on node-arm64, 14 % on esbuild. Instructions are coded from their
// highest byte down, where the opcode is; other units as they stand.
//
// State:  | slots: 64 << bits | direct contexts | weight groups | shared |
//         | places of corrections: 2^14 u32 | histories of 16 kinds, 2^13 corrections each |

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
import { findFollower, followedWord, historySize, pushFollowed, startHistory } from '../entropy/word-history';
import { CALL, CODE, PAGE_ACCESS } from '../predict/kinds';

const KINDS: u32 = 16;
/** { kind } x { place: 4 }; for direct contexts also x { four corrections agreed or more } x { some byte was not as predicted }. */
const GROUPS: u32 = 4 * KINDS;
const DIRECT: u32 = 4 * GROUPS;
const PLACE_BITS: u32 = 14;
const HISTORY_BITS: u32 = 13;

let slots: usize = 0;
let slotBits: u32 = 0;
let direct: usize = 0;
let weights: usize = 0;
let shared: usize = 0;
let places: usize = 0;
let histories: usize = 0;

let lastCorrection: u32 = 0;
let correctionBefore: u32 = 0;
let lastPlace: u32 = 0;

export function valueModelSize(bits: u32): u32 {
  const tables: u32 = sharedSize() + (4 << PLACE_BITS) + KINDS * historySize(HISTORY_BITS);
  return slotTableSize(bits) + directContextsSize(DIRECT) + weightGroupsSize(GROUPS) + tables;
}

export function startValueModel(block: usize, bits: u32): void {
  slots = block;
  slotBits = bits;
  direct = slots + <usize>slotTableSize(bits);
  weights = direct + <usize>directContextsSize(DIRECT);
  shared = weights + <usize>weightGroupsSize(GROUPS);
  places = shared + <usize>sharedSize();
  histories = places + ((<usize>4) << PLACE_BITS);
  resetSlots(slots, bits);
  resetDirectContexts(direct, DIRECT);
  resetWeightGroups(weights, GROUPS);
  resetShared(shared);
  memory.fill(places, 0, (<usize>4) << PLACE_BITS);
  for (let kind: u32 = 0; kind < KINDS; kind++) startHistory(historyOf(kind), HISTORY_BITS);
  lastCorrection = 0;
  correctionBefore = 0;
  lastPlace = 0;
}

function historyOf(kind: u32): usize {
  return histories + <usize>(kind * historySize(HISTORY_BITS));
}

/**
 * Codes the unit at `place` of `size` bytes (1..4) and `kind` (0..15), `word` being new's when writing; `how` its target was mapped and the
 * word `ahead` of it in new. Answers new's word.
 */
export function codeMixedValue(
  word: u32,
  place: u32,
  size: u32,
  kind: u32,
  how: u32,
  predicted: u32,
  ahead: u32,
): u32 {
  const falling = size == 4 && ((kind >= CALL && kind <= PAGE_ACCESS) || kind == CODE);
  let distance = place - lastPlace;
  if (distance > 255) distance = 255;
  const history = historyOf(kind);
  const agreed = findFollower(history, places, PLACE_BITS, kind);
  const followed = addBytes(predicted, followedWord(history));
  const farCorrections = hashContext(8, lastCorrection, correctionBefore);
  const opcode = hashContext(4, predicted & 0xffe0fc00, how);
  const nearCorrection = hashContext(9, lastCorrection, distance);
  let coded: u32 = 0;
  let before: u32 = 0;
  let corrections: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const at = falling ? 3 - i : i;
    const shift = at << 3;
    const group = (kind << 2) | at;
    const guess = (predicted >>> shift) & 255;
    const corrected = (guess + (lastCorrection >>> shift)) & 255;
    const changed: u32 = corrections != 0 ? 1 : 0;
    setContext(0, hashContext(0, group, guess));
    setContext(1, hashContext(1, ahead, (before << 3) | at));
    setContext(2, hashContext(2, group, (corrected << 1) | changed));
    setContext(3, hashContext(3, predicted, at));
    setContext(4, hashContext(opcode, (corrections << 3) | at, 0));
    setContext(5, hashContext(farCorrections, corrections, (at << 8) | guess));
    setContext(6, hashContext(nearCorrection, corrections, (at << 8) | guess));
    const byte = codeMixedByte(
      (word >>> shift) & 255,
      <i32>guess,
      agreed != 0 ? <i32>((followed >>> shift) & 255) : -1,
      slots,
      slotBits,
      direct + <usize>directContextsSize((group << 2) | (agreed > 3 ? 2 : 0) | changed),
      weights + <usize>weightGroupsSize(group),
      shared,
    );
    coded |= byte << shift;
    before = (before << 8) | byte;
    corrections = (corrections << 8) | ((byte - guess) & 255);
  }
  correctionBefore = lastCorrection;
  lastCorrection = subtractBytes(coded, predicted);
  pushFollowed(history, lastCorrection);
  lastPlace = place;
  return coded;
}

/** a - b, byte by byte modulo 256. */
export function subtractBytes(a: u32, b: u32): u32 {
  return ((a | 0x80808080) - (b & 0x7f7f7f7f)) ^ ((a ^ ~b) & 0x80808080);
}

/** a + b, byte by byte modulo 256. */
export function addBytes(a: u32, b: u32): u32 {
  return ((a & 0x7f7f7f7f) + (b & 0x7f7f7f7f)) ^ ((a ^ b) & 0x80808080);
}
