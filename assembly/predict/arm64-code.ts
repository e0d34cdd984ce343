// arm64 code: every instruction of old that refers to an address is decoded, its target is mapped, and it is
// encoded again at its new place.
//
//   BL               target mapped, calls to the same cover keep their distance
//   B, B.cond, CBZ,  target mapped by the rules for branches (near-targets.ts)
//   TBZ, LDR literal
//   ADR              target mapped
//   ADRP + user      full address mapped by each (page-registers.ts)
//
// Learning: a wrong BL, far B or user of a page says where its old target really went (map-address.ts).

import {
  ACCESS,
  ADD,
  ADDRESS,
  ADDRESS_PAGE,
  accessScale,
  BRANCH,
  BRANCH_LINK,
  baseRegister,
  branchOffset,
  formOf,
  isPlainAdd,
  OTHER,
  offset12,
  pageOffset,
  SHORT_BRANCH,
  shortOffset,
  TEST,
  testOffset,
  withBranchOffset,
  withOffset12,
  withPageOffset,
  withShortOffset,
  withTestOffset,
} from './arm64-words';
import { newBase, oldBase } from './bases';
import { CONFIDENCE, KIND, PREDICTED } from './block-buffers';
import {
  ADR,
  ADRP,
  CALL,
  CODE,
  CONDITIONAL,
  EXACT,
  JUMP,
  LITERAL,
  PAGE_ACCESS,
  PAGE_ADD,
  TEST_BRANCH,
} from './kinds';
import { learnTarget, mapAddress, mappedHow } from './map-address';
import { branchHow, mapBranch, mapCall } from './near-targets';
import {
  forgetCallerSaved,
  holdsPage,
  lookAhead,
  pageOf,
  pageOfAdrp,
  pagePlace,
  setPage,
} from './page-registers';
import {
  coverNew,
  coverSize,
  newAddressDelta,
  oldAddressDelta,
  originOf,
  regionEnd,
  spanDelta,
} from './span';

/** Old target of each unit of the block, and for users of a page the new offset of their ADRP. */
const TARGET: usize = memory.data(64, 16);
const ADRP_PLACE: usize = memory.data(64, 16);

/** Bytes that a branch or literal load of 19 bits reaches, both ways. */
const SHORT_REACH: u32 = 1 << 20;

/** What `mapWord` found out about the word, beside its prediction. */
let wordKind: u8 = CODE;
let wordTarget: u32 = 0;
let wordHow: u8 = EXACT;

/** Predicts the whole words of new[newStart, newEnd), which lies in one block. */
export function predictArm64(newStart: u32, newEnd: u32): void {
  for (let at = (newStart + 3) & ~3; at + 4 <= newEnd; at += 4) {
    const old = at - spanDelta;
    const word = load<u32>(oldBase + <usize>old);
    const unit = <usize>((at & 63) >>> 2);
    const form = formOf(word);
    wordKind = CODE;
    if (form != OTHER) {
      const predicted = mapWord(word, form, old, at);
      store<u32>(PREDICTED + (unit << 2), predicted);
      store<u32>(TARGET + (unit << 2), wordTarget);
      store<u8>(CONFIDENCE + unit, wordHow);
      if (wordKind >= PAGE_ADD && wordKind <= PAGE_ACCESS) {
        store<u32>(ADRP_PLACE + (unit << 2), pagePlace(baseRegister(word)) + spanDelta);
      }
    }
    store<u8>(KIND + unit, wordKind);
  }
}

/**
 * Makes new[newStart, newEnd), all of which is as predicted, so that nothing but the bytes matters. Of any length; the rest of the span's
 * state is as after `predictArm64` of its blocks.
 */
export function makeArm64(newStart: u32, newEnd: u32): void {
  const from = oldBase - <usize>spanDelta;
  memory.copy(newBase + <usize>newStart, from + <usize>newStart, <usize>(newEnd - newStart));
  for (let at = (newStart + 3) & ~3; at + 4 <= newEnd; at += 4) {
    const word = load<u32>(from + <usize>at);
    const form = formOf(word);
    if (form == OTHER || (form >= SHORT_BRANCH && form < ADDRESS && staysInCover(at))) continue;
    store<u32>(newBase + <usize>at, mapWord(word, form, at - spanDelta, at));
  }
}

/** Whether no branch of 19 bits leads from new offset `at` out of its cover, in which branches keep their distance. */
function staysInCover(at: u32): bool {
  return at - coverNew - SHORT_REACH < coverSize - 2 * SHORT_REACH && coverSize > 2 * SHORT_REACH;
}

/** Predicts a word of a form other than OTHER, at `old` in old and `at` in new. */
function mapWord(word: u32, form: u32, old: u32, at: u32): u32 {
  const address = old + oldAddressDelta;
  const newAddress = originOf(at);
  let predicted = word;
  let target: u32 = 0;
  wordKind = CODE;
  wordHow = EXACT;
  if (form >= ADD) {
    const register = baseRegister(word);
    if ((form == ACCESS || isPlainAdd(word)) && holdsPage(register, old)) {
      const scale = form == ACCESS ? accessScale(word) : 0;
      wordKind = form == ACCESS ? PAGE_ACCESS : PAGE_ADD;
      target = pageOf(register) + (offset12(word) << scale);
      predicted = withOffset12(word, (mapAddress(target) & 0xfff) >>> scale);
      wordHow = mappedHow;
    }
  } else if (form == BRANCH_LINK) {
    wordKind = CALL;
    target = address + branchOffset(word);
    predicted = withBranchOffset(word, mapCall(target, address, newAddress) - newAddress);
    wordHow = branchHow;
    forgetCallerSaved(old);
  } else if (form == BRANCH) {
    wordKind = JUMP;
    target = address + branchOffset(word);
    predicted = withBranchOffset(word, mapBranch(target, address, newAddress) - newAddress);
    wordHow = branchHow;
  } else if (form == TEST) {
    wordKind = TEST_BRANCH;
    target = address + testOffset(word);
    predicted = withTestOffset(word, mapBranch(target, address, newAddress) - newAddress);
    wordHow = branchHow;
  } else if (form < ADDRESS) {
    wordKind = form == SHORT_BRANCH ? CONDITIONAL : LITERAL;
    target = address + shortOffset(word);
    predicted = withShortOffset(word, mapBranch(target, address, newAddress) - newAddress);
    wordHow = branchHow;
  } else if (form == ADDRESS_PAGE) {
    wordKind = ADRP;
    const page = pageOfAdrp(word, address);
    setPage(word & 31, page, old);
    target = lookAhead(page, word & 31, old, regionEnd);
    predicted = withPageOffset(word, (mapAddress(target) >>> 12) - (newAddress >>> 12));
    wordHow = mappedHow;
  } else {
    wordKind = ADR;
    target = address + pageOffset(word);
    predicted = withPageOffset(word, mapAddress(target) - newAddress);
    wordHow = mappedHow;
  }
  wordTarget = target;
  return predicted;
}

/** Learns from the wrong words of new[newStart, newEnd). */
export function teachArm64(newStart: u32, newEnd: u32): void {
  for (let at = (newStart + 3) & ~3; at + 4 <= newEnd; at += 4) {
    const unit = <usize>((at & 63) >>> 2);
    const word = load<u32>(newBase + <usize>at);
    const predicted = load<u32>(PREDICTED + (unit << 2));
    if (word == predicted) continue;
    const kind = load<u8>(KIND + unit);
    const target = load<u32>(TARGET + (unit << 2));
    if (kind == CALL || (kind == JUMP && load<u8>(CONFIDENCE + unit) != EXACT)) {
      if (formOf(word) == formOf(predicted)) learnTarget(target, at + newAddressDelta + branchOffset(word));
    } else if (kind == PAGE_ADD || kind == PAGE_ACCESS) {
      teachPageUser(word, predicted, target, load<u32>(ADRP_PLACE + (unit << 2)), at);
    }
  }
}

/** A wrong user of a page: its true target, if its ADRP and opcode are still the same. */
function teachPageUser(word: u32, predicted: u32, target: u32, place: u32, at: u32): void {
  if (place < coverNew || place > at) return;
  const adrp = load<u32>(newBase + <usize>place);
  const register = baseRegister(predicted);
  if ((adrp & 0x9f00001f) != (0x90000000 | register)) return;
  if (((word ^ predicted) & 0xffc003e0) != 0) return;
  const scale = isPlainAdd(word) ? 0 : accessScale(word);
  const corrected = pageOfAdrp(adrp, place + newAddressDelta) + (offset12(word) << scale);
  if (mapAddress(target) != corrected) learnTarget(target, corrected);
}
