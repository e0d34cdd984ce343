import type { RandomAccess } from '../bytes/random-access.js';
import { AddressLookup } from './address-lookup.js';
import { SHT } from './elf.js';
import { readFrameStarts } from './frame-starts.js';
import { readGoStarts } from './go-starts.js';
import { faultOf, type Image, type ImageRange, type ImageSection, sectionNamed } from './image.js';
import { ImageCursor, ImageReader } from './image-reader.js';

// Where functions start in an image, from the first of these that it has:
//
//   LC_FUNCTION_STARTS   Mach-O: distances of each function from the one before, ULEB128, ended by 0
//   .eh_frame_hdr        ELF: sorted table of (start, frame entry)
//   pclntab              Go: table of (start, line table)
//   .eh_frame            start of each frame entry
//   symbols              Mach-O: symbols of executable sections; ELF: symbols of functions
//
// Both sides read them from old, whose digest they know, so they agree also where a table is broken: what was read
// before the break counts. Work and memory are bounded by the table's size and by MAX_STARTS.

/** A Chromium has 700,000 functions. */
const MAX_STARTS = 1 << 21;

/** Takes addresses of functions; answers false when it wants no more. */
export type TakeStart = (address: number) => boolean;

/**
 * File offsets at which functions and sections start, and at which sections end: sorted, each once, counted from
 * the image's first byte. `source` is the file, in which the image begins at `origin`.
 */
export function listFunctionStarts(source: RandomAccess, origin: number, image: Image): Uint32Array {
  const starts = new StartList(image);
  const reader = new ImageReader(source, origin, image.size);
  for (const read of [readFunctionTable, readFrameHeader, readGoStarts, readFrameStarts, readSymbols]) {
    faultOf(() => read(reader, image, starts.add));
    if (starts.count > 0) break;
  }
  return starts.finish();
}

/** A growing list: memory follows what was read, not what a table claims. */
class StartList {
  count = 0;
  private offsets = new Uint32Array(1024);
  private readonly image: Image;
  private readonly lookup: AddressLookup;

  constructor(image: Image) {
    this.image = image;
    this.lookup = new AddressLookup(image);
  }

  readonly add = (address: number): boolean => {
    const offset = this.lookup.offsetOf(address);
    if (offset >= 0) this.push(offset);
    return this.count < MAX_STARTS;
  };

  finish(): Uint32Array {
    for (const { zeroFill, size, fileOffset } of this.image.sections) {
      if (zeroFill || size === 0) continue;
      this.push(fileOffset);
      this.push(fileOffset + size);
    }
    const sorted = this.offsets.subarray(0, this.count).sort();
    let kept = 0;
    for (let i = 0; i < sorted.length; i++) {
      if (i === 0 || sorted[i] !== sorted[kept - 1]) sorted[kept++] = sorted[i]!;
    }
    return sorted.slice(0, kept);
  }

  private push(offset: number): void {
    if (this.count === this.offsets.length) {
      const grown = new Uint32Array(this.count * 2);
      grown.set(this.offsets);
      this.offsets = grown;
    }
    this.offsets[this.count++] = offset;
  }
}

function readFunctionTable(reader: ImageReader, image: Image, take: TakeStart): void {
  const table = image.tables.functionStarts;
  if (table === undefined) return;
  const cursor = new ImageCursor(reader, table);
  let address = image.base;
  for (;;) {
    const distance = cursor.uleb();
    if (distance === 0) return;
    address += distance;
    if (!take(address)) return;
  }
}

/** .eh_frame_hdr as every linker writes it: distances of 4 bytes, the table's from the section's start. */
function readFrameHeader(reader: ImageReader, image: Image, take: TakeStart): void {
  const header = sectionNamed(image, '.eh_frame_hdr');
  // Version 1; pointer sdata4 pc-relative, count udata4, table sdata4 relative to the section.
  if (header === undefined || header.size < 12 || reader.u32(header.fileOffset) !== 0x3b031b01) return;
  const count = Math.min(reader.u32(header.fileOffset + 8), Math.floor((header.size - 12) / 8));
  const table = new Uint8Array(8 * count);
  reader.copy(header.fileOffset + 12, table);
  const view = new DataView(table.buffer);
  for (let at = 0; at < table.length; at += 8) {
    if (!take(header.address + view.getInt32(at, true))) return;
  }
}

function readSymbols(reader: ImageReader, image: Image, take: TakeStart): void {
  if (image.kind === 'mach-o') {
    if (image.tables.symbols !== undefined) readMachOSymbols(reader, image, image.tables.symbols, take);
    return;
  }
  const tables = [SHT.SYMTAB, SHT.DYNSYM].map((type) => image.sections.find((it) => it.type === type));
  const table = tables.find((section) => section !== undefined);
  if (table !== undefined) readElfSymbols(reader, table, take);
}

/** Defined, in a section of code, no debugging entry. */
function readMachOSymbols(reader: ImageReader, image: Image, table: ImageRange, take: TakeStart): void {
  const code = image.sections.filter(({ executable }) => executable);
  for (let at = table.offset; at + 16 <= table.offset + table.size; at += 16) {
    const type = reader.u8(at + 4);
    if ((type & 0xe0) !== 0 || (type & 0x0e) !== 0x0e) continue;
    const value = reader.u64(at + 8);
    if (!code.some(({ address, size }) => value >= address && value < address + size)) continue;
    if (!take(value)) return;
  }
}

/** Functions that are defined. */
function readElfSymbols(reader: ImageReader, section: ImageSection, take: TakeStart): void {
  const end = section.fileOffset + section.size;
  for (let at = section.fileOffset; at + 24 <= end; at += 24) {
    if ((reader.u8(at + 4) & 15) !== 2 || reader.u16(at + 6) === 0) continue;
    if (!take(reader.u64(at + 8))) return;
  }
}
