// Streaming decoder of the LZ coder. Input comes in pieces of any size, output leaves in pieces of any size; many
// streams may be open at once, each with its state in a block:
//
//   0 header (64 bytes)  | 64 probabilities (u16) | dictionary: a ring of `dictionarySize` bytes
//
//   header: range 0 (0 = no input was read yet), code 4, state 8, rep0..rep3 12..24, pending length 28, ring position
//   32, bytes written (u32, saturates at the dictionary size) 36, dictionary size 40, lc 44, lp 48, pb 52, position 56,
//   zeros read behind the end 60 (more than 4 = the stream is bad, and stays so)
//
// Differences from an .lzma file: no header, no end marker (the caller knows the raw size), and the range coder's first
// byte, always 0 there, is not stored; the encoder leaves away zero bytes at the end, which the decoder makes up.
//
// Hostile input: a distance beyond what was written, or input that ends early, is BAD_STREAM; nothing is written outside
// `out` and the block; each symbol takes input or writes output.
//
// Speed: literals are where the decisions are, so their loop stands in `lzDecode` itself, with the range coder in locals
// (as globals it is stored and loaded again at every bit) and without a branch on the bit, which nobody can predict: the
// bit becomes a mask of zeros or ones that chooses the new range, code and probability. Flags are mostly predictable and
// keep their branches. A match is copied by eight bytes where it does not overlap itself more closely than that.

import { BAD_STREAM, OK } from '../common/status';
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
  modelEntries,
  REP_LENGTH,
  resetModel,
  SLOT,
  SPECIAL,
  stateAfterLiteral,
  stateAfterMatch,
  stateAfterRep,
  stateAfterShortRep,
} from './lz-model';

const HEADER_SIZE: u32 = 64;
/** Input that one symbol can take at most, with room: below this the decoder waits for more. */
const SYMBOL_INPUT: u32 = 32;
const TOP: u32 = 1 << 24;
/** Zero bytes that the encoder may have left away. */
const OMITTED_MAX: u32 = 4;
/** Where a probability that is only ever confirmed comes to rest: p + ((2048 - p) >> 5) = p - ((p - 2017) >> 5). */
const PROBABILITY_TOP: u32 = 2017;

let range: u32 = 0;
let code: u32 = 0;
let input: usize = 0;
let inputEnd: usize = 0;
let omitted: u32 = 0;

let model: usize = 0;

let usedInput: u32 = 0;
let madeOutput: u32 = 0;

/** Bytes of a decoder's block. */
export function lzDecoderSize(dictionarySize: u32, lc: u32, lp: u32): u32 {
  return HEADER_SIZE + ((modelEntries(lc, lp) * 2 + 15) & ~15) + dictionarySize;
}

/** Starts a stream in `block`. The host checked lc + lp <= 4, pb <= 4 and the dictionary size. */
export function lzDecoderStart(block: usize, dictionarySize: u32, lc: u32, lp: u32, pb: u32): void {
  memory.fill(block, 0, HEADER_SIZE);
  store<u32>(block, dictionarySize, 40);
  store<u32>(block, lc, 44);
  store<u32>(block, lp, 48);
  store<u32>(block, pb, 52);
  resetModel(block + HEADER_SIZE, lc, lp);
}

/** Input bytes that the last `lzDecode` used. */
export function lzUsedInput(): u32 {
  return usedInput;
}

/** Output bytes that the last `lzDecode` made. */
export function lzMadeOutput(): u32 {
  return madeOutput;
}

/**
 * Decodes up to `outSize` bytes to `out`. Unless `last`, stops when fewer than 32 bytes of input are left.
 */
export function lzDecode(block: usize, inPtr: usize, inSize: u32, last: bool, out: usize, outSize: u32): i32 {
  usedInput = 0;
  madeOutput = 0;
  omitted = load<u32>(block, 60);
  if (omitted > OMITTED_MAX) return BAD_STREAM;
  const lc = load<u32>(block, 44);
  const lp = load<u32>(block, 48);
  const pb = load<u32>(block, 52);
  const posMask: u32 = (1 << pb) - 1;
  const literalMask: u32 = (1 << lp) - 1;
  const previousShift: u32 = 8 - lc;
  const ringSize = load<u32>(block, 40);
  model = block + HEADER_SIZE;
  const literals = entry(model, LITERAL);
  const ring = model + ((modelEntries(lc, lp) * 2 + 15) & ~15);
  input = inPtr;
  inputEnd = inPtr + <usize>inSize;

  let r = load<u32>(block);
  let c = load<u32>(block, 4);
  let state = load<u32>(block, 8);
  let rep0 = load<u32>(block, 12);
  let rep1 = load<u32>(block, 16);
  let rep2 = load<u32>(block, 20);
  let rep3 = load<u32>(block, 24);
  let pending = load<u32>(block, 28);
  let ringPosition = load<u32>(block, 32);
  let written = load<u32>(block, 36);
  let position = load<u32>(block, 56);
  let target = out;
  const outEnd = out + <usize>outSize;
  let status = OK;

  if (r == 0 && outSize > 0 && (last || inSize >= SYMBOL_INPUT)) {
    r = 0xffffffff;
    for (let i = 0; i < 4; i++) c = (c << 8) | nextByte();
  }
  while (target < outEnd) {
    if (pending > 0) {
      // As far as the output, the ring's end and the source's way to the ring's end allow.
      const from = ringPosition > rep0 ? ringPosition - rep0 - 1 : ringPosition + ringSize - rep0 - 1;
      let count = pending;
      if (count > <u32>(outEnd - target)) count = <u32>(outEnd - target);
      if (count > ringSize - ringPosition) count = ringSize - ringPosition;
      if (count > ringSize - from) count = ringSize - from;
      copyMatch(ring + <usize>from, ring + <usize>ringPosition, target, count);
      pending -= count;
      target += <usize>count;
      position += count;
      ringPosition += count;
      if (ringPosition == ringSize) ringPosition = 0;
      written = count < ringSize - written ? written + count : ringSize;
      continue;
    }
    if (!last && inputEnd - input < <usize>SYMBOL_INPUT) break;
    const posState = position & posMask;

    const isMatch = entry(model, IS_MATCH + (state << 4) + posState);
    const matchProbability = <u32>load<u16>(isMatch);
    if (r < TOP) {
      r <<= 8;
      c = (c << 8) | nextByte();
    }
    const matchBound = (r >>> 11) * matchProbability;
    if (c < matchBound) {
      r = matchBound;
      store<u16>(isMatch, <u16>(matchProbability + ((2048 - matchProbability) >>> 5)));
      const back = ringPosition > 0 ? ringPosition - 1 : ringSize - 1;
      const previous: u32 = written > 0 ? <u32>load<u8>(ring + <usize>back) : 0;
      const context = ((position & literalMask) << lc) + (previous >>> previousShift);
      const tree = literals + <usize>((LITERAL_ENTRIES * context) << 1);
      let node: u32 = 1;
      if (state < 7) {
        state = state < 4 ? 0 : state - 3;
        do {
          const slot = tree + ((<usize>node) << 1);
          const p = <u32>load<u16>(slot);
          if (r < TOP) {
            r <<= 8;
            c = (c << 8) | nextByte();
          }
          const bound = (r >>> 11) * p;
          const bit: u32 = c >= bound ? 1 : 0;
          const mask = 0 - bit;
          c -= bound & mask;
          r = bound + ((r - bound - bound) & mask);
          store<u16>(slot, <u16>(p - ((<i32>p - <i32>(PROBABILITY_TOP & ~mask)) >> 5)));
          node = (node << 1) | bit;
        } while (node < 0x100);
      } else {
        state = stateAfterLiteral(state);
        const from = ringPosition > rep0 ? ringPosition - rep0 - 1 : ringPosition + ringSize - rep0 - 1;
        let match = <u32>load<u8>(ring + <usize>from);
        let offset: u32 = 0x100;
        do {
          match <<= 1;
          const expected = match & offset;
          const slot = tree + ((<usize>(offset + expected + node)) << 1);
          const p = <u32>load<u16>(slot);
          if (r < TOP) {
            r <<= 8;
            c = (c << 8) | nextByte();
          }
          const bound = (r >>> 11) * p;
          const bit: u32 = c >= bound ? 1 : 0;
          const mask = 0 - bit;
          c -= bound & mask;
          r = bound + ((r - bound - bound) & mask);
          store<u16>(slot, <u16>(p - ((<i32>p - <i32>(PROBABILITY_TOP & ~mask)) >> 5)));
          node = (node << 1) | bit;
          offset &= expected ^ ~mask;
        } while (node < 0x100);
      }
      store<u8>(ring + <usize>ringPosition, <u8>node);
      store<u8>(target++, <u8>node);
      position++;
      if (++ringPosition == ringSize) ringPosition = 0;
      if (written < ringSize) written++;
      continue;
    }
    store<u16>(isMatch, <u16>(matchProbability - (matchProbability >>> 5)));
    code = c - matchBound;
    range = r - matchBound;

    let length: u32;
    if (!decodeBit(entry(model, IS_REP + state))) {
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      length = MATCH_MIN + decodeLength(LENGTH, posState);
      rep0 = decodeDistance(lengthClass(length));
      state = stateAfterMatch(state);
    } else if (decodeBit(entry(model, IS_REP_G0 + state))) {
      let distance = rep1;
      if (decodeBit(entry(model, IS_REP_G1 + state))) {
        distance = rep2;
        if (decodeBit(entry(model, IS_REP_G2 + state))) {
          distance = rep3;
          rep3 = rep2;
        }
        rep2 = rep1;
      }
      rep1 = rep0;
      rep0 = distance;
      length = MATCH_MIN + decodeLength(REP_LENGTH, posState);
      state = stateAfterRep(state);
    } else if (decodeBit(entry(model, IS_REP0_LONG + (state << 4) + posState))) {
      length = MATCH_MIN + decodeLength(REP_LENGTH, posState);
      state = stateAfterRep(state);
    } else {
      length = 1;
      state = stateAfterShortRep(state);
    }
    r = range;
    c = code;
    if (rep0 >= written) {
      status = BAD_STREAM;
      break;
    }
    pending = length;
  }
  if (omitted > OMITTED_MAX) status = BAD_STREAM;
  if (status != OK) omitted = OMITTED_MAX + 1;

  store<u32>(block, r);
  store<u32>(block, c, 4);
  store<u32>(block, state, 8);
  store<u32>(block, rep0, 12);
  store<u32>(block, rep1, 16);
  store<u32>(block, rep2, 20);
  store<u32>(block, rep3, 24);
  store<u32>(block, pending, 28);
  store<u32>(block, ringPosition, 32);
  store<u32>(block, written, 36);
  store<u32>(block, position, 56);
  store<u32>(block, omitted, 60);
  usedInput = <u32>(input - inPtr);
  madeOutput = <u32>(target - out);
  return status;
}

/** Whether a stream ended well: no match is cut, and all input was needed. `left` = input bytes not yet used. */
export function lzFinished(block: usize, inPtr: usize, left: u32): i32 {
  if (load<u32>(block, 28) != 0) return BAD_STREAM;
  range = load<u32>(block);
  code = load<u32>(block, 4);
  omitted = load<u32>(block, 60);
  input = inPtr;
  inputEnd = inPtr + <usize>left;
  if (range < TOP) {
    range <<= 8;
    code = (code << 8) | nextByte();
  }
  return input == inputEnd && omitted <= OMITTED_MAX && code < range ? OK : BAD_STREAM;
}

function nextByte(): u32 {
  if (input < inputEnd) return <u32>load<u8>(input++);
  omitted++;
  return 0;
}

function decodeBit(slot: usize): bool {
  const p = <u32>load<u16>(slot);
  if (range < TOP) {
    range <<= 8;
    code = (code << 8) | nextByte();
  }
  const bound = (range >>> 11) * p;
  if (code < bound) {
    range = bound;
    store<u16>(slot, <u16>(p + ((2048 - p) >>> 5)));
    return false;
  }
  range -= bound;
  code -= bound;
  store<u16>(slot, <u16>(p - (p >>> 5)));
  return true;
}

function decodeDirect(count: u32): u32 {
  let value: u32 = 0;
  let r = range;
  let c = code;
  for (let i: u32 = 0; i < count; i++) {
    if (r < TOP) {
      r <<= 8;
      c = (c << 8) | nextByte();
    }
    r >>>= 1;
    const bit: u32 = c >= r ? 1 : 0;
    c -= r & (0 - bit);
    value = (value << 1) | bit;
  }
  range = r;
  code = c;
  return value;
}

/** A tree of `bits` bits, the upper ones first. */
function decodeTree(tree: usize, bits: u32): u32 {
  const leaves = (<u32>1) << bits;
  let r = range;
  let c = code;
  let node: u32 = 1;
  do {
    const slot = tree + ((<usize>node) << 1);
    const p = <u32>load<u16>(slot);
    if (r < TOP) {
      r <<= 8;
      c = (c << 8) | nextByte();
    }
    const bound = (r >>> 11) * p;
    const bit: u32 = c >= bound ? 1 : 0;
    const mask = 0 - bit;
    c -= bound & mask;
    r = bound + ((r - bound - bound) & mask);
    store<u16>(slot, <u16>(p - ((<i32>p - <i32>(PROBABILITY_TOP & ~mask)) >> 5)));
    node = (node << 1) | bit;
  } while (node < leaves);
  range = r;
  code = c;
  return node - leaves;
}

/** A tree of `bits` bits, the lower ones first. */
function decodeReverseTree(tree: usize, bits: u32): u32 {
  let node: u32 = 1;
  let value: u32 = 0;
  for (let i: u32 = 0; i < bits; i++) {
    const bit: u32 = decodeBit(tree + ((<usize>node) << 1)) ? 1 : 0;
    node = (node << 1) | bit;
    value |= bit << i;
  }
  return value;
}

function decodeLength(base: u32, posState: u32): u32 {
  if (!decodeBit(entry(model, base + CHOICE)))
    return decodeTree(entry(model, base + LOW + (posState << 3)), 3);
  if (!decodeBit(entry(model, base + CHOICE_2)))
    return 8 + decodeTree(entry(model, base + MID + (posState << 3)), 3);
  return 16 + decodeTree(entry(model, base + HIGH), 8);
}

function decodeDistance(lengthContext: u32): u32 {
  const slot = decodeTree(entry(model, SLOT + (lengthContext << 6)), 6);
  if (slot < 4) return slot;
  const bits = (slot >>> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  if (slot < 14) return base + decodeReverseTree(entry(model, SPECIAL + base - slot), bits);
  return base + (decodeDirect(bits - 4) << 4) + decodeReverseTree(entry(model, ALIGN), 4);
}

/** Copies `count` bytes of the ring to its head and to the output. Source and head may overlap; neither passes the ring's end. */
function copyMatch(from: usize, head: usize, target: usize, count: u32): void {
  let i: usize = 0;
  const size = <usize>count;
  // Eight bytes at once see what this match wrote only when the source lies that far behind, or before the head by wrapping.
  if (from > head || head - from >= 8) {
    for (; i + 8 <= size; i += 8) {
      const bytes = load<u64>(from + i);
      store<u64>(head + i, bytes);
      store<u64>(target + i, bytes);
    }
  }
  for (; i < size; i++) {
    const byte = load<u8>(from + i);
    store<u8>(head + i, byte);
    store<u8>(target + i, byte);
  }
}
