import type { RandomAccess } from '../bytes/random-access.js';
import { isElf, parseElf } from './elf.js';
import { isFatMachO, readSlices } from './fat-mach-o.js';
import { faultOf, type Image, type ImageRange } from './image.js';
import { ImageReader } from './image-reader.js';
import { isMachO, parseMachO } from './mach-o.js';

/** A stretch of a file that is predicted on its own: an image, or bytes of which nothing is known. */
export interface Element extends ImageRange {
  readonly image: Image | null;
  /** Why there is no image although the bytes began like one. */
  readonly reason?: string;
}

/**
 * Cuts a file into elements: the slices of a fat Mach-O file and the raw bytes between them, or the file as a whole.
 * They cover it from first byte to last. Nothing in a file makes this throw; only a failing source does.
 */
export function detectElements(source: RandomAccess): Element[] {
  if (source.size === 0) return [];
  const reader = new ImageReader(source);
  let slices: ImageRange[] = [];
  if (isFatMachO(reader)) {
    const reason = faultOf(() => {
      slices = readSlices(reader);
    });
    if (reason !== undefined) return [{ offset: 0, size: source.size, image: null, reason }];
  }
  if (slices.length === 0) return [detectElement(source, { offset: 0, size: source.size })];
  const elements: Element[] = [];
  let end = 0;
  const addRaw = (to: number): void => {
    if (to > end) elements.push({ offset: end, size: to - end, image: null });
  };
  for (const slice of slices) {
    addRaw(slice.offset);
    elements.push(detectElement(source, slice));
    end = slice.offset + slice.size;
  }
  addRaw(source.size);
  return elements;
}

function detectElement(source: RandomAccess, range: ImageRange): Element {
  const reader = new ImageReader(source, range.offset, range.size);
  let image: Image | null = null;
  const reason = faultOf(() => {
    if (isElf(reader)) image = parseElf(reader);
    else if (isMachO(reader)) image = parseMachO(reader);
  });
  return { ...range, image, ...(reason === undefined ? {} : { reason }) };
}
