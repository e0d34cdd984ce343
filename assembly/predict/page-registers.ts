// Which registers hold the page of an ADRP in the old code that is being walked.
//
// An address is made by a pair: ADRP xN, page; then ADD/LDR/STR with xN and the low 12 bits. The page alone says
// little (its target moves by less than a page, mostly), so both halves are mapped as one full address: the
// ADRP looks ahead for its first user, a user looks back here for its ADRP. At most REACH bytes lie between.
//
// The ADRPs before a span are known too, so the state depends on old alone and not on the slices. What a word writes, and what a call may
// write (registers 0..17), is no page any more; a user looks for such a word between its ADRP and itself, so that words which refer to nothing cost nothing
// (wrong loads and stores on jsc 2.52-2.54: 20,623 -> 3,597). Letting the ADRP's look ahead stop at such a word made it worse (node-arm64: 258 -> 368 wrong).

import {
  ACCESS,
  ADD,
  ADDRESS_PAGE,
  accessScale,
  baseRegister,
  formOf,
  isAccess,
  isCall,
  isPageTo,
  isPlainAdd,
  isStore,
  OTHER,
  offset12,
  pageOffset,
} from './arm64-words';
import { oldBase } from './bases';

/** Bytes between an ADRP and its user, both ways. */
export const REACH: u32 = 256;
const NOWHERE: u32 = 0xffffffff;

const PAGE: usize = memory.data(128, 16);
const PLACE: usize = memory.data(128, 16);

/** Old offset of the last ADRP to a register; NOWHERE when unknown. */
function placeOf(register: u32): u32 {
  return load<u32>(PLACE + ((<usize>register) << 2));
}

/** Whether an ADRP to `register` is known at most REACH bytes before old offset `at`. */
export function wasPage(register: u32, at: u32): bool {
  const place = placeOf(register);
  return at - place <= REACH && register != 31 && place != NOWHERE;
}

/** Whether `register` holds the page of an ADRP at most REACH bytes before old offset `at`. */
export function holdsPage(register: u32, at: u32): bool {
  if (!wasPage(register, at)) return false;
  for (let next = placeOf(register) + 4; next < at; next += 4) {
    if (losesPage(load<u32>(oldBase + <usize>next), register)) return false;
  }
  return true;
}

/** Whether a word leaves something else than a page in `register`. An ADRP is noted by itself. */
export function losesPage(word: u32, register: u32): bool {
  if (isCall(word)) return register <= 17;
  return (word & 31) == register && overwrites(word);
}

/** Whether a word that is no call writes its register Rd. */
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
    if (isPageTo(word, register)) return page;
  }
  return page;
}

/** Starts a span at old offset `at`: the ADRPs of the REACH bytes before it, but not before `regionStart`. */
export function warmPages(at: u32, regionStart: u32, addressDelta: u32): void {
  memory.fill(PLACE, 0xff, 32 * 4);
  const end = (at + 3) & ~3;
  let place = end - regionStart > REACH ? end - REACH : regionStart;
  for (place = (place + 3) & ~3; place + 4 <= end; place += 4) {
    const word = load<u32>(oldBase + <usize>place);
    if (formOf(word) == ADDRESS_PAGE) setPage(word & 31, pageOfAdrp(word, place + addressDelta), place);
  }
}
