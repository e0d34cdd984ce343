import { ImageFault } from './image.js';
import type { ImageLayout, LayoutSegment } from './image-layout.js';

/** Far above real images (a WebKit has 40 sections), low enough that tables of them stay small. */
export const MAX_SEGMENTS = 1024;
export const MAX_SECTIONS = 4096;

/** Predictors count addresses from the base in 32 bits. */
const ADDRESS_SPACE = 2 ** 32;

/**
 * What everything behind relies on, of images that were parsed and of layouts that came in a patch: bytes lie inside
 * the image, memory lies within 4 GiB of the base, segments share no bytes of the file (so an offset has one
 * address, and work done for each segment is bounded by the file).
 */
export function assertLayout({ base, segments, sections }: ImageLayout, size: number): void {
  if (size >= ADDRESS_SPACE) throw new ImageFault(`an image of ${size} bytes`);
  if (segments.length > MAX_SEGMENTS || sections.length > MAX_SECTIONS) {
    throw new ImageFault(`more than ${MAX_SEGMENTS} segments or ${MAX_SECTIONS} sections`);
  }
  for (const segment of segments) {
    const { address, memorySize, fileOffset, fileSize } = segment;
    const what = `segment ${segment.name}`;
    if (memorySize < fileSize) throw new ImageFault(`${what} has more bytes than memory`);
    assertInside(fileOffset, fileSize, size, what);
    // __PAGEZERO lies below the base and has no bytes.
    if (fileSize > 0 || address + memorySize > base) assertNear(address, memorySize, base, what);
  }
  assertDisjoint(segments);
  for (const section of sections) {
    const what = `section ${section.name}`;
    if (!section.zeroFill) assertInside(section.fileOffset, section.size, size, what);
    // Sections that are not loaded (debugging information) have no address.
    if (section.address !== 0) assertNear(section.address, section.size, base, what);
  }
}

export function assertInside(offset: number, length: number, size: number, what: string): void {
  if (offset + length > size) {
    throw new ImageFault(`${what} ends at offset ${offset + length}, behind the end at ${size}`);
  }
}

function assertNear(address: number, size: number, base: number, what: string): void {
  const distance = address - base;
  if (distance < 0 || distance + size > ADDRESS_SPACE) {
    throw new ImageFault(`${what} at address ${address} is not within 4 GiB of the base ${base}`);
  }
}

function assertDisjoint(segments: readonly LayoutSegment[]): void {
  const inFile = segments.filter(({ fileSize }) => fileSize > 0);
  inFile.sort((a, b) => a.fileOffset - b.fileOffset);
  inFile.reduce((end, { fileOffset, fileSize }) => {
    if (fileOffset < end) throw new ImageFault(`two segments share the byte at offset ${fileOffset}`);
    return fileOffset + fileSize;
  }, 0);
}
