import { AddressLookup } from './address-lookup.js';
import { FIXUP_FORMATS, type FixupFormat } from './fixup-formats.js';
import { type Image, type ImageRange, sectionNamed } from './image.js';
import type { LayoutSegment } from './image-layout.js';
import type { ImageReader } from './image-reader.js';

// Chained fixups (Apple's public <mach-o/fixup-chains.h>): pointers hold, beside their target, the distance to the
// next one, so that the table only says where chains start.
//
//   header             +4 offset of the starts in the image u32
//   starts in image    +0 segments u32, then for each the offset of its starts u32, 0 for none
//   starts in segment  +0 size u32, +4 page size u16, +6 format u16, +8 distance of the segment u64,
//                      +20 pages u16, +22 first pointer in each page u16: 0xffff none, with bit 15 an index
//                      into this same array, where starts follow, the last with bit 15
//
// Firmware has no load command but a section __chain_starts: format u32, chains u32, distance of each u32; its chains
// run over page borders. A chain never goes back, so that it ends with its page or segment.

const NO_START = 0xffff;
const FLAG = 0x8000;
const STARTS = 22;
const PAGE_SIZES: readonly number[] = [0x1000, 0x4000];

/** Takes a pointer's offset; answers false when it wants no more. */
type TakeChained = (offset: number, format: FixupFormat) => boolean;

export function markChains(reader: ImageReader, image: Image, take: TakeChained): void {
  const table = image.tables.chainedFixups;
  if (table !== undefined) markSegments(reader, image, table, take);
  else markFirmware(reader, image, take);
}

function markSegments(reader: ImageReader, image: Image, table: ImageRange, take: TakeChained): void {
  const starts = table.offset + reader.u32(table.offset + 4);
  const count = Math.min(reader.u32(starts), image.segments.length);
  for (let i = 0; i < count; i++) {
    const info = reader.u32(starts + 4 + 4 * i);
    const segment = image.segments[i]!;
    if (info === 0 || reader.u64(starts + info + 8) !== segment.address - image.base) continue;
    if (!markPages(reader, starts + info, segment, take)) return;
  }
}

/** The chains of one segment; false when no more are wanted. */
function markPages(reader: ImageReader, info: number, segment: LayoutSegment, take: TakeChained): boolean {
  const pageSize = reader.u16(info + 4);
  const format = FIXUP_FORMATS.get(reader.u16(info + 6));
  if (format === undefined || !PAGE_SIZES.includes(pageSize)) return true;
  const { fileOffset, fileSize } = segment;
  const count = Math.min(reader.u16(info + 20), Math.ceil(fileSize / pageSize));
  for (let i = 0; i < count; i++) {
    const page = fileOffset + i * pageSize;
    const end = fileOffset + Math.min((i + 1) * pageSize, fileSize);
    for (const start of startsOfPage(reader, info, i, pageSize / 4)) {
      if (!walkChain(reader, page + start, end, fileOffset + fileSize, format, take)) return false;
    }
  }
  return true;
}

/** Where chains start in a page; no more than there are words in it. */
function* startsOfPage(reader: ImageReader, info: number, page: number, words: number): Generator<number> {
  const start = reader.u16(info + STARTS + 2 * page);
  if (start === NO_START) return;
  if ((start & FLAG) === 0) {
    yield start;
    return;
  }
  const first = start & ~FLAG;
  const end = Math.min(first + words, (reader.u32(info) - STARTS) / 2);
  for (let i = first; i < end; i++) {
    const next = reader.u16(info + STARTS + 2 * i);
    yield next & ~FLAG;
    if ((next & FLAG) !== 0) return;
  }
}

/** Follows a chain while its pointers start before `end` and end before `limit`; false when no more are wanted. */
function walkChain(
  reader: ImageReader,
  start: number,
  end: number,
  limit: number,
  format: FixupFormat,
  take: TakeChained,
): boolean {
  const { size, nextShift, nextMask, stride } = format;
  for (let at = start; at < end && at + size <= limit; ) {
    if (!take(at, format)) return false;
    const next = (reader.u32(at + size - 4) >>> nextShift) & nextMask;
    if (next === 0) break;
    at += next * stride;
  }
  return true;
}

function markFirmware(reader: ImageReader, image: Image, take: TakeChained): void {
  const section = sectionNamed(image, '__chain_starts');
  if (section === undefined) return;
  const { fileOffset, size } = section;
  const format = FIXUP_FORMATS.get(reader.u32(fileOffset));
  if (format === undefined) return;
  const lookup = new AddressLookup(image);
  const count = Math.min(reader.u32(fileOffset + 4), Math.floor(size / 4) - 2);
  for (let i = 0; i < count; i++) {
    const start = lookup.offsetOf(image.base + reader.u32(fileOffset + 8 + 4 * i));
    if (start < 0) continue;
    const end = lookup.segmentEnd;
    if (!walkChain(reader, start, end, end, format, take)) return;
  }
}
