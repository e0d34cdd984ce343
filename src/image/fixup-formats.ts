/**
 * How a chained pointer names its target, for each pointer format of Apple's public <mach-o/fixup-chains.h>
 * (version 7 of that header). What is no target stays as it is in old: `next`, high byte, key, diversity. The meaning
 * of the masks is in `assembly/predict/pointer-format.ts`.
 */
export interface FixupFormat {
  /** Bytes of a pointer. */
  readonly size: 4 | 8;
  /** Bits of which any makes the word no rebase of this image. */
  readonly skipBits: bigint;
  /** Bit of a signed pointer; 0n when the format has none. */
  readonly signedBit: bigint;
  readonly plainMask: bigint;
  /** The plain target is an address; otherwise a distance from the image's base. */
  readonly isAbsolute: boolean;
  /** Target bits of a signed pointer, always a distance. */
  readonly signedMask: bigint;
  /** The upper 4 bits of the target are a segment's index, the others count from that segment. */
  readonly isSegmented: boolean;
  /** Where `next` is in the pointer's last four bytes, and what one step of it stands for in bytes. */
  readonly nextShift: number;
  readonly nextMask: number;
  readonly stride: 1 | 4 | 8;
}

const BIT_62 = 1n << 62n;
const BIT_63 = 1n << 63n;

function ones(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}

/** DYLD_CHAINED_PTR_64 and its kin: bind in bit 63, 12 bits of `next` below it. */
const GENERIC: FixupFormat = {
  size: 8,
  skipBits: BIT_63,
  signedBit: 0n,
  plainMask: ones(36),
  isAbsolute: false,
  signedMask: 0n,
  isSegmented: false,
  nextShift: 19,
  nextMask: 0xfff,
  stride: 4,
};

/** Signed in bit 63, bind in bit 62, 11 bits of `next` below it. */
const ARM64E: FixupFormat = {
  ...GENERIC,
  skipBits: BIT_62,
  signedBit: BIT_63,
  plainMask: ones(43),
  signedMask: ones(32),
  nextMask: 0x7ff,
  stride: 8,
};

/** Of pointers into several kernel caches those with level 0 point into this one; bit 63 says signed, no bind. */
const KERNEL_CACHE: FixupFormat = { ...GENERIC, skipBits: 3n << 30n, plainMask: ones(30) };

const GENERIC_32: FixupFormat = {
  ...GENERIC,
  size: 4,
  skipBits: 1n << 31n,
  plainMask: ones(26),
  isAbsolute: true,
  nextShift: 26,
  nextMask: 0x1f,
};

const SHARED_CACHE: FixupFormat = {
  ...ARM64E,
  skipBits: 0n,
  plainMask: ones(34),
  signedMask: ones(34),
  nextShift: 20,
};

/** By the number in `dyld_chained_starts_in_segment.pointer_format`. */
export const FIXUP_FORMATS: ReadonlyMap<number, FixupFormat> = new Map([
  [1, { ...ARM64E, isAbsolute: true }],
  [2, { ...GENERIC, isAbsolute: true }],
  [3, GENERIC_32],
  [4, { ...GENERIC_32, skipBits: 0n, plainMask: ones(30), isAbsolute: false, nextShift: 30, nextMask: 3 }],
  [5, { ...GENERIC_32, skipBits: 0n, nextMask: 0x3f }],
  [6, GENERIC],
  [7, { ...ARM64E, stride: 4 }],
  [8, KERNEL_CACHE],
  [9, ARM64E],
  [10, { ...ARM64E, isAbsolute: true, stride: 4 }],
  [11, { ...KERNEL_CACHE, stride: 1 }],
  [12, ARM64E],
  [13, SHARED_CACHE],
  [14, { ...GENERIC, skipBits: 0n, plainMask: ones(32), isSegmented: true }],
]);

/** Words that hold an address and nothing else: what rebase opcodes and relative relocations point at. */
export const PLAIN_ADDRESS: FixupFormat = { ...GENERIC, skipBits: 0n, plainMask: ones(64), isAbsolute: true };
