import { splitGoSection } from './go-sections.js';
import { type Image, ImageFault, type ImageRange, type ImageSection, type TableName } from './image.js';
import { assertLayout, MAX_SECTIONS, MAX_SEGMENTS } from './image-bounds.js';
import type { LayoutSegment } from './image-layout.js';
import type { ImageReader } from './image-reader.js';

// Facts from Apple's public <mach-o/loader.h>, <mach/machine.h>.

const MACH_O_64_MAGIC = 0xfeedfacf;

const HEADER_SIZE = 32;
const MAX_COMMANDS = 4096;
const SEGMENT_SIZE = 72;
const SECTION_SIZE = 80;
const SYMBOL_SIZE = 16;

const LC_SYMTAB = 0x2;
const LC_DYSYMTAB = 0xb;
const LC_SEGMENT_64 = 0x19;
const LC_DYLD_INFO = 0x22;
const LC_ENCRYPTION_INFO_64 = 0x2c;
const LC_REQ_DYLD = 0x80000000;

/** Load commands that name one table: offset and size in bytes. */
const LINKEDIT_COMMANDS: Readonly<Record<number, TableName>> = {
  29: 'signature',
  38: 'functionStarts',
  41: 'dataInCode',
  [LC_REQ_DYLD + 0x33]: 'exportTrie',
  [LC_REQ_DYLD + 0x34]: 'chainedFixups',
};
/** Tables of LC_DYLD_INFO in their order. */
const DYLD_INFO_TABLES: readonly TableName[] = ['rebase', 'bind', 'weakBind', 'lazyBind', 'exportTrie'];

/** Linked images: program, dylib, dylinker, bundle, kernel extension, set of files. */
const LINKED_TYPES: readonly number[] = [2, 6, 7, 8, 11, 12];
const ZERO_FILL_TYPES: readonly number[] = [0x1, 0xc, 0x12];
/** S_ATTR_PURE_INSTRUCTIONS and S_ATTR_SOME_INSTRUCTIONS. */
const INSTRUCTIONS = 0x80000400;

/** What the load commands add up to. */
interface Commands {
  readonly segments: LayoutSegment[];
  readonly sections: ImageSection[];
  readonly tables: Partial<Record<TableName, ImageRange>>;
}

/** Reads a 64-bit Mach-O image's load commands; ImageFault says what is not understood. */
export function parseMachO(reader: ImageReader): Image {
  const type = reader.u32(12);
  if (!LINKED_TYPES.includes(type)) throw new ImageFault(`Mach-O of type ${type}: no linked image`);
  const arch = archOf(reader.u32(4));
  const commands = readCommands(reader);
  const base = commands.segments.find(({ name }) => name === '__TEXT')?.address;
  if (base === undefined) throw new ImageFault('Mach-O without __TEXT');
  const isArm64e = arch === 'arm64' && (reader.u32(8) & 0xffffff) === 2;
  const image: Image = { kind: 'mach-o', arch, isArm64e, base, size: reader.size, ...commands };
  assertLayout(image, reader.size);
  return { ...image, sections: splitGoSection(reader, image.sections) };
}

function archOf(cpu: number): Image['arch'] {
  if (cpu === 0x0100000c) return 'arm64';
  if (cpu === 0x01000007) return 'x86-64';
  throw new ImageFault(`Mach-O for processor ${cpu}: neither arm64 nor x86-64`);
}

function readCommands(reader: ImageReader): Commands {
  const count = reader.u32(16);
  const end = HEADER_SIZE + reader.u32(20);
  reader.range(0, end, 'the load commands');
  if (count > MAX_COMMANDS) throw new ImageFault(`${count} load commands are more than ${MAX_COMMANDS}`);
  const commands: Commands = { segments: [], sections: [], tables: {} };
  for (let i = 0, at = HEADER_SIZE; i < count; i++) {
    const size = reader.u32(at + 4);
    if (size < 8 || at + size > end)
      throw new ImageFault(`load command ${i} at offset ${at} has ${size} bytes`);
    readCommand(reader, at, size, commands);
    at += size;
  }
  return commands;
}

function readCommand(reader: ImageReader, at: number, size: number, commands: Commands): void {
  const command = reader.u32(at);
  const table = LINKEDIT_COMMANDS[command];
  if (table !== undefined) addTable(reader, commands, table, at + 8);
  else if (command === LC_SEGMENT_64) readSegment(reader, at, size, commands);
  else if (command === LC_DYLD_INFO || command === LC_REQ_DYLD + LC_DYLD_INFO) {
    DYLD_INFO_TABLES.forEach((name, i) => {
      addTable(reader, commands, name, at + 8 + 8 * i);
    });
  } else if (command === LC_SYMTAB) {
    addTable(reader, commands, 'symbols', at + 8, SYMBOL_SIZE);
    addTable(reader, commands, 'strings', at + 16);
  } else if (command === LC_DYSYMTAB) addTable(reader, commands, 'indirectSymbols', at + 56, 4);
  else if (command === LC_ENCRYPTION_INFO_64 && reader.u32(at + 16) !== 0) {
    throw new ImageFault('the code is encrypted');
  }
}

/** Adds the table whose offset and number of units are at `at`. */
function addTable(reader: ImageReader, { tables }: Commands, name: TableName, at: number, unit = 1): void {
  const size = reader.u32(at + 4) * unit;
  if (size > 0) tables[name] = reader.range(reader.u32(at), size, `table ${name}`);
}

function readSegment(reader: ImageReader, at: number, size: number, commands: Commands): void {
  const name = reader.text(at + 8, 16);
  commands.segments.push({
    name,
    address: reader.u64(at + 24),
    memorySize: reader.u64(at + 32),
    fileOffset: reader.u64(at + 40),
    fileSize: reader.u64(at + 48),
  });
  const count = reader.u32(at + 64);
  if (SEGMENT_SIZE + count * SECTION_SIZE > size) {
    throw new ImageFault(`segment ${name} has no room for ${count} sections`);
  }
  for (let i = 0; i < count; i++) {
    commands.sections.push(readSection(reader, at + SEGMENT_SIZE + i * SECTION_SIZE, name));
  }
  if (commands.segments.length > MAX_SEGMENTS || commands.sections.length > MAX_SECTIONS) {
    throw new ImageFault(`more than ${MAX_SEGMENTS} segments or ${MAX_SECTIONS} sections`);
  }
}

function readSection(reader: ImageReader, at: number, segment: string): ImageSection {
  const flags = reader.u32(at + 64);
  const type = flags & 0xff;
  const zeroFill = ZERO_FILL_TYPES.includes(type);
  return {
    name: reader.text(at, 16),
    segment,
    address: reader.u64(at + 32),
    size: reader.u64(at + 40),
    fileOffset: zeroFill ? 0 : reader.u32(at + 48),
    executable: (flags & INSTRUCTIONS) !== 0,
    zeroFill,
    type,
    alignment: 2 ** Math.min(31, reader.u32(at + 52)),
  };
}

/** Whether the first bytes are worth a look as 64-bit Mach-O. */
export function isMachO(reader: ImageReader): boolean {
  return reader.size >= HEADER_SIZE && reader.u32(0) === MACH_O_64_MAGIC;
}
