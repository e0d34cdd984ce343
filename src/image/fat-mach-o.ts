import { ImageFault, type ImageRange } from './image.js';
import type { ImageReader } from './image-reader.js';

// Facts from Apple's public <mach-o/fat.h>; all numbers are big-endian.

const FAT_MAGIC = 0xcafebabe;
const FAT_MAGIC_64 = 0xcafebabf;
const HEADER_SIZE = 8;
/** Java classes have the same magic, then a version of at least 45; no file has as many slices. */
const MAX_SLICES = 32;

/** Whether the first bytes are a fat header, not a Java class. */
export function isFatMachO(reader: ImageReader): boolean {
  if (reader.size < HEADER_SIZE) return false;
  const magic = reader.u32be(0);
  return (magic === FAT_MAGIC || magic === FAT_MAGIC_64) && reader.u32be(4) <= MAX_SLICES;
}

/** Slices in the order of the file; ImageFault when they overlap or reach outside it. */
export function readSlices(reader: ImageReader): ImageRange[] {
  const is64 = reader.u32be(0) === FAT_MAGIC_64;
  const count = reader.u32be(4);
  const slices: ImageRange[] = [];
  for (let i = 0; i < count; i++) {
    const at = HEADER_SIZE + i * (is64 ? 32 : 20);
    const offset = is64 ? reader.u64be(at + 8) : reader.u32be(at + 8);
    const size = is64 ? reader.u64be(at + 16) : reader.u32be(at + 12);
    if (size > 0) slices.push(reader.range(offset, size, `slice ${i}`));
  }
  slices.sort((a, b) => a.offset - b.offset);
  slices.reduce((end, { offset, size }) => {
    if (offset < end) throw new ImageFault(`the slice at offset ${offset} begins before offset ${end}`);
    return offset + size;
  }, HEADER_SIZE);
  return slices;
}
