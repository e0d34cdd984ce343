// Writing side of the LZ coder's model: the range encoder, and one function per operation. The twin of lz-decoder.ts.

import {
  ALIGN,
  CHOICE,
  CHOICE_2,
  entry,
  HIGH,
  IS_MATCH,
  IS_REP,
  IS_REP_G0,
  IS_REP_G1,
  IS_REP_G2,
  IS_REP0_LONG,
  LENGTH,
  LITERAL,
  LITERAL_ENTRIES,
  LOW,
  lengthClass,
  MATCH_MIN,
  MID,
  REP_LENGTH,
  resetModel,
  SLOT,
  SPECIAL,
  stateAfterLiteral,
  stateAfterMatch,
  stateAfterRep,
  stateAfterShortRep,
} from './lz-model';

const TOP: u32 = 1 << 24;
/** Where a probability that is only ever confirmed comes to rest: p + ((2048 - p) >> 5) = p - ((p - 2017) >> 5). */
const PROBABILITY_TOP: u32 = 2017;

export let model: usize = 0;
export let state: u32 = 0;
export let rep0: u32 = 0;
export let rep1: u32 = 0;
export let rep2: u32 = 0;
export let rep3: u32 = 0;
/** Operations written; the parser refreshes its prices now and then. */
export let operations: u32 = 0;

let source: usize = 0;
let position: u32 = 0;
let lc: u32 = 0;
let literalMask: u32 = 0;
let posMask: u32 = 0;

let low: u64 = 0;
let range: u32 = 0;
let cache: u32 = 0;
let pendingBytes: u32 = 0;
let first: bool = true;
let output: usize = 0;

export function writerStart(modelAt: usize, input: usize, lcBits: u32, lpBits: u32, pbBits: u32): void {
  model = modelAt;
  resetModel(modelAt, lcBits, lpBits);
  source = input;
  position = 0;
  lc = lcBits;
  literalMask = (1 << lpBits) - 1;
  posMask = (1 << pbBits) - 1;
  state = 0;
  rep0 = 0;
  rep1 = 0;
  rep2 = 0;
  rep3 = 0;
  operations = 0;
  low = 0;
  range = 0xffffffff;
  cache = 0;
  pendingBytes = 0;
  first = true;
}

/** Sends what is written to `out`. */
export function writerOutput(out: usize): void {
  output = out;
}

export function writerOutputPosition(): usize {
  return output;
}

/** Bytes that are decided but for a carry, and are written together when it is known. */
export function writerPendingBytes(): u32 {
  return pendingBytes;
}

export function posStateAt(at: u32): u32 {
  return at & posMask;
}

/** Address of the 0x300 probabilities for a literal at a place of the input. */
export function literalAt(at: u32): usize {
  const previous: u32 = at > 0 ? <u32>load<u8>(source + <usize>(at - 1)) : 0;
  return entry(model, LITERAL + LITERAL_ENTRIES * (((at & literalMask) << lc) + (previous >>> (8 - lc))));
}

function shiftLow(): void {
  if (<u32>low < 0xff000000 || low >>> 32 != 0) {
    const carry = <u32>(low >>> 32);
    // The first byte is always 0 and not stored.
    if (first) first = false;
    else store<u8>(output++, <u8>(cache + carry));
    for (; pendingBytes > 0; pendingBytes--) store<u8>(output++, <u8>(0xff + carry));
    cache = <u32>(low >>> 24) & 255;
  } else pendingBytes++;
  low = <u64>((<u32>low) << 8);
}

function writeBit(slot: usize, bit: u32): void {
  const p = <u32>load<u16>(slot);
  const bound = (range >>> 11) * p;
  if (bit == 0) {
    range = bound;
    store<u16>(slot, <u16>(p + ((2048 - p) >>> 5)));
  } else {
    low += <u64>bound;
    range -= bound;
    store<u16>(slot, <u16>(p - (p >>> 5)));
  }
  if (range < TOP) {
    range <<= 8;
    shiftLow();
  }
}

function writeDirect(value: u32, bits: u32): void {
  for (let i: i32 = <i32>bits - 1; i >= 0; i--) {
    range >>>= 1;
    if ((value >>> i) & 1) low += <u64>range;
    if (range < TOP) {
      range <<= 8;
      shiftLow();
    }
  }
}

/** A tree of bits, the upper ones first. The coder stands in locals: as globals it is stored and loaded again at every bit. */
function writeTree(tree: usize, value: u32, bits: u32): void {
  let r = range;
  let l = low;
  let node = ((<u32>1) << bits) | value;
  let slot = tree + 2;
  do {
    bits--;
    const bit = (node >>> bits) & 1;
    const mask = 0 - bit;
    const p = <u32>load<u16>(slot);
    const bound = (r >>> 11) * p;
    l += <u64>(bound & mask);
    r = bound + ((r - bound - bound) & mask);
    store<u16>(slot, <u16>(p - ((<i32>p - <i32>(PROBABILITY_TOP & ~mask)) >> 5)));
    if (r < TOP) {
      r <<= 8;
      low = l;
      shiftLow();
      l = low;
    }
    slot = tree + ((<usize>(node >>> bits)) << 1);
  } while (bits > 0);
  range = r;
  low = l;
}

/** A byte, each bit in the context of the bit of `match` as long as the two agree. */
function writeMatchedByte(literal: usize, byte: u32, match: u32): void {
  let r = range;
  let l = low;
  let node: u32 = 1;
  let offset: u32 = 0x100;
  byte |= 0x100;
  do {
    match <<= 1;
    byte <<= 1;
    const expected = match & offset;
    const bit = (byte >>> 8) & 1;
    const mask = 0 - bit;
    const slot = literal + ((<usize>(offset + expected + node)) << 1);
    const p = <u32>load<u16>(slot);
    const bound = (r >>> 11) * p;
    l += <u64>(bound & mask);
    r = bound + ((r - bound - bound) & mask);
    store<u16>(slot, <u16>(p - ((<i32>p - <i32>(PROBABILITY_TOP & ~mask)) >> 5)));
    if (r < TOP) {
      r <<= 8;
      low = l;
      shiftLow();
      l = low;
    }
    node = (node << 1) | bit;
    offset &= expected ^ ~mask;
  } while (node < 0x100);
  range = r;
  low = l;
}

function writeReverseTree(tree: usize, value: u32, bits: u32): void {
  let node: u32 = 1;
  for (let i: u32 = 0; i < bits; i++) {
    const bit = (value >>> i) & 1;
    writeBit(tree + ((<usize>node) << 1), bit);
    node = (node << 1) | bit;
  }
}

export function writeLiteral(): void {
  const byte = <u32>load<u8>(source + <usize>position);
  writeBit(entry(model, IS_MATCH + (state << 4) + (position & posMask)), 0);
  const literal = literalAt(position);
  if (state < 7) writeTree(literal, byte, 8);
  else writeMatchedByte(literal, byte, <u32>load<u8>(source + <usize>(position - rep0 - 1)));
  state = stateAfterLiteral(state);
  position++;
  operations++;
}

export function writeShortRep(): void {
  const posState = position & posMask;
  writeBit(entry(model, IS_MATCH + (state << 4) + posState), 1);
  writeBit(entry(model, IS_REP + state), 1);
  writeBit(entry(model, IS_REP_G0 + state), 0);
  writeBit(entry(model, IS_REP0_LONG + (state << 4) + posState), 0);
  state = stateAfterShortRep(state);
  position++;
  operations++;
}

/** A repeat of one of the last four distances. */
export function writeRep(index: u32, length: u32): void {
  const posState = position & posMask;
  writeBit(entry(model, IS_MATCH + (state << 4) + posState), 1);
  writeBit(entry(model, IS_REP + state), 1);
  if (index == 0) {
    writeBit(entry(model, IS_REP_G0 + state), 0);
    writeBit(entry(model, IS_REP0_LONG + (state << 4) + posState), 1);
  } else {
    writeBit(entry(model, IS_REP_G0 + state), 1);
    let distance = rep1;
    if (index == 1) writeBit(entry(model, IS_REP_G1 + state), 0);
    else {
      writeBit(entry(model, IS_REP_G1 + state), 1);
      writeBit(entry(model, IS_REP_G2 + state), index - 2);
      distance = rep2;
      if (index == 3) {
        distance = rep3;
        rep3 = rep2;
      }
      rep2 = rep1;
    }
    rep1 = rep0;
    rep0 = distance;
  }
  writeLength(REP_LENGTH, length - MATCH_MIN, posState);
  state = stateAfterRep(state);
  position += length;
  operations++;
}

/** A match; `distance` counts from 0. */
export function writeMatch(distance: u32, length: u32): void {
  const posState = position & posMask;
  writeBit(entry(model, IS_MATCH + (state << 4) + posState), 1);
  writeBit(entry(model, IS_REP + state), 0);
  writeLength(LENGTH, length - MATCH_MIN, posState);
  writeDistance(distance, lengthClass(length));
  rep3 = rep2;
  rep2 = rep1;
  rep1 = rep0;
  rep0 = distance;
  state = stateAfterMatch(state);
  position += length;
  operations++;
}

function writeLength(base: u32, length: u32, posState: u32): void {
  if (length < 8) {
    writeBit(entry(model, base + CHOICE), 0);
    writeTree(entry(model, base + LOW + (posState << 3)), length, 3);
  } else {
    writeBit(entry(model, base + CHOICE), 1);
    if (length < 16) {
      writeBit(entry(model, base + CHOICE_2), 0);
      writeTree(entry(model, base + MID + (posState << 3)), length - 8, 3);
    } else {
      writeBit(entry(model, base + CHOICE_2), 1);
      writeTree(entry(model, base + HIGH), length - 16, 8);
    }
  }
}

/** Slot of a distance: its two upper bits and their place. */
export function distanceSlot(distance: u32): u32 {
  if (distance < 4) return distance;
  const bits = 31 - <u32>clz<u32>(distance);
  return (bits << 1) | ((distance >>> (bits - 1)) & 1);
}

function writeDistance(distance: u32, lengthContext: u32): void {
  const slot = distanceSlot(distance);
  writeTree(entry(model, SLOT + (lengthContext << 6)), slot, 6);
  if (slot < 4) return;
  const bits = (slot >>> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  const rest = distance - base;
  if (slot < 14) writeReverseTree(entry(model, SPECIAL + base - slot), rest, bits);
  else {
    writeDirect(rest >>> 4, bits - 4);
    writeReverseTree(entry(model, ALIGN), rest & 15, 4);
  }
}

/** Ends the stream on the number inside the interval that has the most zero bytes at its end. */
export function writerFinish(): void {
  for (let bits: u64 = 32; bits > 0; bits -= 8) {
    const mask = ((<u64>1) << bits) - 1;
    const rounded = (low + mask) & ~mask;
    if (rounded - low < <u64>range) {
      low = rounded;
      break;
    }
  }
  for (let i = 0; i < 5; i++) shiftLow();
}
