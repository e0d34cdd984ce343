import { twinTrie } from '../reference/export-trie.js';
import { type AddressOf, type Arch, assemble } from './assemble.js';
import { ByteBuilder, roundUp } from './byte-builder.js';
import { buildExportTrie } from './export-trie-builder.js';
import {
  encodePointer,
  type FixupPlace,
  fixupTable,
  hasImports,
  pointerSize,
  splitChains,
} from './fixup-encoder.js';
import {
  type FunctionEnd,
  type LinkedSymbol,
  type LinkedSymbols,
  linkSymbols,
} from './mach-o-symbols-builder.js';
import type { DataSpec, DataWord, ProgramSpec } from './program.js';
import { buildSignature, type SignatureOptions, signatureSize } from './signature-builder.js';
import { buildUnwindInfo } from './unwind-info-builder.js';

// Builds small Mach-O images with the structure of real ones (Apple's public <mach-o/loader.h>, <mach-o/nlist.h>):
//
//   __TEXT        header, __text, __cstring, __unwind_info
//   __DATA_CONST  __const: the first half of the data
//   __DATA        __data: the rest, __bss
//   __LINKEDIT    fixups or rebase opcodes, export trie, function starts, symbols, strings, signature

export interface MachOOptions {
  readonly arch: Arch;
  readonly isArm64e?: boolean;
  /** A pointer format of chained fixups, or rebase opcodes: compressed, or a pair for each pointer in any order. */
  readonly fixups: number | 'rebase' | 'rebase-scattered' | 'none';
  readonly base?: number;
  readonly functionStarts?: boolean;
  readonly signature?: SignatureOptions;
  /** Symbols as Apple's linkers write them, instead of a plain list. */
  readonly linked?: LinkedOptions;
}

export interface LinkedOptions {
  /** How the export trie is laid out (src/tables/trie-writer.ts). */
  readonly trieForm: number;
  readonly functionEnd: FunctionEnd;
  readonly imports: readonly string[];
  /** Symbols are left out but for imports. */
  readonly isStripped?: boolean;
}

export interface BuiltImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly base: number;
  /** Offsets in the file. */
  readonly functionStarts: readonly number[];
  /** Pointers to the image itself, and what they point at as distance from the base; sorted by offset. */
  readonly pointers: readonly { readonly offset: number; readonly target: number }[];
  readonly addressOf: AddressOf;
}

const CODE_AT = 0x1000;
const BSS_SIZE = 0x340;

interface Section {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly flags: number;
  readonly align: number;
}

interface Segment {
  readonly name: string;
  readonly address: number;
  readonly memorySize: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly protection: number;
  readonly sections: readonly Section[];
}

export function buildMachO(program: ProgramSpec, options: MachOOptions): BuiltImage {
  const { arch } = options;
  const format = typeof options.fixups === 'number' ? options.fixups : undefined;
  const base = options.base ?? 0x100000000;
  const pageSize = arch === 'arm64' ? 0x4000 : 0x1000;
  const sizes = assemble(arch, program.functions, base, () => base);
  const strings = new ByteBuilder();
  for (const string of program.strings) strings.text(string);

  // Addresses.
  const textAt = base + CODE_AT;
  const starts = sizes.starts.map((start) => textAt + start);
  const stringsAt = textAt + sizes.bytes.length;
  const unwindAt = roundUp(stringsAt + strings.size, 4);
  const unwind = buildUnwindInfo(
    starts.map((start) => start - base),
    stringsAt - base,
  );
  const constAt = roundUp(unwindAt + unwind.length, pageSize);
  const half = Math.ceil(program.data.length / 2);
  const constData = layData(program.data.slice(0, half), constAt);
  const dataAt = roundUp(constAt + constData.size, pageSize);
  const data = layData(program.data.slice(half), dataAt);
  const bssAt = roundUp(dataAt + data.size, 16);
  const linkeditAt = roundUp(bssAt + BSS_SIZE, pageSize);
  const symbols = new Map<string, number>([...constData.addresses, ...data.addresses]);
  for (const [i, { name }] of program.functions.entries()) symbols.set(name, starts[i]!);
  const addressOf: AddressOf = (symbol) => {
    const address = symbols.get(symbol);
    if (address === undefined) throw new RangeError(`no symbol ${symbol}`);
    return address;
  };

  // Contents of the data segments.
  const segmentDistances = [0, constAt - base, dataAt - base, linkeditAt - base];
  const fixups = { format: format ?? 0, base, segmentDistances };
  const parts = [constData, data].map((part) => {
    const places = part.words.flatMap(({ offset, word }): FixupPlace[] => {
      if ('pointer' in word) {
        return [{ offset, target: addressOf(word.pointer) - base, signed: word.signed ?? false }];
      }
      return 'import' in word && format !== undefined && hasImports(format)
        ? [{ offset, target: 0, signed: false, import: word.import }]
        : [];
    });
    return { ...part, places };
  });
  const dataBytes = parts.map(({ words, places, size }) => {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    for (const { offset, word } of words) if ('value' in word) view.setUint32(offset, word.value, true);
    if (format === undefined) {
      for (const { offset, target } of places) view.setBigUint64(offset, BigInt(base + target), true);
      return bytes;
    }
    for (const chain of splitChains(format, places, pageSize)) {
      chain.forEach((place, i) => {
        const next = (chain[i + 1]?.offset ?? place.offset) - place.offset;
        const word = encodePointer(place, next, fixups);
        if (pointerSize(format) === 4) view.setUint32(place.offset, Number(word), true);
        else view.setBigUint64(place.offset, BigInt.asUintN(64, word), true);
      });
    }
    return bytes;
  });

  // __LINKEDIT, without the signature.
  const linkedit = new ByteBuilder();
  const constOffset = constAt - base;
  const dataOffset = constOffset + roundUp(constData.size, pageSize);
  const linkeditOffset = dataOffset + roundUp(data.size, pageSize);
  const add = (bytes: Uint8Array): [number, number] => {
    linkedit.align(8);
    const at = linkeditOffset + linkedit.size;
    linkedit.put(bytes);
    return bytes.length === 0 ? [0, 0] : [at, bytes.length];
  };
  const fixupSegments = [
    { distance: 0, size: 0, places: [] },
    { distance: constAt - base, size: constData.size, places: parts[0]!.places },
    { distance: dataAt - base, size: data.size, places: parts[1]!.places },
    { distance: 0, size: 0, places: [] },
  ];
  const chained =
    format === undefined ? add(new Uint8Array(0)) : add(fixupTable(format, fixupSegments, pageSize));
  const rebase = add(
    rebaseOpcodes(
      options.fixups,
      parts.map(({ places }) => places),
    ),
  );
  const exported = program.functions.slice(0, program.exportCount);
  const exports = exported.map(({ name }) => ({ name, distance: addressOf(name) - base }));
  const { linked } = options;
  const trie = add(linked === undefined ? buildExportTrie(exports) : linkedTrie(exports, linked.trieForm));
  const functionStarts = add(
    options.functionStarts === false ? new Uint8Array(0) : startsTable(starts, base),
  );
  const functionEnds = [...starts.slice(1), stringsAt];
  const functionSymbols = program.functions.map(
    ({ name }, i): LinkedSymbol => ({
      name,
      address: starts[i]!,
      section: 1,
      size: functionEnds[i]! - starts[i]!,
    }),
  );
  const dataSymbols = parts.flatMap(({ addresses }, i) =>
    addresses.map(([name, address]): LinkedSymbol => ({ name, address, section: 4 + i })),
  );
  const isStripped = linked?.isStripped ?? false;
  const tables = linked
    ? linkSymbols(
        {
          functions: isStripped ? [] : functionSymbols,
          data: isStripped ? [] : dataSymbols,
          exports: isStripped ? [] : functionSymbols.slice(0, program.exportCount),
          imports: linked.imports,
        },
        linked.functionEnd,
      )
    : plainSymbols(functionSymbols, dataSymbols, program.exportCount);
  const symbolTable = add(tables.symbols);
  const indirect = add(tables.indirect);
  const stringTable = add(tables.strings);
  linkedit.align(16);
  const codeLimit = linkeditOffset + linkedit.size;
  const signed = options.signature === undefined ? 0 : signatureSize(codeLimit, options.signature);

  const segments: Segment[] = [
    {
      name: '__TEXT',
      address: base,
      memorySize: constAt - base,
      offset: 0,
      fileSize: constOffset,
      protection: 5,
      sections: [
        { name: '__text', address: textAt, size: sizes.bytes.length, flags: 0x80000400, align: 4 },
        { name: '__cstring', address: stringsAt, size: strings.size, flags: 2, align: 0 },
        { name: '__unwind_info', address: unwindAt, size: unwind.length, flags: 0, align: 2 },
      ],
    },
    {
      name: '__DATA_CONST',
      address: constAt,
      memorySize: dataAt - constAt,
      offset: constOffset,
      fileSize: dataOffset - constOffset,
      protection: 3,
      sections: [{ name: '__const', address: constAt, size: constData.size, flags: 0, align: 3 }],
    },
    {
      name: '__DATA',
      address: dataAt,
      memorySize: linkeditAt - dataAt,
      offset: dataOffset,
      fileSize: linkeditOffset - dataOffset,
      protection: 3,
      sections: [
        { name: '__data', address: dataAt, size: data.size, flags: 0, align: 3 },
        { name: '__bss', address: bssAt, size: BSS_SIZE, flags: 1, align: 4 },
      ],
    },
    {
      name: '__LINKEDIT',
      address: linkeditAt,
      memorySize: roundUp(linkedit.size + signed, pageSize),
      offset: linkeditOffset,
      fileSize: linkedit.size + signed,
      protection: 1,
      sections: [],
    },
  ];
  const commands = segments.map((segment) => segmentCommand(segment, pageSize));
  const tableCommand = (command: number, [at, size]: [number, number]): void => {
    if (size > 0) commands.push(new ByteBuilder().u32(command, 16, at, size).bytes());
  };
  tableCommand(0x80000034, chained);
  if (rebase[1] > 0) {
    commands.push(new ByteBuilder().u32(0x80000022, 48, ...rebase, 0, 0, 0, 0, 0, 0, ...trie).bytes());
  } else tableCommand(0x80000033, trie);
  commands.push(
    new ByteBuilder().u32(2, 24, symbolTable[0], tables.symbols.length / 16, ...stringTable).bytes(),
  );
  commands.push(
    new ByteBuilder()
      .u32(0xb, 80)
      .padTo(56)
      .u32(indirect[0], indirect[1] / 4)
      .padTo(80)
      .bytes(),
  );
  commands.push(
    new ByteBuilder().u32(0xd, 48, 24, 2, 0x10000, 0x10000).text('@rpath/libtest.dylib', 24).bytes(),
  );
  commands.push(new ByteBuilder().u32(0x1b, 24, program.functions.length, 2, 3, 4).bytes());
  tableCommand(0x26, functionStarts);
  if (signed > 0) tableCommand(0x1d, [codeLimit, signed]);

  const size = commands.reduce((sum, command) => sum + command.length, 0);
  const file = new ByteBuilder();
  const isArm = arch === 'arm64';
  file.u32(0xfeedfacf, isArm ? 0x0100000c : 0x01000007, isArm ? (options.isArm64e ? 0x80000002 : 0) : 3);
  file.u32(6, commands.length, size, 0x100085, 0);
  for (const command of commands) file.put(command);
  file
    .padTo(CODE_AT)
    .put(assemble(arch, program.functions, textAt, addressOf).bytes)
    .put(strings.bytes());
  file.padTo(unwindAt - base).put(unwind);
  file.padTo(constOffset).put(dataBytes[0]!).padTo(dataOffset).put(dataBytes[1]!);
  file.padTo(linkeditOffset).put(linkedit.bytes());
  if (options.signature !== undefined) file.put(buildSignature(file.bytes(), options.signature));

  const pointers = parts.flatMap(({ places }, i) =>
    places
      .filter((place) => place.import === undefined)
      .map(({ offset, target }) => ({ offset: offset + (i === 0 ? constOffset : dataOffset), target })),
  );
  return {
    bytes: file.bytes(),
    base,
    functionStarts: starts.map((start) => start - base),
    pointers,
    addressOf,
  };
}

/** Every function and every datum; exported functions are external. */
function plainSymbols(
  functions: readonly LinkedSymbol[],
  data: readonly LinkedSymbol[],
  exportCount: number,
): LinkedSymbols {
  const strings = new ByteBuilder().u8(0x20, 0);
  const table = new ByteBuilder();
  [...functions, ...data].forEach(({ name, address, section }, i) => {
    table
      .u32(strings.size)
      .u8(i < Math.min(exportCount, functions.length) ? 0x0f : 0x0e, section)
      .u16(0)
      .u64(address);
    strings.text(name);
  });
  return { symbols: table.bytes(), strings: strings.align(8).bytes(), indirect: new Uint8Array(0) };
}

function linkedTrie(
  exports: readonly { readonly name: string; readonly distance: number }[],
  form: number,
): Uint8Array {
  const entries = exports.map(({ name, distance }) => {
    const content = [...new ByteBuilder().uleb(0).uleb(distance).bytes()];
    return { name, address: distance, content };
  });
  return new ByteBuilder().put(twinTrie(entries, form)).align(8).bytes();
}

interface LaidData {
  readonly size: number;
  readonly addresses: readonly (readonly [string, number])[];
  readonly words: readonly { readonly offset: number; readonly word: DataWord }[];
}

/** Places of data one behind the other, eight bytes a word; every third spec leaves a hole behind it. */
export function layData(specs: readonly DataSpec[], at: number): LaidData {
  let size = 0;
  const addresses: [string, number][] = [];
  const words: { offset: number; word: DataWord }[] = [];
  specs.forEach((spec, i) => {
    addresses.push([spec.name, at + size]);
    for (const word of spec.words) {
      words.push({ offset: size, word });
      size += 8;
    }
    if (i % 3 === 2) size += 40;
  });
  return { size, addresses, words };
}

function startsTable(starts: readonly number[], base: number): Uint8Array {
  const out = new ByteBuilder();
  let last = base;
  for (const start of starts) {
    out.uleb(start - last);
    last = start;
  }
  return out.u8(0).align(8).bytes();
}

/** Segments 1 and 2 hold the places. */
function rebaseOpcodes(
  form: MachOOptions['fixups'],
  segments: readonly (readonly FixupPlace[])[],
): Uint8Array {
  const out = new ByteBuilder();
  if (form !== 'rebase' && form !== 'rebase-scattered') return out.bytes();
  out.u8(0x11);
  segments.forEach((places, i) => {
    if (form === 'rebase-scattered') {
      // As Go's linker writes it: every pointer for itself, not in order.
      for (const { offset } of [...places].reverse())
        out
          .u8(0x20 | (i + 1))
          .uleb(offset)
          .u8(0x51);
      return;
    }
    let at = 0;
    out.u8(0x20 | (i + 1)).uleb(at);
    for (let k = 0; k < places.length; ) {
      const { offset } = places[k]!;
      let run = 1;
      while (places[k + run]?.offset === offset + run * 8) run++;
      if (offset - at < 128 && (offset - at) % 8 === 0) out.u8(0x40 | ((offset - at) / 8));
      else out.u8(0x30).uleb(offset - at);
      if (run < 16) out.u8(0x50 | run);
      else out.u8(0x60).uleb(run);
      at = offset + run * 8;
      k += run;
    }
  });
  return out.u8(0).align(8).bytes();
}

function segmentCommand(segment: Segment, pageSize: number): Uint8Array {
  const out = new ByteBuilder();
  out.u32(0x19, 72 + 80 * segment.sections.length).text(segment.name, 16);
  out.u64(segment.address, roundUp(segment.memorySize, pageSize), segment.offset, segment.fileSize);
  out.u32(segment.protection, segment.protection, segment.sections.length, 0);
  for (const section of segment.sections) {
    const isZero = section.flags === 1;
    const offset = isZero ? 0 : segment.offset + section.address - segment.address;
    out.text(section.name, 16).text(segment.name, 16).u64(section.address, section.size);
    out.u32(offset, section.align, 0, 0, section.flags, 0, 0, 0);
  }
  return out.bytes();
}

/** A fat file of images; each slice begins on a page of 16 KiB. */
export function buildFat(
  slices: readonly { readonly cpu: number; readonly bytes: Uint8Array }[],
  is64 = false,
): Uint8Array<ArrayBuffer> {
  const out = new ByteBuilder().u32be(is64 ? 0xcafebabf : 0xcafebabe, slices.length);
  let at = 0x4000;
  for (const { cpu, bytes } of slices) {
    if (is64) out.u32be(cpu, 0, 0, at, 0, bytes.length, 14, 0);
    else out.u32be(cpu, 0, at, bytes.length, 14);
    at = roundUp(at + bytes.length, 0x4000);
  }
  for (const { bytes } of slices) out.align(0x4000).put(bytes);
  return out.bytes();
}
