// Which blocks and units are predicted right, as mixed bits (entropy/mixer.ts): what a direct table cannot hold, such as
// "this very word was predicted wrong before", comes from hashed contexts, and the mixer finds out what to trust.
//
//   group flag  3 counters in direct tables of
//               { size, last 6 group flags } { class, size, how long all was right } { class, size, last flag, last block flags }
//   block flag  3 counters in direct tables of
//               { last 12 block flags } { class, how long all was right, last 4 } { class, weakness, how long }
//   unit flag   3 direct: { kind, confidence, last 4 } { kind, how long, confidence } { last 12 }
//               5 hashed: { word, confidence } { word without its low immediate, last 8 } { word, word before }
//                         { last correction, how long } { distance of the last wrong unit, kind, last 4 }
//
// "Weakness" of a block counts its references, those whose target was not in a cover four times. "How long" is the
// count of right units since the last wrong one, by powers of two.
//
// All contexts are known before the flag they are for: predictions of the whole block are made before its first flag, and the
// word before a unit is decoded already. Flags are 25 to 45 % smaller than with direct counters.
//
// State:  | direct counters | weights: 2 x 256 sets | hashed counters: 4 << bits |

import { resetBits } from '../entropy/adaptive-bit';
import { hashContext, hashedSlot, mixBit, resetWeights, setInput, WEIGHT_SET_SIZE } from '../entropy/mixer';

const BLOCK_HISTORY: u32 = 0;
const BLOCK_RUN: u32 = BLOCK_HISTORY + 4096;
const BLOCK_WEAK: u32 = BLOCK_RUN + 16 * 16 * 16;
const UNIT_KIND: u32 = BLOCK_WEAK + 16 * 16 * 16;
const UNIT_RUN: u32 = UNIT_KIND + 16 * 4 * 16;
const UNIT_HISTORY: u32 = UNIT_RUN + 16 * 16 * 4;
const GROUP_HISTORY: u32 = UNIT_HISTORY + 4096;
const GROUP_RUN: u32 = GROUP_HISTORY + 8 * 64;
const GROUP_CLASS: u32 = GROUP_RUN + 16 * 8 * 16;
const DIRECT: u32 = GROUP_CLASS + 16 * 8 * 8;

const BLOCK_SETS: u32 = 256;
const UNIT_SETS: u32 = 256;
const GROUP_SETS: u32 = 8 * 2;
const SETS: u32 = BLOCK_SETS + UNIT_SETS + GROUP_SETS;
const BLOCK_WEIGHT: i32 = 26000;
const UNIT_WEIGHT: i32 = 16000;
const RATE: i32 = 13;

const FAR: u32 = 4095;

let direct: usize = 0;
let weights: usize = 0;
let hashed: usize = 0;
let hashBits: u32 = 0;

let groupHistory: u32 = 0;
let blockHistory: u32 = 0;
let unitHistory: u32 = 0;
/** Right units since the last wrong one, and that one's place and correction. */
let rightUnits: u32 = 0;
let wrongPlace: u32 = 0;
let correction: u32 = 0;

/** Bytes of state for 2^bits hashed counters. */
export function flagModelSize(bits: u32): u32 {
  return (DIRECT << 2) + SETS * WEIGHT_SET_SIZE + (4 << bits);
}

export function startFlagModel(block: usize, bits: u32): void {
  direct = block;
  weights = direct + <usize>(DIRECT << 2);
  hashed = weights + <usize>(SETS * WEIGHT_SET_SIZE);
  hashBits = bits;
  resetBits(direct, DIRECT);
  resetBits(hashed, 1 << bits);
  resetWeights(weights, BLOCK_SETS, BLOCK_WEIGHT);
  resetWeights(weights + <usize>(BLOCK_SETS * WEIGHT_SET_SIZE), UNIT_SETS, UNIT_WEIGHT);
  resetWeights(weights + <usize>((BLOCK_SETS + UNIT_SETS) * WEIGHT_SET_SIZE), GROUP_SETS, BLOCK_WEIGHT);
  groupHistory = 0;
  blockHistory = 0;
  unitHistory = 0;
  rightUnits = 0;
  wrongPlace = 0;
  correction = 0;
}

function runClass(): u32 {
  const bits = 32 - <u32>clz<u32>(rightUnits);
  return bits < 15 ? bits : 15;
}

function setDirect(index: u32, table: u32, place: u32): void {
  setInput(index, direct + ((<usize>(table + place)) << 2));
}

function setHashed(index: u32, a: u32, b: u32): void {
  setInput(index, hashedSlot(hashed, hashBits, hashContext(index, a, b)));
}

/** Codes "the group is as predicted"; it has `blocks` blocks, 2^size or more, and `units` units. */
export function codeMixedGroup(right: i32, blocks: u32, units: u32, size: u32, spanClass: u32): i32 {
  const run = runClass();
  const before = groupHistory & 63;
  setDirect(0, GROUP_HISTORY, (size << 6) | before);
  setDirect(1, GROUP_RUN, (((spanClass << 3) | size) << 4) | run);
  setDirect(2, GROUP_CLASS, (((spanClass << 3) | size) << 3) | ((before & 1) << 2) | (blockHistory & 3));
  const set = BLOCK_SETS + UNIT_SETS + ((size << 1) | (before & 1));
  right = mixBit(right, 3, weights + <usize>(set * WEIGHT_SET_SIZE), RATE);
  groupHistory = (groupHistory << 1) | (<u32>right ^ 1);
  if (right) {
    blockHistory = blocks < 32 ? blockHistory << blocks : 0;
    rightUnits += units;
    unitHistory = 0;
  }
  return right;
}

/** Codes "the block is as predicted"; `units` of it, of a span class 0..15 with a weakness of 0..15. */
export function codeMixedBlock(right: i32, units: u32, spanClass: u32, weakness: u32): i32 {
  const run = runClass();
  setDirect(0, BLOCK_HISTORY, blockHistory & 4095);
  setDirect(1, BLOCK_RUN, (spanClass << 8) | (run << 4) | (blockHistory & 15));
  setDirect(2, BLOCK_WEAK, (spanClass << 8) | (weakness << 4) | run);
  right = mixBit(right, 3, weights + <usize>(((weakness << 4) | run) * WEIGHT_SET_SIZE), RATE);
  blockHistory = (blockHistory << 1) | (<u32>right ^ 1);
  if (right) {
    rightUnits += units;
    unitHistory = 0;
  }
  return right;
}

/** Codes "the unit at `place` is as predicted". `before` is the decoded word in front of it. */
export function codeMixedUnit(
  right: i32,
  place: u32,
  kind: u32,
  confidence: u32,
  predicted: u32,
  before: u32,
): i32 {
  const run = runClass();
  const sure = (kind << 2) | confidence;
  let distance = place - wrongPlace;
  if (distance > FAR) distance = FAR;
  setDirect(0, UNIT_KIND, (sure << 4) | (unitHistory & 15));
  setDirect(1, UNIT_RUN, (sure << 4) | run);
  setDirect(2, UNIT_HISTORY, unitHistory & 4095);
  setHashed(3, predicted, confidence);
  setHashed(4, predicted & 0xffe0ffff, unitHistory & 255);
  setHashed(5, predicted, before);
  setHashed(6, correction, rightUnits < 255 ? rightUnits : 255);
  setHashed(7, distance, (kind << 4) | (unitHistory & 15));
  const set = BLOCK_SETS + ((sure << 2) | ((unitHistory & 1) << 1) | (run > 6 ? 1 : 0));
  right = mixBit(right, 8, weights + <usize>(set * WEIGHT_SET_SIZE), RATE);
  unitHistory = (unitHistory << 1) | (<u32>right ^ 1);
  rightUnits = right ? rightUnits + 1 : 0;
  return right;
}

/** Tells the bytewise difference of a wrong unit from its prediction. */
export function noteCorrection(place: u32, difference: u32): void {
  wrongPlace = place;
  correction = difference;
}
