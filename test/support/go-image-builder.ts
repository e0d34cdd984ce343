import { ByteBuilder } from './byte-builder.js';
import { buildGoTypes } from './go-type-builder.js';
import { SeededRandom } from './seeded-random.js';

// Builds small ELF images with the tables of a Go program (src/image/go-sections.ts and go-records.ts have their layout): .text,
// .rodata (types), .typelink, .gopclntab.

export interface GoFunction {
  readonly name: string;
  /** What its lines and maps hold follows from it. */
  readonly seed: number;
  /** Bytes of code. */
  readonly size: number;
  /** Bytes of each list of lines. */
  readonly lines: number;
  /** Functions inlined here. */
  readonly inlined: readonly string[];
}

export interface GoProgram {
  readonly functions: readonly GoFunction[];
  readonly types: readonly { readonly size: number; readonly seed: number }[];
  /** Addresses of the text's start are left to the loader. */
  readonly isMovable?: boolean;
}

const BASE = 0x400000;
const CODE_AT = 0x1000;
const NOP = 0xd503201f;
const LISTS = 2;
const FILES_A_UNIT = 3;

/** A program whose parts follow from the seed. */
export function exampleGoProgram(seed: number, count: number): GoProgram {
  const random = new SeededRandom(seed);
  const names = Array.from({ length: count }, (_, i) => `main.${'function'.slice(i % 5)}${i}`);
  return {
    functions: names.map((name, i) => ({
      name,
      seed: i,
      size: 16 * (1 + random.below(20)),
      lines: 4 + random.below(24),
      inlined: Array.from({ length: random.below(4) }, () => names[random.below(count)]!),
    })),
    types: Array.from({ length: count }, (_, i) => ({ size: 32 + 8 * random.below(6), seed: i })),
  };
}

/** The program with a function and a type inserted before its middle. */
export function withInsertedGoFunction({ functions, types, ...rest }: GoProgram): GoProgram {
  const middle = Math.floor(functions.length / 2);
  const inserted = { name: 'main.inserted', seed: 1000, size: 336, lines: 29, inlined: [functions[0]!.name] };
  return {
    ...rest,
    functions: [...functions.slice(0, middle), inserted, ...functions.slice(middle)],
    types: [...types.slice(0, middle), { size: 88, seed: 1000 }, ...types.slice(middle)],
  };
}

export function buildGoImage(program: GoProgram): Uint8Array<ArrayBuffer> {
  const { functions } = program;
  const text = buildText(functions);
  const types = buildGoTypes(program, entriesOf(functions));
  const links = new ByteBuilder().u32(...types.starts);
  const table = buildGoTable(program, BASE + CODE_AT);
  const parts = [
    { name: '.text', flags: 6, bytes: text.bytes() },
    { name: '.rodata', flags: 2, bytes: types.bytes },
    { name: '.typelink', flags: 2, bytes: links.bytes() },
    { name: '.gopclntab', flags: 2, bytes: table },
  ];
  return layOut(parts);
}

/** Where functions start in the text. */
export function entriesOf(functions: readonly GoFunction[]): number[] {
  let end = 0;
  return functions.map(({ size }) => {
    end += size;
    return end - size;
  });
}

function buildText(functions: readonly GoFunction[]): ByteBuilder {
  const text = new ByteBuilder();
  for (const { size, seed } of functions) {
    const random = new SeededRandom(seed);
    // Nothing that refers to anything, so that code teaches nothing.
    for (let at = 0; at < size; at += 4) text.u32(random.oneIn(3) ? NOP : 0x8b000000 + random.below(0x1f));
  }
  return text;
}

/** pclntab of a program. */
export function buildGoTable({ functions, isMovable }: GoProgram, textAt: number): Uint8Array<ArrayBuffer> {
  const names = new ByteBuilder();
  const places = new Map<string, number>();
  const nameOf = (name: string): number => {
    if (!places.has(name)) {
      places.set(name, names.size);
      names.text(name);
    }
    return places.get(name)!;
  };
  const units = new ByteBuilder();
  const files = new ByteBuilder();
  const lines = new ByteBuilder();
  const data = new ByteBuilder();
  const heads = new ByteBuilder();
  const records = new ByteBuilder();
  const recordsAt = 8 * functions.length + 4;
  lines.u8(0);
  let entry = 0;
  for (const [i, { name, seed, size, lines: count, inlined }] of functions.entries()) {
    const unit = units.size / 4;
    if (i % 4 === 0) {
      for (let file = 0; file < FILES_A_UNIT; file++) {
        units.u32(files.size);
        files.text(`/src/${name}/${file}.go`);
      }
    }
    heads.u32(entry, recordsAt + records.size);
    const random = new SeededRandom(seed);
    const place = (): number => {
      const at = lines.size;
      lines.put(random.bytes(count));
      return at;
    };
    records.u32(entry, nameOf(name), 8, 0, place(), place(), place(), LISTS, unit, 10 + seed).u8(0, 0, 0, 4);
    records.u32(place(), 0);
    data.align(4);
    const maps = data.size;
    data.put(random.bytes(12));
    const tree = inlined.length === 0 ? 0xffffffff : data.size;
    for (const other of inlined) data.u32(0, nameOf(other), 4 * random.below(size / 4), random.below(900));
    records.u32(maps, maps, 0xffffffff, tree);
    entry += size;
  }
  heads.u32(entry);
  const table = new ByteBuilder().u32(0xfffffff1).u8(0, 0, 4, 8).u64(functions.length, files.size);
  table.u64(isMovable ? 0 : textAt);
  const bodies = [names.bytes(), units.bytes(), files.bytes(), lines.align(8).bytes()];
  let at = 72;
  for (const body of bodies) {
    table.u64(at);
    at += body.length;
  }
  table.u64(at);
  for (const body of [...bodies, heads.bytes(), records.bytes()]) table.put(body);
  return table.align(16).put(data.bytes()).bytes();
}

interface Part {
  readonly name: string;
  readonly flags: number;
  readonly bytes: Uint8Array;
}

/** One segment with everything, then the section headers. */
function layOut(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const names = new ByteBuilder().u8(0);
  const body = new ByteBuilder().padTo(CODE_AT);
  const headers = new ByteBuilder().put(new Uint8Array(64));
  for (const { name, flags, bytes } of parts) {
    body.align(32);
    headers
      .u32(names.size, 1)
      .u64(flags, BASE + body.size, body.size, bytes.length)
      .u32(0, 0)
      .u64(32, 0);
    names.text(name);
    body.put(bytes);
  }
  const loaded = body.size;
  headers
    .u32(names.size, 3)
    .u64(0, 0, body.size, names.size + 10)
    .u32(0, 0)
    .u64(1, 0);
  names.text('.shstrtab');
  body.put(names.bytes()).align(8);
  const table = body.size;
  const bytes = body.put(headers.bytes()).bytes();
  const header = new ByteBuilder()
    .u32(0x464c457f)
    .u8(2, 1, 1)
    .padTo(16)
    .u16(2, 183)
    .u32(1)
    .u64(BASE + CODE_AT, 64, table)
    .u32(0)
    .u16(64, 56, 1, 64, parts.length + 2, parts.length + 1);
  header.u32(1, 5).u64(0, BASE, BASE, loaded, loaded, 4096);
  bytes.set(header.bytes());
  return bytes;
}
