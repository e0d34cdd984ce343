// Fields of tables that ascend (relocations, unwind tables): beside the map, "moved by as much as the field of the
// same sort before" is a good guess, and the better one where the map is wrong for a whole stretch. Each sort of
// field keeps the last delta and a score of the two guesses, -8..8; below 0 the delta wins.
//
// These fields must not teach the learned table: targets of data polluted it (114 -> 1,246 wrong on one pair).
// They update after every block, clean or not.

export const ELF_POINTER: u8 = 0;
export const RELA_OFFSET: u8 = 1;
export const RELA_ADDEND: u8 = 2;
export const FRAME_CIE: u8 = 3;
export const FRAME_START: u8 = 4;
export const FRAME_LSDA: u8 = 5;
export const HEADER_START: u8 = 6;
export const HEADER_FRAME: u8 = 7;
/** Not moved, but it teaches all the same (frame-chain.ts). */
export const FRAME_RANGE: u8 = 8;
export const NO_FIELD: u8 = 255;

/** Pairs of last delta u32 and score i32. */
const FIELDS: usize = memory.data(64, 16);
const LIMIT: i32 = 8;

export function resetFields(): void {
  memory.fill(FIELDS, 0, 64);
}

/** The better guess for `target`: what the map says, or moved like the field before. */
export function chooseField(field: u8, target: u32, mapped: u32): u32 {
  const state = FIELDS + ((<usize>field) << 3);
  return load<i32>(state, 4) < 0 ? target + load<u32>(state) : mapped;
}

export function updateField(field: u8, target: u32, mapped: u32, actual: u32): void {
  const state = FIELDS + ((<usize>field) << 3);
  let score = load<i32>(state, 4);
  if (mapped == actual) score++;
  if (target + load<u32>(state) == actual) score--;
  store<u32>(state, actual - target);
  store<i32>(state, score > LIMIT ? LIMIT : score < -LIMIT ? -LIMIT : score, 4);
}
