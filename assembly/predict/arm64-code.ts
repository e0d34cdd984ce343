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
  ADDRESS,
  ADDRESS_PAGE,
  accessScale,
  BRANCH,
  BRANCH_LINK,
  baseRegister,
  branchOffset,
  formOf,
  isPlainAdd,
  isStore,
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
  forgetPage,
  holdsPage,
  lookAhead,
  pageOf,
  pageOfAdrp,
  pagePlace,
  setPage,
} from './page-registers';
import { coverNew, newAddressDelta, oldAddressDelta, originOf, regionEnd, spanDelta } from './span';

/** Old target of each unit of the block, and for users of a page the new offset of their ADRP. */
const TARGET: usize = memory.data(64, 16);
const ADRP_PLACE: usize = memory.data(64, 16);

/** Predicts the whole words of new[newStart, newEnd). */
export function predictArm64(newStart: u32, newEnd: u32): void {
  for (let at = (newStart + 3) & ~3; at + 4 <= newEnd; at += 4) {
    const old = at - spanDelta;
    const word = load<u32>(oldBase + <usize>old);
    const unit = <usize>((at & 63) >>> 2);
    const form = formOf(word);
    let kind = CODE;
    if (form != OTHER) {
      const address = old + oldAddressDelta;
      const newAddress = originOf(at);
      let predicted = word;
      let target: u32 = 0;
      let how = EXACT;
      if (form == BRANCH_LINK) {
        kind = CALL;
        target = address + branchOffset(word);
        predicted = withBranchOffset(word, mapCall(target, address, newAddress) - newAddress);
        how = branchHow;
        forgetCallerSaved(old);
      } else if (form == BRANCH) {
        kind = JUMP;
        target = address + branchOffset(word);
        predicted = withBranchOffset(word, mapBranch(target, address, newAddress) - newAddress);
        how = branchHow;
      } else if (form == TEST) {
        kind = TEST_BRANCH;
        target = address + testOffset(word);
        predicted = withTestOffset(word, mapBranch(target, address, newAddress) - newAddress);
        how = branchHow;
      } else if (form < ADDRESS) {
        kind = form == SHORT_BRANCH ? CONDITIONAL : LITERAL;
        target = address + shortOffset(word);
        predicted = withShortOffset(word, mapBranch(target, address, newAddress) - newAddress);
        how = branchHow;
      } else if (form == ADDRESS_PAGE) {
        kind = ADRP;
        const page = pageOfAdrp(word, address);
        setPage(word & 31, page, old);
        target = lookAhead(page, word & 31, old, regionEnd);
        predicted = withPageOffset(word, (mapAddress(target) >>> 12) - (newAddress >>> 12));
        how = mappedHow;
      } else if (form == ADDRESS) {
        kind = ADR;
        target = address + pageOffset(word);
        predicted = withPageOffset(word, mapAddress(target) - newAddress);
        how = mappedHow;
      } else {
        const register = baseRegister(word);
        if ((form == ACCESS || isPlainAdd(word)) && holdsPage(register, old)) {
          const scale = form == ACCESS ? accessScale(word) : 0;
          kind = form == ACCESS ? PAGE_ACCESS : PAGE_ADD;
          target = pageOf(register) + (offset12(word) << scale);
          predicted = withOffset12(word, (mapAddress(target) & 0xfff) >>> scale);
          how = mappedHow;
          store<u32>(ADRP_PLACE + (unit << 2), pagePlace(register) + spanDelta);
        }
        if (!isStore(word)) forgetPage(word & 31);
      }
      store<u32>(PREDICTED + (unit << 2), predicted);
      store<u32>(TARGET + (unit << 2), target);
      store<u8>(CONFIDENCE + unit, how);
    } else {
      forgetPage(word & 31);
    }
    store<u8>(KIND + unit, kind);
  }
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
