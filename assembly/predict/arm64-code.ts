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
  addressUnits,
  BRANCH,
  BRANCH_LINK,
  baseRegister,
  branchOffset,
  formOf,
  formUnits,
  isAccess,
  isCall,
  isPageTo,
  isPlainAdd,
  OTHER,
  offset12,
  pageOffset,
  SHORT_BRANCH,
  shortOffset,
  TEST,
  testOffset,
  topBytes,
  touchesRegister,
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
import { isLearned, learnTarget, mapAddress, mappedHow } from './map-address';
import { branchHow, mapBranch, mapCall } from './near-targets';
import {
  holdsPage,
  lookAhead,
  losesPage,
  pageOf,
  pageOfAdrp,
  pagePlace,
  REACH,
  setPage,
  wasPage,
} from './page-registers';
import {
  coverNew,
  coverOld,
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
  if (ASC_FEATURE_SIMD) {
    if (newEnd - newStart == 64) {
      v128.store(KIND, i8x16.splat(<i8>CODE));
      let units = formUnits(topBytes(oldBase + <usize>(newStart - spanDelta)));
      for (; units != 0; units &= units - 1) predictUnit(newStart + ((<u32>ctz<i32>(units)) << 2));
      return;
    }
  }
  for (let at = (newStart + 3) & ~3; at + 4 <= newEnd; at += 4) {
    store<u8>(KIND + <usize>((at & 63) >>> 2), CODE);
    if (formOf(load<u32>(oldBase + <usize>(at - spanDelta))) != OTHER) predictUnit(at);
  }
}

/** Predicts the word at new offset `at`, of a form other than OTHER. */
function predictUnit(at: u32): void {
  const old = at - spanDelta;
  const word = load<u32>(oldBase + <usize>old);
  const unit = <usize>((at & 63) >>> 2);
  const predicted = mapWord(word, formOf(word), old, at);
  store<u32>(PREDICTED + (unit << 2), predicted);
  store<u32>(TARGET + (unit << 2), wordTarget);
  store<u8>(CONFIDENCE + unit, wordHow);
  store<u8>(KIND + unit, wordKind);
  if (wordKind >= PAGE_ADD && wordKind <= PAGE_ACCESS) {
    store<u32>(ADRP_PLACE + (unit << 2), pagePlace(baseRegister(word)) + spanDelta);
  }
}

/**
 * Makes new[newStart, newEnd), all of which is as predicted, so that nothing but the bytes matters. Of any length; the rest of the span's
 * state is as after `predictArm64` of its blocks.
 *
 * Old is copied, and words that must change are written over it. Words that name an address by themselves are found 16 at a time; an ADRP finds its users, instead of
 * each load and store its ADRP: a third of all words could be a user, and one in twenty is an ADRP.
 */
export function makeArm64(newStart: u32, newEnd: u32): void {
  const from = oldBase - <usize>spanDelta;
  memory.copy(newBase + <usize>newStart, from + <usize>newStart, <usize>(newEnd - newStart));
  let at = (newStart + 3) & ~3;
  const end = newEnd - spanDelta;
  for (let register: u32 = 0; register < 31; register++) {
    if (wasPage(register, at - spanDelta)) makePageUsers(register, at - spanDelta, end);
  }
  const short = !stayInCover(newStart, newEnd);
  if (ASC_FEATURE_SIMD) {
    for (; at + 64 <= newEnd; at += 64) {
      let units = addressUnits(topBytes(from + <usize>at), short);
      for (; units != 0; units &= units - 1) makeWord(at + ((<u32>ctz<i32>(units)) << 2), end);
    }
  }
  for (; at + 4 <= newEnd; at += 4) {
    const form = formOf(load<u32>(from + <usize>at));
    if (form != OTHER && form < ADD && (short || form < SHORT_BRANCH || form >= ADDRESS)) makeWord(at, end);
  }
}

/** Whether no branch of 19 bits leads from new[start, end) out of its cover, in which branches keep their distance. */
function stayInCover(start: u32, end: u32): bool {
  if (coverSize <= 2 * SHORT_REACH) return false;
  return start - coverNew >= SHORT_REACH && end - coverNew <= coverSize - SHORT_REACH;
}

/** Makes the word at new offset `at`, which names an address by itself, and of an ADRP its users below old offset `end`. */
function makeWord(at: u32, end: u32): void {
  const old = at - spanDelta;
  const word = load<u32>(oldBase + <usize>old);
  if ((word & 0x7c000000) == 0x14000000) {
    // A call or branch within its cover keeps its distance: most do.
    const target = old + branchOffset(word);
    if (target - coverOld < coverSize && (!isCall(word) || !isLearned(target + oldAddressDelta))) return;
  }
  const form = formOf(word);
  store<u32>(newBase + <usize>at, mapWord(word, form, old, at));
  if (form == ADDRESS_PAGE && (word & 31) != 31) makePageUsers(word & 31, old + 4, end);
}

/** Makes the words at old offsets [from, end) that use the page which an ADRP to `register` left there. */
function makePageUsers(register: u32, from: u32, end: u32): void {
  const page = pageOf(register);
  const place = pagePlace(register);
  const stop = end - place > REACH + 4 ? place + REACH + 4 : end;
  for (let at = place + 4; at + 4 <= stop; at += 4) {
    if (ASC_FEATURE_SIMD) {
      while (at + 16 <= stop && !touchesRegister(v128.load(oldBase + <usize>at), register)) at += 16;
      if (at + 4 > stop) return;
    }
    const word = load<u32>(oldBase + <usize>at);
    if (at >= from && baseRegister(word) == register && (isPlainAdd(word) || isAccess(word))) {
      const scale = isPlainAdd(word) ? 0 : accessScale(word);
      const mapped = mapAddress(page + (offset12(word) << scale));
      store<u32>(newBase + <usize>(at + spanDelta), withOffset12(word, (mapped & 0xfff) >>> scale));
    }
    if (losesPage(word, register) || isPageTo(word, register)) return;
  }
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
  if (!isPageTo(adrp, register)) return;
  if (((word ^ predicted) & 0xffc003e0) != 0) return;
  const scale = isPlainAdd(word) ? 0 : accessScale(word);
  const corrected = pageOfAdrp(adrp, place + newAddressDelta) + (offset12(word) << scale);
  if (mapAddress(target) != corrected) learnTarget(target, corrected);
}
