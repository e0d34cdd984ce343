import { splitGoSection } from './go-sections.js';
import { type Image, ImageFault, type ImageSection } from './image.js';
import { assertLayout, MAX_SECTIONS, MAX_SEGMENTS } from './image-bounds.js';
import type { LayoutSegment } from './image-layout.js';
import type { ImageReader } from './image-reader.js';

// System V ABI, chapters 4 and 5 (ELF-64 object file format), little endian.

const ELF_MAGIC = 0x464c457f;

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const PT_LOAD = 1;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const MAX_NAME = 64;

export const SHT = { NULL: 0, PROGBITS: 1, SYMTAB: 2, RELA: 4, NOBITS: 8, DYNSYM: 11, RELR: 19 } as const;

/** Reads an ELF image's headers; ImageFault says what is not understood. */
export function parseElf(reader: ImageReader): Image {
  if (reader.u8(4) !== 2 || reader.u8(5) !== 1) throw new ImageFault('ELF, but not 64-bit little endian');
  const type = reader.u16(16);
  if (type !== 2 && type !== 3) throw new ImageFault(`ELF of type ${type}: no program or shared library`);
  const arch = archOf(reader.u16(18));
  const segments = readSegments(reader);
  if (segments.length === 0) throw new ImageFault('ELF without a loadable segment');
  const base = segments.reduce((least, { address }) => Math.min(least, address), Number.MAX_SAFE_INTEGER);
  const image: Image = {
    kind: 'elf',
    arch,
    isArm64e: false,
    base,
    size: reader.size,
    segments,
    sections: readSections(reader),
    tables: {},
  };
  assertLayout(image, reader.size);
  return { ...image, sections: splitGoSection(reader, image.sections) };
}

function archOf(machine: number): Image['arch'] {
  if (machine === 183) return 'arm64';
  if (machine === 62) return 'x86-64';
  throw new ImageFault(`ELF for machine ${machine}: neither arm64 nor x86-64`);
}

function readSegments(reader: ImageReader): LayoutSegment[] {
  const start = reader.u64(32);
  const count = reader.u16(56);
  assertTable('program header', reader.u16(54), PROGRAM_HEADER_SIZE, count, MAX_SEGMENTS);
  const segments: LayoutSegment[] = [];
  for (let at = start; at < start + count * PROGRAM_HEADER_SIZE; at += PROGRAM_HEADER_SIZE) {
    if (reader.u32(at) !== PT_LOAD) continue;
    segments.push({
      name: '',
      address: reader.u64(at + 16),
      memorySize: reader.u64(at + 40),
      fileOffset: reader.u64(at + 8),
      fileSize: reader.u64(at + 32),
    });
  }
  return segments;
}

function readSections(reader: ImageReader): ImageSection[] {
  const start = reader.u64(40);
  const count = reader.u16(60);
  if (start === 0 || count === 0) return [];
  assertTable('section header', reader.u16(58), SECTION_HEADER_SIZE, count, MAX_SECTIONS);
  reader.range(start, count * SECTION_HEADER_SIZE, 'the section table');
  const namesHeader = start + reader.u16(62) * SECTION_HEADER_SIZE;
  const names = reader.range(
    reader.u64(namesHeader + 24),
    reader.u64(namesHeader + 32),
    'the table of section names',
  );
  const sections: ImageSection[] = [];
  for (let at = start; at < start + count * SECTION_HEADER_SIZE; at += SECTION_HEADER_SIZE) {
    const section = readSection(reader, at, names.offset);
    if (section !== undefined) sections.push(section);
  }
  return sections;
}

function readSection(reader: ImageReader, at: number, names: number): ImageSection | undefined {
  const type = reader.u32(at + 4);
  const flags = reader.u32(at + 8);
  const offset = reader.u64(at + 24);
  if (type === SHT.NULL || (offset === 0 && (flags & SHF_ALLOC) === 0)) return undefined;
  const zeroFill = type === SHT.NOBITS;
  return {
    name: reader.text(names + reader.u32(at), MAX_NAME),
    segment: '',
    address: reader.u64(at + 16),
    size: reader.u64(at + 32),
    fileOffset: zeroFill ? 0 : offset,
    executable: (flags & SHF_EXECINSTR) !== 0,
    zeroFill,
    type,
    alignment: reader.u64(at + 48),
  };
}

function assertTable(what: string, found: number, size: number, count: number, limit: number): void {
  if (count > 0 && found !== size)
    throw new ImageFault(`a ${what} has ${found} bytes, ${size} were expected`);
  if (count > limit) throw new ImageFault(`${count} ${what}s are more than ${limit}`);
}

/** Whether the first bytes are worth a look as ELF. */
export function isElf(reader: ImageReader): boolean {
  return reader.size >= HEADER_SIZE && reader.u32(0) === ELF_MAGIC;
}
