// What a predicted unit of four bytes is: one number for both architectures, so that the coder's contexts need
// four bits. Twins of src/predict/reference-kinds.ts (a test compares them).

/** Copied bytes of which nothing is known. */
export const PLAIN: u8 = 0;
/** arm64 BL; x86-64 call rel32. */
export const CALL: u8 = 1;
/** arm64 B; x86-64 jmp rel32. */
export const JUMP: u8 = 2;
/** arm64 B.cond, CBZ, CBNZ; x86-64 jcc rel32. */
export const CONDITIONAL: u8 = 3;
/** arm64 TBZ, TBNZ. */
export const TEST_BRANCH: u8 = 4;
/** arm64 LDR (literal). */
export const LITERAL: u8 = 5;
export const ADR: u8 = 6;
export const ADRP: u8 = 7;
/** ADD (immediate) that completes an ADRP. */
export const PAGE_ADD: u8 = 8;
/** Load or store with unsigned offset that completes an ADRP. */
export const PAGE_ACCESS: u8 = 9;
/** Pointer of eight bytes in data. */
export const POINTER: u8 = 10;
/** x86-64 operand relative to the instruction pointer. */
export const RIP_OPERAND: u8 = 11;
/** Field of an ELF relocation with addend. */
export const RELA: u8 = 12;
/** Signed 32-bit distance in unwind tables. */
export const PC32: u8 = 13;
/** arm64 instruction that refers to nothing. */
export const CODE: u8 = 14;
/** Entry of a relative jump table. */
export const TABLE: u8 = 15;

// How the target of a reference was mapped.

/** A cover holds the old target. */
export const EXACT: u8 = 0;
/** Extrapolated from the cover below. */
export const EXTRAPOLATED: u8 = 1;
/** Moved with its section. */
export const SECTION: u8 = 2;
/** Corrected by an earlier wrong reference to the same target. */
export const LEARNED: u8 = 3;
