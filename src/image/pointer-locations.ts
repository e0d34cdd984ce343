import type { RandomAccess } from '../bytes/random-access.js';
import { AddressLookup } from './address-lookup.js';
import { markChains } from './chained-fixups.js';
import { SHT } from './elf.js';
import { type FixupFormat, PLAIN_ADDRESS } from './fixup-formats.js';
import { faultOf, type Image, type ImageSection } from './image.js';
import { ImageReader } from './image-reader.js';
import { type PointerBitmap, PointerMarker } from './pointer-bitmap.js';
import { markRebases } from './rebase-opcodes.js';

/** Where an image has pointers to itself, and how they are written. */
export interface PointerMarks extends PointerBitmap {
  readonly format: FixupFormat;
}

/** ELF's R_AARCH64_RELATIVE and R_X86_64_RELATIVE. */
const RELATIVE: Readonly<Record<Image['arch'], number>> = { arm64: 1027, 'x86-64': 8 };

/**
 * Pointers that the loader moves with the image: Mach-O's chained fixups or rebase opcodes, ELF's relative
 * relocations (whose words need not hold the address in the file). `source` is the file, in which the image begins at
 * `origin`. Of a broken table what comes before the break counts, so that both sides find the same.
 *
 * A pointer may be named more than once by a hostile table; `budget` bounds the work to one visit for every four
 * bytes of the image.
 */
export function findPointers(source: RandomAccess, origin: number, image: Image): PointerMarks | undefined {
  const reader = new ImageReader(source, origin, image.size);
  const marker = new PointerMarker(
    image.segments.filter(({ name, fileSize }) => fileSize > 0 && name !== '__LINKEDIT'),
  );
  let format: FixupFormat | undefined = PLAIN_ADDRESS;
  let budget = Math.ceil(image.size / 4);
  /** Marks a pointer, unless nobody may mark any more. */
  const take = (offset: number): boolean => {
    if (offset >= 0) marker.mark(offset);
    return --budget > 0;
  };
  faultOf(() => {
    if (image.kind === 'elf') markRelocations(reader, image, take);
    else if (image.tables.rebase !== undefined) markRebases(reader, image, image.tables.rebase, take);
    else {
      markChains(reader, image, (offset, found) => {
        if (format === PLAIN_ADDRESS) format = found;
        // Loaders refuse images that mix formats.
        return found === format && take(offset);
      });
    }
  });
  const bitmap = marker.finish();
  return bitmap === undefined ? undefined : { ...bitmap, format };
}

/** Takes a pointer's offset, -1 for none; answers false when it wants no more. */
export type TakePointer = (offset: number) => boolean;

function markRelocations(reader: ImageReader, image: Image, take: TakePointer): void {
  const lookup = new AddressLookup(image);
  // Sections may share bytes; all together are read no further than the image is long.
  let left = image.size;
  for (const section of image.sections) {
    if (section.address === 0 || section.zeroFill || section.size > left) continue;
    if (section.type === SHT.RELA || section.type === SHT.RELR) left -= section.size;
    if (section.type === SHT.RELA) markRela(reader, section, RELATIVE[image.arch], lookup, take);
    else if (section.type === SHT.RELR) markRelr(reader, section, lookup, take);
  }
}

/** Entries of 24 bytes: place, type and symbol, addend. */
function markRela(
  reader: ImageReader,
  { fileOffset, size }: ImageSection,
  relative: number,
  lookup: AddressLookup,
  take: TakePointer,
): void {
  for (let at = fileOffset; at + 24 <= fileOffset + size; at += 24) {
    if (reader.u32(at + 8) !== relative || reader.u32(at + 12) !== 0) continue;
    if (!take(lookup.offsetOf(reader.u64(at)))) return;
  }
}

/**
 * Packed relative relocations (generic ABI, SHT_RELR): an even word is a place; an odd one says with each further bit
 * whether one of the 63 words behind is a place too.
 */
function markRelr(
  reader: ImageReader,
  { fileOffset, size }: ImageSection,
  lookup: AddressLookup,
  take: TakePointer,
): void {
  let next = 0;
  for (let at = fileOffset; at + 8 <= fileOffset + size; at += 8) {
    const low = reader.u32(at);
    if (low % 2 === 0) {
      next = reader.u64(at);
      if (!take(lookup.offsetOf(next))) return;
      next += 8;
      continue;
    }
    for (let bit = 1; bit < 64; bit++) {
      const word = bit < 32 ? low : reader.u32(at + 4);
      if (((word >>> (bit & 31)) & 1) === 0) continue;
      if (!take(lookup.offsetOf(next + 8 * (bit - 1)))) return;
    }
    next += 63 * 8;
  }
}
