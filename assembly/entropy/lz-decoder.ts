// Streaming decoder of the LZ coder. Input comes in pieces of any size, output leaves in pieces of any size; many
// streams may be open at once, each with its state in a block:
//
//   0 header (64 bytes)  | 64 probabilities (u16) | dictionary: a ring of `dictionarySize` bytes
//
//   header: range 0 (0 = no input was read yet), code 4, state 8, rep0..rep3 12..24, pending length 28, ring position 32, bytes written (u32, saturates
//   at the dictionary size) 36, dictionary size 40, lc 44, lp 48, pb 52, position 56, consumed past the end 60
//
// Differences from an .lzma file: no header, no end marker (the caller knows the raw size), and the range coder's first
// byte, always 0 there, is not stored; the encoder leaves away zero bytes at the end, which the decoder makes up.
//
// Hostile input: a distance beyond what was written, or input that ends early, is BAD_STREAM; nothing is written outside
// `out` and the block; each symbol takes input or writes output.

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

let range: u32 = 0;
let code: u32 = 0;
let input: usize = 0;
let inputEnd: usize = 0;
let omitted: u32 = 0;

let model: usize = 0;
let ring: usize = 0;
let ringSize: u32 = 0;
let ringPosition: u32 = 0;
let written: u32 = 0;
let position: u32 = 0;
let target: usize = 0;

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
  const lc = load<u32>(block, 44);
  const lp = load<u32>(block, 48);
  const pb = load<u32>(block, 52);
  range = load<u32>(block);
  code = load<u32>(block, 4);
  let state = load<u32>(block, 8);
  let rep0 = load<u32>(block, 12);
  let rep1 = load<u32>(block, 16);
  let rep2 = load<u32>(block, 20);
  let rep3 = load<u32>(block, 24);
  let pending = load<u32>(block, 28);
  ringPosition = load<u32>(block, 32);
  written = load<u32>(block, 36);
  ringSize = load<u32>(block, 40);
  position = load<u32>(block, 56);
  omitted = load<u32>(block, 60);
  model = block + HEADER_SIZE;
  ring = model + ((modelEntries(lc, lp) * 2 + 15) & ~15);
  input = inPtr;
  inputEnd = inPtr + <usize>inSize;
  target = out;
  const outEnd = out + <usize>outSize;
  const posMask: u32 = (1 << pb) - 1;
  const literalMask: u32 = (1 << lp) - 1;
  let status = OK;

  if (range == 0 && outSize > 0 && (last || inSize >= SYMBOL_INPUT)) {
    range = 0xffffffff;
    for (let i = 0; i < 4; i++) code = (code << 8) | nextByte();
  }
  while (target < outEnd) {
    if (pending > 0) {
      pending -= copyMatch(rep0, pending, outEnd);
      continue;
    }
    if (!last && inputEnd - input < <usize>SYMBOL_INPUT) break;
    const posState = position & posMask;
    if (!decodeBit(entry(model, IS_MATCH + (state << 4) + posState))) {
      const previous: u32 = written > 0 ? byteBack(0) : 0;
      const context = ((position & literalMask) << lc) + (previous >>> (8 - lc));
      const literal = entry(model, LITERAL + LITERAL_ENTRIES * context);
      const byte = state < 7 ? decodeLiteral(literal) : decodeMatchedLiteral(literal, byteBack(rep0));
      putByte(byte);
      state = stateAfterLiteral(state);
      continue;
    }
    let length: u32;
    if (!decodeBit(entry(model, IS_REP + state))) {
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      length = decodeLength(LENGTH, posState);
      rep0 = decodeDistance(lengthClass(length + MATCH_MIN));
      state = stateAfterMatch(state);
    } else {
      if (!decodeBit(entry(model, IS_REP_G0 + state))) {
        if (!decodeBit(entry(model, IS_REP0_LONG + (state << 4) + posState))) {
          if (rep0 >= written) {
            status = BAD_STREAM;
            break;
          }
          putByte(byteBack(rep0));
          state = stateAfterShortRep(state);
          continue;
        }
      } else {
        let distance: u32;
        if (!decodeBit(entry(model, IS_REP_G1 + state))) distance = rep1;
        else {
          if (!decodeBit(entry(model, IS_REP_G2 + state))) distance = rep2;
          else {
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
      length = decodeLength(REP_LENGTH, posState);
      state = stateAfterRep(state);
    }
    if (rep0 >= written) {
      status = BAD_STREAM;
      break;
    }
    pending = length + MATCH_MIN;
  }
  if (omitted > OMITTED_MAX) status = BAD_STREAM;

  store<u32>(block, range);
  store<u32>(block, code, 4);
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
  for (let i: u32 = 0; i < count; i++) {
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | nextByte();
    }
    range >>>= 1;
    const bit: u32 = code >= range ? 1 : 0;
    code -= range & (0 - bit);
    value = (value << 1) | bit;
  }
  return value;
}

function decodeTree(tree: usize, bits: u32): u32 {
  let node: u32 = 1;
  for (let i: u32 = 0; i < bits; i++) node = (node << 1) | (decodeBit(tree + ((<usize>node) << 1)) ? 1 : 0);
  return node - ((<u32>1) << bits);
}

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

function decodeLiteral(literal: usize): u32 {
  let node: u32 = 1;
  while (node < 0x100) node = (node << 1) | (decodeBit(literal + ((<usize>node) << 1)) ? 1 : 0);
  return node & 255;
}

function decodeMatchedLiteral(literal: usize, match: u32): u32 {
  let node: u32 = 1;
  let offset: u32 = 0x100;
  while (node < 0x100) {
    match <<= 1;
    const expected = match & offset;
    const bit: u32 = decodeBit(literal + ((<usize>(offset + expected + node)) << 1)) ? 1 : 0;
    node = (node << 1) | bit;
    offset = bit ? expected : offset & ~expected;
  }
  return node & 255;
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

/** The byte written `distance` + 1 bytes ago; the caller checked distance < written. */
function byteBack(distance: u32): u32 {
  const at = ringPosition > distance ? ringPosition - distance - 1 : ringPosition + ringSize - distance - 1;
  return <u32>load<u8>(ring + <usize>at);
}

function putByte(byte: u32): void {
  store<u8>(ring + <usize>ringPosition, <u8>byte);
  if (++ringPosition == ringSize) ringPosition = 0;
  if (written < ringSize) written++;
  position++;
  store<u8>(target++, <u8>byte);
}

/** Copies up to `length` bytes from `distance` + 1 back, as far as the output reaches; answers how many. */
function copyMatch(distance: u32, length: u32, outEnd: usize): u32 {
  const room = <u32>(outEnd - target);
  const count = length < room ? length : room;
  for (let i: u32 = 0; i < count; i++) putByte(byteBack(distance));
  return count;
}
