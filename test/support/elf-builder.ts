import { type AddressOf, type Arch, assemble } from './assemble.js';
import { ByteBuilder, roundUp } from './byte-builder.js';
import { buildGnuHash, orderForHash } from './gnu-hash-builder.js';
import { type BuiltImage, layData } from './mach-o-builder.js';
import type { ProgramSpec } from './program.js';

// Builds small ELF shared libraries with the structure of real ones (System V ABI, generic and processor parts):
//
//   R E   header, .gnu.hash .dynsym .dynstr .rela.dyn .relr.dyn .text .rodata .eh_frame_hdr .eh_frame
//   R W   .data.rel.ro: half of the data, .data: the rest, .bss
//   -     .symtab .strtab .shstrtab

export interface ElfOptions {
  readonly arch: Arch;
  /** How pointers are relocated; 'both': packed in .data.rel.ro, with addends in .data. */
  readonly relocations: 'rela' | 'relr' | 'both';
  readonly frames: 'hdr' | 'frames-only' | 'none';
  readonly symbols?: boolean;
  readonly base?: number;
}

const HEADER_SIZE = 64 + 3 * 56;
const BSS_SIZE = 0x450;
const DATA_SKEW = 0x10000;
const MACHINES: Readonly<Record<Arch, { number: number; relative: number; import: number }>> = {
  arm64: { number: 183, relative: 1027, import: 1025 },
  'x86-64': { number: 62, relative: 8, import: 6 },
};

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly size: number;
  readonly entrySize?: number;
  readonly link?: string;
  address: number;
  offset: number;
  /** Made when all addresses are known. */
  readonly make: () => Uint8Array;
}

export function buildElf(program: ProgramSpec, options: ElfOptions): BuiltImage {
  const { arch } = options;
  const base = options.base ?? 0;
  const machine = MACHINES[arch];
  const sections = new Map<string, Section>();
  const add = (
    name: string,
    type: number,
    flags: number,
    align: number,
    size: number,
    make: () => Uint8Array,
    more: { entrySize?: number; link?: string } = {},
  ): void => {
    sections.set(name, { name, type, flags, align, size, address: 0, offset: 0, make, ...more });
  };
  const addressIn = (name: string): number => sections.get(name)!.address;

  const code = assemble(arch, program.functions, 0, () => 0);
  const ends = [...code.starts.slice(1), code.bytes.length];
  const half = Math.ceil(program.data.length / 2);
  const relro = layData(program.data.slice(0, half), 0);
  const data = layData(program.data.slice(half), 0);
  const parts = [
    { ...relro, name: '.data.rel.ro', packed: options.relocations !== 'rela' },
    { ...data, name: '.data', packed: options.relocations === 'relr' },
  ];
  const addressOf: AddressOf = (symbol) => {
    const index = program.functions.findIndex(({ name }) => name === symbol);
    if (index >= 0) return addressIn('.text') + code.starts[index]!;
    for (const part of parts) {
      const found = part.addresses.find(([name]) => name === symbol);
      if (found !== undefined) return addressIn(part.name) + found[1];
    }
    throw new RangeError(`no symbol ${symbol}`);
  };
  /** Words that are pointers, with their distance from the part's start. */
  const pointersOf = (part: (typeof parts)[number]): { offset: number; symbol: string }[] =>
    part.words.flatMap(({ offset, word }) => ('pointer' in word ? [{ offset, symbol: word.pointer }] : []));

  // Dynamic symbols, in the order that their hash table wants.
  const exported = orderForHash(program.functions.slice(0, program.exportCount).map(({ name }) => name));
  const dynamicNames = new ByteBuilder().u8(0);
  const nameOffsets = exported.map((name) => {
    const at = dynamicNames.size;
    dynamicNames.text(name);
    return at;
  });
  const symbolEntry = (out: ByteBuilder, nameAt: number, symbol: string): void => {
    const index = program.functions.findIndex(({ name }) => name === symbol);
    out
      .u32(nameAt)
      .u8(0x12, 0)
      .u16([...sections.keys()].indexOf('.text') + 1);
    out.u64(addressOf(symbol), ends[index]! - code.starts[index]!);
  };

  const importOf = (word: number): number => 1 + exported.indexOf(program.functions[word]?.name ?? '');

  const hash = buildGnuHash(exported);
  add('.gnu.hash', 0x6ffffff6, 2, 8, hash.length, () => hash, { link: '.dynsym' });
  add(
    '.dynsym',
    11,
    2,
    8,
    24 * (exported.length + 1),
    () => {
      const out = new ByteBuilder().padTo(24);
      for (const [i, name] of exported.entries()) symbolEntry(out, nameOffsets[i]!, name);
      return out.bytes();
    },
    { entrySize: 24, link: '.dynstr' },
  );
  add('.dynstr', 3, 2, 1, dynamicNames.size, () => dynamicNames.bytes());

  const relaCount = parts.reduce(
    (sum, part) =>
      sum +
      (part.packed ? 0 : pointersOf(part).length) +
      part.words.filter(({ word }) => 'import' in word).length,
    0,
  );
  add(
    '.rela.dyn',
    4,
    2,
    8,
    24 * relaCount,
    () => {
      const out = new ByteBuilder();
      for (const part of parts) {
        if (part.packed) continue;
        for (const { offset, symbol } of pointersOf(part)) {
          out
            .u64(addressIn(part.name) + offset)
            .u32(machine.relative, 0)
            .u64(addressOf(symbol));
        }
      }
      const imports = parts.flatMap((part) =>
        part.words.flatMap(({ offset, word }) =>
          'import' in word ? [{ place: addressIn(part.name) + offset, symbol: importOf(word.import) }] : [],
        ),
      );
      // As GNU's linker combines them: symbols by the first of their places, and in the order of places.
      const first = new Map([...imports].reverse().map(({ place, symbol }) => [symbol, place]));
      imports.sort((a, b) => first.get(a.symbol)! - first.get(b.symbol)! || a.place - b.place);
      for (const { place, symbol } of imports) out.u64(place).u32(machine.import, symbol).u64(0);
      return out.bytes();
    },
    { entrySize: 24, link: '.dynsym' },
  );
  const packed = (): number[] =>
    parts.flatMap((part) =>
      part.packed ? pointersOf(part).map(({ offset }) => addressIn(part.name) + offset) : [],
    );
  if (options.relocations !== 'rela') {
    // How many words it takes depends on distances only; both parts are laid out as they will be.
    const distances = parts.flatMap((part, i) =>
      part.packed
        ? pointersOf(part).map(({ offset }) => offset + (i === 0 ? 0 : roundUp(relro.size, 16)))
        : [],
    );
    add(
      '.relr.dyn',
      19,
      2,
      8,
      8 * packRelative(distances).length,
      () => new ByteBuilder().u64(...packRelative(packed())).bytes(),
      {
        entrySize: 8,
      },
    );
  }

  add(
    '.text',
    1,
    6,
    16,
    code.bytes.length,
    () => assemble(arch, program.functions, addressIn('.text'), addressOf).bytes,
  );
  const strings = new ByteBuilder();
  for (const string of program.strings) strings.text(string);
  add('.rodata', 1, 2, 8, strings.size, () => strings.bytes());
  if (options.frames !== 'none') {
    const frames = (): { bytes: Uint8Array; entries: number[] } =>
      buildFrames(
        code.starts.map((start, i) => ({ start: addressIn('.text') + start, size: ends[i]! - start })),
        addressIn('.eh_frame'),
      );
    const count = program.functions.length;
    if (options.frames === 'hdr') {
      add('.eh_frame_hdr', 1, 2, 4, 12 + 8 * count, () => {
        const at = addressIn('.eh_frame_hdr');
        const out = new ByteBuilder().u32(0x3b031b01, addressIn('.eh_frame') - (at + 4), count);
        const { entries } = frames();
        code.starts.forEach((start, i) => {
          out.u32((addressIn('.text') + start - at) >>> 0, addressIn('.eh_frame') + entries[i]! - at);
        });
        return out.bytes();
      });
    }
    add('.eh_frame', 1, 2, 8, FRAME_HEAD + FRAME_SIZE * count + 4, () => frames().bytes);
  }
  for (const part of parts) {
    add(part.name, 1, 3, 16, part.size, () => {
      const bytes = new Uint8Array(part.size);
      const view = new DataView(bytes.buffer);
      for (const { offset, word } of part.words) {
        if ('value' in word) view.setUint32(offset, word.value, true);
        else if ('pointer' in word) view.setBigUint64(offset, BigInt(addressOf(word.pointer)), true);
      }
      return bytes;
    });
  }
  add('.bss', 8, 3, 16, BSS_SIZE, () => new Uint8Array(0));
  const loadedCount = sections.size;
  if (options.symbols) {
    const names = new ByteBuilder().u8(0);
    const places = program.functions.map(({ name }) => {
      const at = names.size;
      names.text(name);
      return at;
    });
    add(
      '.symtab',
      2,
      0,
      8,
      24 * (program.functions.length + 1),
      () => {
        const out = new ByteBuilder().padTo(24);
        for (const [i, { name }] of program.functions.entries()) symbolEntry(out, places[i]!, name);
        return out.bytes();
      },
      { entrySize: 24, link: '.strtab' },
    );
    add('.strtab', 3, 0, 1, names.size, () => names.bytes());
  }
  const sectionNames = new ByteBuilder().u8(0);
  const nameAt = [...sections.keys(), '.shstrtab'].map((name) => {
    const at = sectionNames.size;
    sectionNames.text(name);
    return at;
  });
  add('.shstrtab', 3, 0, 1, sectionNames.size, () => sectionNames.bytes());

  // Addresses: the second segment begins on a page of its own, DATA_SKEW further in memory than in the file.
  let offset = HEADER_SIZE;
  let skew = base;
  let textEnd = 0;
  let dataStart = 0;
  let dataEnd = 0;
  for (const [i, section] of [...sections.values()].entries()) {
    if (section.name === '.data.rel.ro') {
      textEnd = offset;
      offset = roundUp(offset, 0x1000);
      skew = base + DATA_SKEW;
      dataStart = offset;
    }
    offset = roundUp(offset, section.align);
    section.offset = offset;
    section.address = i < loadedCount ? offset + skew : 0;
    if (section.name === '.bss') dataEnd = offset;
    else offset += section.size;
  }

  const list = [...sections.values()];
  const tableAt = roundUp(offset, 8);
  const file = new ByteBuilder();
  file.u8(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1).padTo(16);
  file.u16(3, machine.number).u32(1).u64(0, 64, tableAt).u32(0);
  file.u16(64, 56, 3, 64, list.length + 1, list.length);
  file.u32(1, 5).u64(0, base, base, textEnd, textEnd, 0x10000);
  const dataAddress = dataStart + base + DATA_SKEW;
  file
    .u32(1, 6)
    .u64(dataStart, dataAddress, dataAddress, dataEnd - dataStart, dataEnd - dataStart + BSS_SIZE, 0x1000);
  file.u32(0x6474e551, 6).u64(0, 0, 0, 0, 0, 16);
  for (const section of list) {
    if (section.type === 8) continue;
    file.padTo(section.offset);
    const bytes = section.make();
    if (bytes.length !== section.size) {
      throw new RangeError(`${section.name} has ${bytes.length} bytes, ${section.size} were planned`);
    }
    file.put(bytes);
  }
  file.padTo(tableAt).padTo(tableAt + 64);
  list.forEach((section, i) => {
    const link = section.link === undefined ? 0 : list.findIndex(({ name }) => name === section.link) + 1;
    file.u32(nameAt[i]!, section.type).u64(section.flags, section.address, section.offset, section.size);
    file.u32(link, section.name === '.symtab' || section.name === '.dynsym' ? 1 : 0);
    file.u64(section.align, section.entrySize ?? 0);
  });

  const pointers = parts.flatMap((part) =>
    pointersOf(part).map((pointer) => ({
      offset: sections.get(part.name)!.offset + pointer.offset,
      target: addressOf(pointer.symbol) - base,
    })),
  );
  return {
    bytes: file.bytes(),
    base,
    functionStarts: code.starts.map((start) => sections.get('.text')!.offset + start),
    pointers,
    addressOf,
  };
}

const FRAME_HEAD = 24;
const FRAME_SIZE = 24;

/** A description and an entry for each function (Linux Standard Base 5.0, 10.6), with the place of each entry. */
function buildFrames(
  functions: readonly { readonly start: number; readonly size: number }[],
  address: number,
): { bytes: Uint8Array; entries: number[] } {
  const out = new ByteBuilder();
  // Version 1, "zR", code alignment 1, data alignment -8, return register 30, addresses sdata4 relative to themselves.
  out
    .u32(FRAME_HEAD - 4, 0)
    .u8(1)
    .text('zR')
    .u8(1, 0x78, 30, 1, 0x1b)
    .padTo(FRAME_HEAD);
  const entries = functions.map(({ start, size }) => {
    const at = out.size;
    out
      .u32(FRAME_SIZE - 4, at + 4)
      .u32((start - (address + at + 8)) >>> 0, size)
      .u8(0)
      .padTo(at + FRAME_SIZE);
    return at;
  });
  return { bytes: out.u32(0).bytes(), entries };
}

/** Packed relative relocations of sorted places that are multiples of 8. */
function packRelative(places: readonly number[]): bigint[] {
  const words: bigint[] = [];
  for (let i = 0; i < places.length; ) {
    words.push(BigInt(places[i]!));
    let next = places[i]! + 8;
    i++;
    for (;;) {
      let bits = 0n;
      while (i < places.length && places[i]! - next < 63 * 8) {
        bits |= 1n << BigInt(1 + (places[i]! - next) / 8);
        i++;
      }
      if (bits === 0n) break;
      words.push(bits | 1n);
      next += 63 * 8;
    }
  }
  return words;
}
