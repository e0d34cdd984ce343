// The predictor: what will the next block of new be, given old, the cover map and new so far?
//
//   startPredictor(state)                                once per operation (map, facts and tables are set apart)
//   setBases(old, new)                                   whenever a tile or the window moves
//   beginCover(index)                                    once per cover
//   beginSpan(newStart, newEnd, delta, class, ...)       once per span (span.ts), old's tile being resident
//   for each block of the span:                          at most 64 bytes, cut at multiples of 64 of new
//     predictBlock(newStart, newEnd)                     -> PREDICTED, KIND, CONFIDENCE (block-buffers.ts)
//     ... the coder puts the true bytes at newBase + newStart ...
//     teachBlock(newStart, newEnd, wrong)                wrong = 0 when every byte was as predicted
//
// A prediction uses only state from before its block, so the decoder can make it before it reads the first
// flag of the block. Blocks depend on new offsets alone, so how the host slices a span cannot be seen.
// Everything here may meet any bytes: offsets are the host's, loops are bounded by the block or by 64 words.

import { makeArm64, predictArm64, teachArm64 } from './arm64-code';
import { initForms } from './arm64-words';
import { newBase, oldBase } from './bases';
import { clearKinds, copyBlock } from './block-buffers';
import { predictAligned, predictMarked, predictRela, startMarked } from './data-pointers';
import { resetFrameChain } from './frame-chain';
import {
  predictOffsets,
  predictRecords,
  predictTrees,
  startOffsets,
  startRecords,
  startTrees,
} from './go-tables';
import { predictTypes, startTypes } from './go-types';
import { predictTables, startTables } from './jump-tables';
import { learnedTableSize, resetLearned } from './map-address';
import { resetFields } from './moved-fields';
import { SLACK, setSlack } from './near-targets';
import { warmPages } from './page-registers';
import { clearReferences, openBlock, teachReferences } from './reference-list';
import {
  ARM64_CODE,
  EH_FRAME,
  EH_FRAME_HEADER,
  ELF_POINTERS,
  ELF_SYMBOLS,
  GO_OFFSETS,
  GO_RECORDS,
  GO_TREES,
  GO_TYPES,
  JUMP_TABLES,
  MACHO_POINTERS,
  MACHO_SYMBOLS,
  MARKED_POINTERS,
  RAW,
  RELA_ENTRIES,
  X86_CODE,
} from './region-classes';
import { setCover, setOriginMask, setSpan, spanClass, spanDelta } from './span';
import { predictNames } from './symbol-names';
import { predictFrameHeader, predictFrames, startFrames } from './unwind-tables';
import { predictX86, startX86 } from './x86-code';
import { initOperands } from './x86-operands';

/** Bytes of state that startPredictor needs. */
export function predictorStateSize(): u32 {
  return learnedTableSize();
}

/** Begins an operation: nothing is learned yet. */
export function startPredictor(state: usize): void {
  initForms();
  initOperands();
  resetLearned(state);
  resetFields();
  resetFrameChain();
  setOriginMask(0xffffffff);
  setSlack(SLACK);
  clearReferences();
}

/** Announces the cover that the next spans are cut from, by its place in the list of setCovers. */
export function beginCover(index: u32): void {
  setCover(index);
}

/** Announces a span; the bytes around its old start must be resident. */
export function beginSpan(
  newStart: u32,
  newEnd: u32,
  delta: u32,
  regionClass: i32,
  regionStart: u32,
  regionEnd: u32,
  oldAddressDelta: u32,
  newAddressDelta: u32,
): void {
  const usable = isAligned(delta, regionClass) ? regionClass : RAW;
  setSpan(newStart, newEnd, delta, usable, regionStart, regionEnd, oldAddressDelta, newAddressDelta);
  clearReferences();
  const old = newStart - delta;
  if (usable == ARM64_CODE) warmPages(old, regionStart, oldAddressDelta);
  else if (usable == MARKED_POINTERS) startMarked(old);
  else if (usable == EH_FRAME) startFrames(old);
  else if (usable == GO_OFFSETS) startOffsets();
  else if (usable == GO_RECORDS) startRecords(old);
  else if (usable == GO_TREES) startTrees(old);
  else if (usable == GO_TYPES) {
    startMarked(old);
    startTypes(old);
  } else if (usable == X86_CODE || usable == JUMP_TABLES) {
    startX86(old);
    startTables(old);
  }
}

/** Fields that are aligned in old are only looked for where they stay aligned in new. */
function isAligned(delta: u32, regionClass: i32): bool {
  if (regionClass == ARM64_CODE || regionClass == MARKED_POINTERS) return (delta & 3) == 0;
  if (regionClass == EH_FRAME || regionClass == EH_FRAME_HEADER || regionClass == GO_TYPES) {
    return (delta & 3) == 0;
  }
  if (regionClass == ELF_POINTERS || regionClass == MACHO_POINTERS) return (delta & 7) == 0;
  return true;
}

/** Predicts new[newStart, newEnd), which lies in the announced span and in one 64-byte block of new. */
export function predictBlock(newStart: u32, newEnd: u32): void {
  const usable = spanClass;
  if (usable <= ARM64_CODE) {
    clearKinds();
    copyBlock(oldBase + <usize>(newStart - spanDelta), newStart & 63, newEnd - newStart);
    if (usable == ARM64_CODE) predictArm64(newStart, newEnd);
    return;
  }
  openBlock(newStart, newEnd);
  if (usable == MARKED_POINTERS) predictMarked(newStart, newEnd);
  else if (usable == ELF_POINTERS) predictAligned(newStart, newEnd, 8, 0, true);
  else if (usable == RELA_ENTRIES) predictRela(newStart, newEnd);
  else if (usable == EH_FRAME) predictFrames(newStart, newEnd);
  else if (usable == EH_FRAME_HEADER) predictFrameHeader(newStart, newEnd);
  else if (usable == MACHO_POINTERS) predictAligned(newStart, newEnd, 8, 0, false);
  else if (usable == X86_CODE) {
    predictX86(newStart, newEnd);
    predictTables(newStart, newEnd);
  } else if (usable == JUMP_TABLES) predictTables(newStart, newEnd);
  else if (usable == ELF_SYMBOLS) {
    predictNames(newStart, newEnd);
    predictAligned(newStart, newEnd, 24, 8, true);
  } else if (usable == MACHO_SYMBOLS) predictAligned(newStart, newEnd, 16, 8, false);
  else if (usable == GO_OFFSETS) predictOffsets(newStart, newEnd);
  else if (usable == GO_RECORDS) predictRecords(newStart, newEnd);
  else if (usable == GO_TREES) predictTrees(newStart, newEnd);
  else if (usable == GO_TYPES) {
    predictMarked(newStart, newEnd);
    predictTypes(newStart, newEnd);
  }
}

/** Whether `makeRight` makes spans of this class: their blocks teach nothing when they are right. */
export function canMakeRight(): bool {
  return spanClass <= ARM64_CODE;
}

/** Makes new[newStart, newEnd) of the announced span, of any length, every byte of which is as predicted. */
export function makeRight(newStart: u32, newEnd: u32): void {
  if (spanClass == ARM64_CODE) makeArm64(newStart, newEnd);
  else {
    const source = oldBase + <usize>(newStart - spanDelta);
    memory.copy(newBase + <usize>newStart, source, <usize>(newEnd - newStart));
  }
}

/** Learns from the true bytes of the block just predicted; `wrong` says whether any byte differs. */
export function teachBlock(newStart: u32, newEnd: u32, wrong: i32): void {
  if (spanClass > ARM64_CODE) teachReferences(newEnd, wrong);
  else if (wrong != 0 && spanClass == ARM64_CODE) teachArm64(newStart, newEnd);
}
