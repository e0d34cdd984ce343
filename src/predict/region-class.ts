/**
 * What a region of old holds, and so how it is predicted; the numbers are those of
 * `assembly/predict/region-classes.ts` (a test compares the two).
 */
export const REGION_CLASS = {
  RAW: 0,
  ARM64_CODE: 1,
  MARKED_POINTERS: 2,
  ELF_POINTERS: 3,
  RELA_ENTRIES: 4,
  EH_FRAME: 5,
  EH_FRAME_HEADER: 6,
  MACHO_POINTERS: 7,
  X86_CODE: 8,
  JUMP_TABLES: 9,
  ELF_SYMBOLS: 10,
  MACHO_SYMBOLS: 11,
  GO_OFFSETS: 12,
  GO_RECORDS: 13,
  GO_TREES: 14,
  GO_TYPES: 15,
} as const;

export type RegionClass = (typeof REGION_CLASS)[keyof typeof REGION_CLASS];
