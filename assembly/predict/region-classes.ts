// What a region of old holds and so how it is predicted. Twins of src/predict/region-class.ts.

export const RAW: i32 = 0;
export const ARM64_CODE: i32 = 1;
/** Data whose pointers are marked in the pointer bitmap (Mach-O chained fixups). */
export const MARKED_POINTERS: i32 = 2;
/** Aligned words that look like addresses, ELF: mapped or moved like the field before, whichever was right. */
export const ELF_POINTERS: i32 = 3;
/** ELF relocations with addends, 24 bytes each. */
export const RELA_ENTRIES: i32 = 4;
/** .eh_frame: 32-bit distances from their own place. */
export const EH_FRAME: i32 = 5;
/** .eh_frame_hdr: pairs of 32-bit distances from the section's start. */
export const EH_FRAME_HEADER: i32 = 6;
/** Aligned words that look like addresses, Mach-O without chained fixups. */
export const MACHO_POINTERS: i32 = 7;
export const X86_CODE: i32 = 8;
/** Read-only data in which x86-64 jump tables were found. */
export const JUMP_TABLES: i32 = 9;
/** ELF symbol tables: the value of each entry of 24 bytes. */
export const ELF_SYMBOLS: i32 = 10;
/** Mach-O symbol table: the value of each entry of 16 bytes. */
export const MACHO_SYMBOLS: i32 = 11;
/** Tables of offsets into other tables: Go's functions, units and types. */
export const GO_OFFSETS: i32 = 12;
/** Records of Go's functions. */
export const GO_RECORDS: i32 = 13;
/** Trees of functions that Go inlined. */
export const GO_TREES: i32 = 14;
/** Descriptors of Go's types: pointers that are marked, and offsets whose places are known. */
export const GO_TYPES: i32 = 15;
