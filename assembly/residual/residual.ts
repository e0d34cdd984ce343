// The residual: which units of a covered stretch are predicted wrong, and what stands there instead.
//
//   new:   |....unit....|....unit....|  ...            units of 4 bytes on multiples of 4 of new;
//          |<------------ block ------------>|         blocks of 64 bytes on multiples of 64;
//   |<- group: 64 blocks on multiples of 4 KiB ->|
//   all are cut where a span begins or ends.
//
// Per group of GROUP_LEAST blocks or more: one flag "all blocks right". In any other group, per block: one flag "all units right". In a block with a
// wrong unit: one flag per unit. Flags are modelled bits in the `flags` stream; the bytes of a wrong unit stand in the value stream
// of its kind as bytewise differences new - predicted (mod 256), which repeat where one target moved and many places refer to it.
//
// Work is in proportion to what is wrong: a right group costs one flag, its prediction and one copy. Predictions do not depend on
// flags, only on true bytes, so the encoder predicts a whole group, learns from it and keeps what was predicted, before it
// codes the group's flag.
//
// Flags are coded with direct counters (direct-flags.ts) or mixed (flag-model.ts); units of kinds that are mixed are coded whole in
// the lane of values (value-model.ts). When encoding their differences are appended all the same, so that the host can
// choose what is smaller.
//
// One source codes in both directions (see entropy/binary-coder.ts): when encoding, new already stands at
// newBase and values are appended to their buffers; when decoding, new is written. The flags of a block depend
// only on what was known before the block, or on units of the block already coded.

import { BAD_STREAM, OK } from '../common/status';
import { isEncoding } from '../entropy/binary-coder';
import { FLAG_LANE, useLane, VALUE_LANE } from '../entropy/coder-lanes';
import { newBase } from '../predict/bases';
import { CONFIDENCE, KIND, PREDICTED } from '../predict/block-buffers';
import { CODE, EXTRAPOLATED, PLAIN, SECTION } from '../predict/kinds';
import { canMakeRight, makeRight, predictBlock, teachBlock } from '../predict/predict-block';
import { spanClass, spanEnd, spanStart } from '../predict/span';
import {
  codeDirectBlock,
  codeDirectGroup,
  codeDirectUnit,
  directFlagsSize,
  startDirectFlags,
} from './direct-flags';
import {
  codeMixedBlock,
  codeMixedGroup,
  codeMixedUnit,
  flagModelSize,
  noteCorrection,
  startFlagModel,
} from './flag-model';
import { addBytes, codeMixedValue, startValueModel, subtractBytes, valueModelSize } from './value-model';

/** Value buffers, one per slot: { position, end } as addresses. */
const SLOTS: usize = memory.data(32 * 8, 16);
/** Slot of each kind's values. */
const SLOT_OF_KIND: usize = memory.data(32, 16);
/** Wrong units of each kind, for the report. */
const WRONG_OF_KIND: usize = memory.data(32 * 4, 16);

const GROUP_SIZE: u32 = 4096;
/** Blocks from which on a group has a flag of its own. */
const GROUP_LEAST: u32 = 4;

/** What was predicted of each block of a group that is being written: { 64 bytes, kinds, confidences, whether it is right }. */
const RECORD: usize = 112;
const RECORDS: usize = memory.data(64 * 112, 16);
const RECORD_KINDS: usize = 64;
const RECORD_HOWS: usize = 80;
const RECORD_RIGHT: usize = 96;

/** The current group ends at this new offset, and all of it is right. */
let groupEnd: u32 = 0;
let groupRight: bool = false;
/** The predicted bytes of the block that is being coded, kinds and confidences of its units. */
let blockBytes: usize = PREDICTED;
let blockKinds: usize = KIND;
let blockHows: usize = CONFIDENCE;

/** Flags are mixed. */
let mixesFlags: bool = false;
/** Bit k: units of kind k are mixed. */
let mixedKinds: u32 = 0;
let mixedBytes: u32 = 0;

/** Bytes of state that `residualStart` wants for flags with 2^flagBits hashed counters and values with 2^valueBits slots; 0 = not mixed. */
export function residualSize(flagBits: u32, valueBits: u32): u32 {
  const flags = flagBits == 0 ? directFlagsSize() : flagModelSize(flagBits);
  return flags + (valueBits == 0 ? 0 : valueModelSize(valueBits));
}

/** Starts a residual with fresh models at `block`. The streams of its lanes are opened by the caller. */
export function residualStart(block: usize, flagBits: u32, valueBits: u32, kinds: u32): void {
  mixesFlags = flagBits != 0;
  mixedKinds = valueBits == 0 ? 0 : kinds;
  mixedBytes = 0;
  groupEnd = 0;
  if (mixesFlags) startFlagModel(block, flagBits);
  else startDirectFlags(block);
  if (valueBits != 0) startValueModel(block + <usize>residualSize(flagBits, 0), valueBits);
  memory.fill(SLOTS, 0, 32 * 8);
  memory.fill(SLOT_OF_KIND, 0, 32);
  memory.fill(WRONG_OF_KIND, 0, 32 * 4);
}

/** Bytes of wrong units mixed so far. */
export function residualMixedBytes(): u32 {
  return mixedBytes;
}

/** Units of all kinds are coded in their slots alone from now on: the host has seen that there are too many to mix. */
export function stopMixingValues(): void {
  mixedKinds = 0;
}

/** Address of the 32 value slots, pairs { position, end } of u32 that the host sets and reads back. */
export function residualSlots(): usize {
  return SLOTS;
}

/** Address of the 32 bytes that name the value slot of each kind. */
export function residualSlotOfKind(): usize {
  return SLOT_OF_KIND;
}

/** Address of 32 u32: wrong units coded so far, by kind. */
export function residualWrongCounts(): usize {
  return WRONG_OF_KIND;
}

/**
 * Codes new[newStart, newEnd) of the span that `beginSpan` announced (predict/predict-block.ts). Cut by the host so that it is
 * at most 64 KiB, and when encoding at multiples of 4 KiB only. Answers BAD_STREAM when a value buffer runs out.
 */
export function codeCoverSlice(newStart: u32, newEnd: u32): i32 {
  useLane(FLAG_LANE);
  return isEncoding() ? encodeSlice(newStart, newEnd) : decodeSlice(newStart, newEnd);
}

/** Begins the group at `start` of the span. */
function openGroup(start: u32): void {
  const end = (start & ~(GROUP_SIZE - 1)) + GROUP_SIZE;
  groupEnd = end < spanEnd && end > start ? end : spanEnd;
}

function blocksOfGroup(start: u32): u32 {
  return ((groupEnd + 63) >>> 6) - (start >>> 6);
}

/** Codes "all of the group from `start` on is as predicted"; groups of few blocks have no such flag. */
function codeGroup(right: bool, start: u32): bool {
  const blocks = blocksOfGroup(start);
  if (blocks < GROUP_LEAST) return false;
  const size = 31 - <u32>clz<u32>(blocks);
  if (!mixesFlags) return codeDirectGroup(right ? 1 : 0, size) != 0;
  const units = ((groupEnd + 3) >>> 2) - (start >>> 2);
  return codeMixedGroup(right ? 1 : 0, blocks, units, size, <u32>spanClass & 15) != 0;
}

/** End of the block at `start`. */
function endOfBlock(start: u32, limit: u32): u32 {
  const end = (start & ~63) + 64;
  return end > limit || end < start ? limit : end;
}

function decodeSlice(newStart: u32, newEnd: u32): i32 {
  blockBytes = PREDICTED;
  blockKinds = KIND;
  blockHows = CONFIDENCE;
  for (let start = newStart; start < newEnd; ) {
    if (start == spanStart || start >= groupEnd) {
      openGroup(start);
      groupRight = codeGroup(false, start);
    }
    if (groupRight && canMakeRight()) {
      const stop = groupEnd < newEnd ? groupEnd : newEnd;
      makeRight(start, stop);
      start = stop;
      continue;
    }
    const end = endOfBlock(start, newEnd);
    predictBlock(start, end);
    const right = groupRight || codeBlock(1, start, end);
    if (right) {
      memory.copy(newBase + <usize>start, PREDICTED + <usize>(start & 63), <usize>(end - start));
    } else {
      const status = codeUnits(start, end, false);
      if (status != OK) return status;
    }
    teachBlock(start, end, right ? 0 : 1);
    start = end;
  }
  return OK;
}

function encodeSlice(newStart: u32, newEnd: u32): i32 {
  for (let start = newStart; start < newEnd; start = groupEnd) {
    openGroup(start);
    if (groupEnd > newEnd) return BAD_STREAM;
    if (codeGroup(recordGroup(start), start)) continue;
    let record = RECORDS;
    for (let at = start; at < groupEnd; record += RECORD) {
      const end = endOfBlock(at, groupEnd);
      blockBytes = record;
      blockKinds = record + RECORD_KINDS;
      blockHows = record + RECORD_HOWS;
      if (!codeBlock(load<i32>(record, RECORD_RIGHT), at, end)) {
        const status = codeUnits(at, end, true);
        if (status != OK) return status;
      }
      at = end;
    }
  }
  return OK;
}

/** Predicts the group from `start` on and learns from it. Whether all of it is right. */
function recordGroup(start: u32): bool {
  let record = RECORDS;
  let wrong: i32 = 0;
  for (let at = start; at < groupEnd; record += RECORD) {
    const end = endOfBlock(at, groupEnd);
    predictBlock(at, end);
    const size = <usize>(end - at);
    const right = memory.compare(newBase + <usize>at, PREDICTED + <usize>(at & 63), size) == 0;
    copyBytes(record, PREDICTED, 64);
    copyBytes(record + RECORD_KINDS, KIND, 16);
    copyBytes(record + RECORD_HOWS, CONFIDENCE, 16);
    store<i32>(record, right ? 1 : 0, RECORD_RIGHT);
    wrong |= right ? 0 : 1;
    teachBlock(at, end, right ? 0 : 1);
    at = end;
  }
  return wrong == 0;
}

/** Copies a multiple of 8 bytes. */
function copyBytes(to: usize, from: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** Codes "every unit of the block is right". */
function codeBlock(right: i32, start: u32, end: u32): bool {
  if (!mixesFlags)
    return codeDirectBlock(right, <u32>load<u8>(blockKinds + <usize>((start & 63) >>> 2))) != 0;
  const units = ((end + 3) >>> 2) - (start >>> 2);
  return codeMixedBlock(right, units, <u32>spanClass & 15, weaknessOf(start, end)) != 0;
}

/** References of a block, those whose target was not in a cover four times; at most 15. */
function weaknessOf(start: u32, end: u32): u32 {
  const first = (start & 63) >>> 2;
  const last = ((end - 1) & 63) >>> 2;
  let weakness: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const kinds = v128.load(blockKinds);
    const hows = v128.load(blockHows);
    const plain = v128.or(i8x16.eq(kinds, i8x16.splat(<i8>PLAIN)), i8x16.eq(kinds, i8x16.splat(<i8>CODE)));
    const far = v128.or(
      i8x16.eq(hows, i8x16.splat(<i8>EXTRAPOLATED)),
      i8x16.eq(hows, i8x16.splat(<i8>SECTION)),
    );
    const inside = ((<u32>2) << last) - ((<u32>1) << first);
    const references = ~(<u32>i8x16.bitmask(plain)) & inside;
    weakness = popcnt<u32>(references) + 3 * popcnt<u32>(references & <u32>i8x16.bitmask(far));
  } else {
    for (let unit = first; unit <= last; unit++) {
      const kind = load<u8>(blockKinds + <usize>unit);
      if (kind == PLAIN || kind == CODE) continue;
      const how = load<u8>(blockHows + <usize>unit);
      weakness += how == EXTRAPOLATED || how == SECTION ? 4 : 1;
    }
  }
  return weakness < 15 ? weakness : 15;
}

function codeUnits(start: u32, end: u32, encoding: bool): i32 {
  for (let at = start; at < end; ) {
    let size: u32 = 4 - (at & 3);
    if (size > end - at) size = end - at;
    const unit = <usize>((at & 63) >>> 2);
    const kind = <u32>load<u8>(blockKinds + unit) & 31;
    const predicted = readUnit(blockBytes + <usize>(at & 63), size);
    const actual = encoding ? readUnit(newBase + <usize>at, size) : 0;

    let right: i32 = actual == predicted ? 1 : 0;
    if (mixesFlags) {
      const before = at >= 4 ? load<u32>(newBase + <usize>(at - 4)) : 0;
      const confidence = <u32>load<u8>(blockHows + unit) & 3;
      right = codeMixedUnit(right, at, kind & 15, confidence, predicted, before);
    } else {
      right = codeDirectUnit(right, kind, <u32>load<u8>(blockBytes + <usize>((at + size - 1) & 63)));
    }
    if (!right) {
      const how = <u32>load<u8>(blockHows + unit) & 3;
      const status = codeValue(at, size, kind, how, predicted, actual, encoding);
      if (status != OK) return status;
    } else if (!encoding) {
      writeUnit(newBase + <usize>at, size, predicted);
    }
    at += size;
  }
  return OK;
}

/** The bytes of a unit as a number, the first lowest. */
function readUnit(from: usize, size: u32): u32 {
  if (size == 4) return load<u32>(from);
  let word: u32 = 0;
  for (let i: u32 = 0; i < size; i++) word |= (<u32>load<u8>(from + i)) << (i << 3);
  return word;
}

function writeUnit(to: usize, size: u32, word: u32): void {
  if (size == 4) store<u32>(to, word);
  else for (let i: u32 = 0; i < size; i++) store<u8>(to + i, <u8>(word >>> (i << 3)));
}

function codeValue(
  at: u32,
  size: u32,
  kind: u32,
  how: u32,
  predicted: u32,
  actual: u32,
  encoding: bool,
): i32 {
  const count = WRONG_OF_KIND + ((<usize>kind) << 2);
  store<u32>(count, load<u32>(count) + 1);
  const isMixed = ((mixedKinds >>> kind) & 1) != 0;
  let word = actual;
  if (encoding || !isMixed) {
    const slot = SLOTS + ((<usize>load<u8>(SLOT_OF_KIND + kind)) << 3);
    const position = <usize>load<u32>(slot);
    if (position + size > <usize>load<u32>(slot, 4)) return BAD_STREAM;
    if (encoding) writeUnit(position, size, subtractBytes(actual, predicted));
    else word = addBytes(predicted, readUnit(position, size));
    store<u32>(slot, <u32>(position + size));
  }
  if (isMixed) {
    mixedBytes += size;
    useLane(VALUE_LANE);
    const ahead = at >= 4 ? load<u32>(newBase + <usize>(at - 4)) : 0;
    word = codeMixedValue(word, at, size, kind & 15, how, predicted, ahead);
    useLane(FLAG_LANE);
  }
  if (!encoding) writeUnit(newBase + <usize>at, size, word);
  if (mixesFlags) noteCorrection(at, subtractBytes(word, predicted));
  return OK;
}
