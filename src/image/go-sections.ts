import { faultOf, type ImageSection } from './image.js';
import { MAX_SECTIONS } from './image-bounds.js';
import type { ImageReader } from './image-reader.js';

// Go keeps what it knows of functions in one section, pclntab (Go source, internal/abi and cmd/link; layout of Go 1.20 and later):
//
//   0  magic u32    4  zero u16   6  instruction size u8   7  pointer size u8
//   8  functions u64   16  files u64   24  text start u64   32  names u64   40  units u64   48  files u64
//   56  lines u64   64  functions u64
//
// The last five are offsets of tables, one behind the other. The table of functions has a pair of u32 for each function, then the end
// of the text; behind it the functions' records. From Go 1.26 on the data that records refer to follows them, aligned to 16 bytes.
//
// Each table is taken for a section of its own: references count from where it starts, and then its start travels with the layout.

const MAGIC = 0xfffffff1;
const HEADER_SIZE = 72;
/** A record's fields before its lists: go-records.ts. */
const RECORD_SIZE = 44;
const DATA_ALIGNMENT = 16;

export const GO_HEADER_NAMES: readonly string[] = ['.gopclntab', '__gopclntab'];

/** Names given to the tables, in their order. */
export const GO_SECTION = {
  names: 'go:names',
  units: 'go:units',
  files: 'go:files',
  lines: 'go:lines',
  functions: 'go:functions',
  records: 'go:records',
  data: 'go:data',
} as const;

/** Sections of an image, pclntab cut into its tables; a header that makes no sense leaves it whole. */
export function splitGoSection(reader: ImageReader, sections: readonly ImageSection[]): ImageSection[] {
  const index = sections.findIndex(({ name, zeroFill }) => !zeroFill && GO_HEADER_NAMES.includes(name));
  const section = sections[index];
  if (section === undefined || section.size < HEADER_SIZE || sections.length >= MAX_SECTIONS / 2) {
    return [...sections];
  }
  let parts: ImageSection[] = [section];
  faultOf(() => {
    parts = splitTables(reader, section);
  });
  return [...sections.slice(0, index), ...parts, ...sections.slice(index + 1)];
}

function splitTables(reader: ImageReader, section: ImageSection): ImageSection[] {
  const start = section.fileOffset;
  if (reader.u32(start) !== MAGIC || reader.u8(start + 7) !== 8) return [section];
  const functions = reader.u64(start + 64);
  const count = reader.u64(start + 8);
  const records = functions + 8 * count + 4;
  if (count === 0 || records > section.size) return [section];
  const last = functions + reader.u32(start + functions + 8 * count - 4);
  const lists = reader.u32(start + last + 28) + reader.u8(start + last + 43);
  const data = Math.ceil((last + RECORD_SIZE + 4 * lists) / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const starts = [
    [section.name, 0],
    [GO_SECTION.names, reader.u64(start + 32)],
    [GO_SECTION.units, reader.u64(start + 40)],
    [GO_SECTION.files, reader.u64(start + 48)],
    [GO_SECTION.lines, reader.u64(start + 56)],
    [GO_SECTION.functions, functions],
    [GO_SECTION.records, records],
    [GO_SECTION.data, Math.min(data, section.size)],
  ] as const;
  const parts = starts.map(([name, offset], i): ImageSection => {
    const size = (starts[i + 1]?.[1] ?? section.size) - offset;
    const alignment = i === 0 ? section.alignment : 1;
    const [address, fileOffset] = [section.address + offset, start + offset];
    return { ...section, name, address, fileOffset, size, alignment };
  });
  return parts.every(({ size }) => size >= 0) ? parts.filter(({ size }) => size > 0) : [section];
}
