/** Codes of literal lengths and match lengths: base and number of further bits (RFC 8878, section 3.1.1.3.2.1.1). */
export interface LengthCodes {
  readonly bases: readonly number[];
  readonly bits: readonly number[];
}

function lengthCodes(first: number, plain: number, bits: readonly number[]): LengthCodes {
  const allBits = [...Array<number>(plain).fill(0), ...bits];
  const bases: number[] = [];
  let base = first;
  for (const count of allBits) {
    bases.push(base);
    base += 2 ** count;
  }
  return { bases, bits: allBits };
}

export const LITERAL_CODES: LengthCodes = {
  ...lengthCodes(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
};
export const MATCH_CODES: LengthCodes = {
  ...lengthCodes(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
};

/** Counts of the predefined tables (section 3.1.1.3.2.2). */
export const LITERAL_COUNTS: readonly number[] = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1,
  -1,
];
export const MATCH_COUNTS: readonly number[] = [
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];
export const OFFSET_COUNTS: readonly number[] = [
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
];
export const LITERAL_LOG = 6;
export const MATCH_LOG = 6;
export const OFFSET_LOG = 5;

/** Most bytes of a block. */
export const ZSTD_BLOCK_SIZE = 128 << 10;
