// Fields of the arm64 instructions that refer to an address (Arm Architecture Reference Manual, section C4.1),
// found by their top byte.

/** Refers to nothing and may write register Rd. */
export const OTHER: u32 = 0;
export const BRANCH_LINK: u32 = 1;
export const BRANCH: u32 = 2;
/** B.cond, CBZ, CBNZ: 19 bits at 5. */
export const SHORT_BRANCH: u32 = 3;
/** TBZ, TBNZ: 14 bits at 5. */
export const TEST: u32 = 4;
/** LDR and PRFM (literal): 19 bits at 5. */
const LOAD_LITERAL: u32 = 5;
export const ADDRESS: u32 = 6;
export const ADDRESS_PAGE: u32 = 7;
/** ADD (immediate), 64 bits wide; only with shift 0 (bit 22). */
export const ADD: u32 = 8;
/** Load or store with unsigned offset: 12 bits at 10, scaled by the access size. */
export const ACCESS: u32 = 9;

const FORM: usize = memory.data(256, 16);

/** Fills the table of forms; call once per instance. */
export function initForms(): void {
  for (let top: u32 = 0; top < 256; top++) store<u8>(FORM + <usize>top, <u8>formOfTop(top));
}

function formOfTop(top: u32): u32 {
  if ((top & 0xfc) == 0x14) return BRANCH;
  if ((top & 0xfc) == 0x94) return BRANCH_LINK;
  if (top == 0x54 || (top & 0x7e) == 0x34) return SHORT_BRANCH;
  if ((top & 0x7e) == 0x36) return TEST;
  if ((top & 0x3b) == 0x18) return LOAD_LITERAL;
  if ((top & 0x9f) == 0x10) return ADDRESS;
  if ((top & 0x9f) == 0x90) return ADDRESS_PAGE;
  if (top == 0x91) return ADD;
  if ((top & 0x3b) == 0x39) return ACCESS;
  return OTHER;
}

export function formOf(word: u32): u32 {
  return <u32>load<u8>(FORM + <usize>(word >>> 24));
}

/** Signed displacement in bytes of BL and B. */
export function branchOffset(word: u32): u32 {
  return <u32>(<i32>(word << 6) >> 4);
}

export function withBranchOffset(word: u32, offset: u32): u32 {
  return (word & 0xfc000000) | ((offset >>> 2) & 0x3ffffff);
}

/** Signed displacement in bytes of the 19-bit forms. */
export function shortOffset(word: u32): u32 {
  return <u32>((<i32>(word << 8) >> 13) << 2);
}

export function withShortOffset(word: u32, offset: u32): u32 {
  return (word & 0xff00001f) | (((offset >>> 2) & 0x7ffff) << 5);
}

/** Signed displacement in bytes of TBZ and TBNZ. */
export function testOffset(word: u32): u32 {
  return <u32>((<i32>(word << 13) >> 18) << 2);
}

export function withTestOffset(word: u32, offset: u32): u32 {
  return (word & 0xfff8001f) | (((offset >>> 2) & 0x3fff) << 5);
}

/** Signed 21-bit immediate of ADR (bytes) and ADRP (pages). */
export function pageOffset(word: u32): u32 {
  const raw = (((word >>> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3);
  return <u32>(<i32>(raw << 11) >> 11);
}

export function withPageOffset(word: u32, immediate: u32): u32 {
  return (word & 0x9f00001f) | ((immediate & 3) << 29) | (((immediate >>> 2) & 0x7ffff) << 5);
}

/** Power of two that the offset of a load or store counts in: its access size, 16 for whole vectors. */
export function accessScale(word: u32): u32 {
  return (word & 0x04800000) == 0x04800000 ? 4 : word >>> 30;
}

/** 12-bit unsigned immediate of ADD, loads and stores. */
export function offset12(word: u32): u32 {
  return (word >>> 10) & 0xfff;
}

export function withOffset12(word: u32, offset: u32): u32 {
  return (word & 0xffc003ff) | ((offset & 0xfff) << 10);
}

/** Base register of ADD, loads and stores. */
export function baseRegister(word: u32): u32 {
  return (word >>> 5) & 31;
}

/** ADD x, x, #imm with no shift. */
export function isPlainAdd(word: u32): bool {
  return (word & 0xff800000) == 0x91000000;
}

/** BL. */
export function isCall(word: u32): bool {
  return (word & 0xfc000000) == 0x94000000;
}

/** ADRP to `register`. */
export function isPageTo(word: u32, register: u32): bool {
  return (word & 0x9f00001f) == (0x90000000 | register);
}

export function isAccess(word: u32): bool {
  return (word & 0x3b000000) == 0x39000000;
}

export function isStore(word: u32): bool {
  return (word & 0x3b400000) == 0x39000000;
}

/** Top bytes of 16 words. */
export function topBytes(words: usize): v128 {
  const low = i16x8.narrow_i32x4_s(i32x4.shr_u(v128.load(words), 24), i32x4.shr_u(v128.load(words, 16), 24));
  const high = i16x8.narrow_i32x4_s(
    i32x4.shr_u(v128.load(words, 32), 24),
    i32x4.shr_u(v128.load(words, 48), 24),
  );
  return i8x16.narrow_i16x8_u(low, high);
}

/** Which of 16 words name an address by themselves: B, BL, ADR and ADRP, with `short` all forms of branches and literals. A bit for each. */
export function addressUnits(tops: v128, short: bool): i32 {
  return i8x16.bitmask(addressForms(tops, short));
}

/** Which of 16 words have a form other than OTHER. */
export function formUnits(tops: v128): i32 {
  const users = v128.or(topsLike(tops, 0x3b, 0x39), topsLike(tops, 0xff, 0x91));
  return i8x16.bitmask(v128.or(users, addressForms(tops, true)));
}

function addressForms(tops: v128, short: bool): v128 {
  const found = v128.or(topsLike(tops, 0x7c, 0x14), topsLike(tops, 0x1f, 0x10));
  if (!short) return found;
  const near = v128.or(topsLike(tops, 0x7c, 0x34), topsLike(tops, 0xff, 0x54));
  return v128.or(found, v128.or(near, topsLike(tops, 0x3b, 0x18)));
}

function topsLike(tops: v128, mask: i32, value: i32): v128 {
  return i8x16.eq(v128.and(tops, i8x16.splat(<i8>mask)), i8x16.splat(<i8>value));
}

function lanesLike(words: v128, mask: i32, value: i32): v128 {
  return i32x4.eq(v128.and(words, i32x4.splat(mask)), i32x4.splat(value));
}

/** Whether one of four words names `register` as Rd or as base, or is a call. */
export function touchesRegister(words: v128, register: u32): bool {
  const number = i32x4.splat(<i32>register);
  const field = i32x4.splat(31);
  const written = i32x4.eq(v128.and(words, field), number);
  const used = i32x4.eq(v128.and(i32x4.shr_u(words, 5), field), number);
  const called = lanesLike(words, <i32>0xfc000000, <i32>0x94000000);
  return v128.any_true(v128.or(v128.or(written, used), called));
}
