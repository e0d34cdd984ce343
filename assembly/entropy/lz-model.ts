// The model of the LZ coder: LZMA's (I. Pavlov, LZMA SDK specification, public domain), which codes literals, matches
// and repeated distances with adaptive binary probabilities of 11 bits, in contexts of the last operations
// ("state"), the position modulo 2^pb and the neighbouring bytes.
//
// Parameters: lc = bits of the previous byte, lp = bits of the position that choose a literal's context; pb = bits of the
// position that choose the contexts of operations and lengths. Units of 4 bytes want lp = pb = 2.
//
// Probabilities are u16 in one block; offsets below are in entries.

const STATES: u32 = 12;
/** Shortest match, and longest. */
export const MATCH_MIN: u32 = 2;
export const MATCH_MAX: u32 = 273;

export const IS_MATCH: u32 = 0; // [state << 4 | posState]
export const IS_REP: u32 = IS_MATCH + (STATES << 4); // [state]
export const IS_REP_G0: u32 = IS_REP + STATES;
export const IS_REP_G1: u32 = IS_REP_G0 + STATES;
export const IS_REP_G2: u32 = IS_REP_G1 + STATES;
export const IS_REP0_LONG: u32 = IS_REP_G2 + STATES; // [state << 4 | posState]
export const SLOT: u32 = IS_REP0_LONG + (STATES << 4); // [length class: 4][64]
export const SPECIAL: u32 = SLOT + 256; // reverse trees of slots 4..13
export const ALIGN: u32 = SPECIAL + 128; // reverse tree of 4 bits
export const LENGTH: u32 = ALIGN + 16; // of matches
export const REP_LENGTH: u32 = LENGTH + 514; // of repeated distances
export const LITERAL: u32 = REP_LENGTH + 514; // [context][0x300]

// Inside a length model: choice, choice2, low [posState][8], mid [posState][8], high [256].
export const CHOICE: u32 = 0;
export const CHOICE_2: u32 = 1;
export const LOW: u32 = 2;
export const MID: u32 = 130;
export const HIGH: u32 = 258;

const HALF: u16 = 1024;
export const LITERAL_ENTRIES: u32 = 0x300;

/** Entries of a whole model. */
export function modelEntries(lc: u32, lp: u32): u32 {
  return LITERAL + (LITERAL_ENTRIES << (lc + lp));
}

export function resetModel(model: usize, lc: u32, lp: u32): void {
  const count = modelEntries(lc, lp);
  for (let i: u32 = 0; i < count; i++) store<u16>(model + ((<usize>i) << 1), HALF);
}

/** Address of an entry. */
export function entry(model: usize, index: u32): usize {
  return model + ((<usize>index) << 1);
}

// What an operation does to the state: 0..6 after a literal, 7.. after something else.
export function stateAfterLiteral(state: u32): u32 {
  return state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
}
export function stateAfterMatch(state: u32): u32 {
  return state < 7 ? 7 : 10;
}
export function stateAfterRep(state: u32): u32 {
  return state < 7 ? 8 : 11;
}
export function stateAfterShortRep(state: u32): u32 {
  return state < 7 ? 9 : 11;
}

/** Length class that chooses the distance-slot context: 2, 3, 4, longer. */
export function lengthClass(length: u32): u32 {
  return length < 5 ? length - MATCH_MIN : 3;
}
