import type { TakeStart } from './function-starts.js';
import { GO_HEADER_NAMES } from './go-sections.js';
import { type Image, sectionNamed } from './image.js';
import type { ImageReader } from './image-reader.js';

// Go's table of functions, pclntab (Go source, internal/abi and debug/gosym; layouts of Go 1.18 and 1.20):
//
//   0  magic u32    4  zero u16   6  instruction size u8   7  pointer size u8
//   8  functions u64   16  files u64   24  text start u64   32 .. 56  four offsets   64  offset of the table u64
//
// The table has eight bytes for each function: its distance from the text's start and an offset, both u32.

const MAGICS: readonly number[] = [0xfffffff0, 0xfffffff1];
const HEADER_SIZE = 72;

export function readGoStarts(reader: ImageReader, image: Image, take: TakeStart): void {
  const section = sectionNamed(image, ...GO_HEADER_NAMES);
  const text = sectionNamed(image, '.text', '__text');
  if (section === undefined || text === undefined || section.size < HEADER_SIZE) return;
  const start = section.fileOffset;
  if (!MAGICS.includes(reader.u32(start)) || reader.u8(start + 7) !== 8) return;
  // Linkers may leave the text's start to the loader.
  const base = reader.u64(start + 24) || text.address;
  const table = reader.u64(start + 64);
  const count = reader.u64(start + 8);
  for (let i = 0; i < count; i++) {
    if (!take(base + reader.u32(start + table + 8 * i))) return;
  }
}
