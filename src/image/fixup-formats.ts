/**
 * How a chained pointer of eight bytes names its target, for each pointer format of Mach-O's `fixup-chains.h`; the
 * meaning of the numbers is in `assembly/predict/pointer-format.ts`. Formats of four bytes (3, 4, 5, 7 on 32 bits)
 * and the kernel caches' (8, 11), whose targets may lie in another image, are left out: such words stay as in old.
 */
export interface FixupFormat {
  /** Bits of which any makes the word no rebase. */
  readonly skipBits: bigint;
  /** Bit of a signed pointer; 0n when the format has none. */
  readonly signedBit: bigint;
  readonly plainMask: bigint;
  /** The plain target is an address; otherwise a distance from the image's base. */
  readonly isAbsolute: boolean;
  readonly signedMask: bigint;
  /** Bytes that one step of `next` stands for. */
  readonly stride: 4 | 8;
}

const BIT_62 = 1n << 62n;
const BIT_63 = 1n << 63n;
const LOW_32 = (1n << 32n) - 1n;
const LOW_34 = (1n << 34n) - 1n;
const LOW_36 = (1n << 36n) - 1n;
const LOW_43 = (1n << 43n) - 1n;

function generic(isAbsolute: boolean): FixupFormat {
  return { skipBits: BIT_63, signedBit: 0n, plainMask: LOW_36, isAbsolute, signedMask: 0n, stride: 4 };
}

function arm64e(isAbsolute: boolean, stride: 4 | 8): FixupFormat {
  return { skipBits: BIT_62, signedBit: BIT_63, plainMask: LOW_43, isAbsolute, signedMask: LOW_32, stride };
}

/** By the number in `dyld_chained_starts_in_segment.pointer_format`. */
export const FIXUP_FORMATS: ReadonlyMap<number, FixupFormat> = new Map([
  [1, arm64e(true, 8)],
  [2, generic(true)],
  [6, generic(false)],
  [7, arm64e(false, 4)],
  [9, arm64e(false, 8)],
  [10, arm64e(true, 4)],
  [12, arm64e(false, 8)],
  // Shared cache: 34 bits of distance, no binds, signed in bit 63.
  [
    13,
    { skipBits: 0n, signedBit: BIT_63, plainMask: LOW_34, isAbsolute: false, signedMask: LOW_34, stride: 8 },
  ],
]);
