// Which registers hold the page of an ADRP in the old code that is being walked.
//
// An address is made by a pair: ADRP xN, page; then ADD/LDR/STR with xN and the low 12 bits. The page alone says
// little (its target moves by less than a page, mostly), so both halves are mapped as one full address: the
// ADRP looks ahead for its first user, a user looks back here for its ADRP. At most REACH bytes lie between.
//
// The words before a span are followed too, so the state depends on old alone and not on the slices: what they write, and
// what a call may write, is no page any more; a user looks for such a write between its ADRP and itself, so that words which refer to nothing cost nothing (wrong loads and stores on jsc 2.52-2.54: 20,623 -> 3,597). Letting the
// ADRP's look ahead stop at such a write made it worse (node-arm64: 258 -> 368 wrong).

import {
  ACCESS,
  ADD,
  ADDRESS_PAGE,
  accessScale,
  BRANCH_LINK,
  baseRegister,
  formOf,
  isAccess,
  isPlainAdd,
  isStore,
  OTHER,
  offset12,
  pageOffset,
} from './arm64-words';
import { oldBase } from './bases';

/** Bytes between an ADRP and its user, both ways. */
const REACH: u32 = 256;
const NOWHERE: u32 = 0xffffffff;

const PAGE: usize = memory.data(128, 16);
const PLACE: usize = memory.data(128, 16);

/** Old offset of the last ADRP to a register; NOWHERE when unknown. */
function placeOf(register: u32): u32 {
  return load<u32>(PLACE + ((<usize>register) << 2));
}

/** Old offset of the last call: what it leaves in registers 0..17 is not what was there. */
let lastCall: u32 = 0;

/** A call at old offset `at`. */
export function forgetCallerSaved(at: u32): void {
  lastCall = at;
}

/** Whether `register` holds the page of an ADRP at most REACH bytes before old offset `at`. */
export function holdsPage(register: u32, at: u32): bool {
  const place = placeOf(register);
  if (at - place > REACH || register == 31 || place == NOWHERE) return false;
  if (register <= 17 && lastCall >= place && lastCall <= at) return false;
  for (let next = place + 4; next < at; next += 4) {
    const word = load<u32>(oldBase + <usize>next);
    if ((word & 31) == register && overwrites(word)) return false;
  }
  return true;
}

/** Whether a word leaves something else than a page in its register Rd. An ADRP is noted by itself. */
function overwrites(word: u32): bool {
  const form = formOf(word);
  return form == OTHER || ((form == ADD || form == ACCESS) && !isStore(word));
}

/** Old offset of that ADRP. */
export function pagePlace(register: u32): u32 {
  return placeOf(register);
}

export function pageOf(register: u32): u32 {
  return load<u32>(PAGE + ((<usize>register) << 2));
}

export function setPage(register: u32, page: u32, place: u32): void {
  store<u32>(PAGE + ((<usize>register) << 2), page);
  store<u32>(PLACE + ((<usize>register) << 2), place);
}

/** Page that the ADRP `word` at address `address` makes. */
export function pageOfAdrp(word: u32, address: u32): u32 {
  return (address & 0xfffff000) + (pageOffset(word) << 12);
}

/** Full address for the ADRP at old offset `at`: its first user's, else the page. Stops at `regionEnd`. */
export function lookAhead(page: u32, register: u32, at: u32, regionEnd: u32): u32 {
  const last = at + REACH < regionEnd - 4 ? at + REACH : regionEnd - 4;
  for (let next = at + 4; next <= last; next += 4) {
    const word = load<u32>(oldBase + <usize>next);
    if (baseRegister(word) == register) {
      if (isPlainAdd(word)) return page + offset12(word);
      if (isAccess(word)) return page + (offset12(word) << accessScale(word));
    }
    if ((word & 0x9f00001f) == (0x90000000 | register)) return page;
  }
  return page;
}

/** Starts a span at old offset `at`: the ADRPs of the REACH bytes before it, but not before `regionStart`. */
export function warmPages(at: u32, regionStart: u32, addressDelta: u32): void {
  lastCall = NOWHERE;
  memory.fill(PLACE, 0xff, 32 * 4);
  const end = (at + 3) & ~3;
  let place = end - regionStart > REACH ? end - REACH : regionStart;
  for (place = (place + 3) & ~3; place + 4 <= end; place += 4) {
    const word = load<u32>(oldBase + <usize>place);
    const form = formOf(word);
    if (form == ADDRESS_PAGE) setPage(word & 31, pageOfAdrp(word, place + addressDelta), place);
    else if (form == BRANCH_LINK) forgetCallerSaved(place);
  }
}
