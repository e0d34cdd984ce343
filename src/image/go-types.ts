import { type Image, type ImageSection, sectionNamed } from './image.js';
import type { ImageReader } from './image-reader.js';

// Descriptors of types in a Go program (Go source, internal/abi/type.go), in the read-only data before the list of types. Besides pointers
// they hold offsets from where types start, of names and of other types, and offsets of functions from the start of the text:
//
//   0  size u64   8  bytes with pointers u64   16  hash u32   20  flags u8   21  alignment u8   22  alignment as a field u8   23  kind u8
//   24  equality, pointer   32  pointer mask, pointer   40  name   44  pointer to it, a type or 0
//   48  what the kind has; an interface: 56 methods, pointer, 64 how many u64, and where methods lie (name, type) each
//
// A type with flag 1 has behind that: 0 package, a name   4 methods u16   6 of these exported   8 where they are from here u32;
// a method is (name, type, function, function), functions being offsets from the text's start.
//
// Nothing lists all descriptors; they are known by their looks at multiples of 8 bytes: kind, alignments, sizes that go together,
// a name that is one. Data that looks like one costs a few wrong words, and one that is not found stays as it is in old.

export const TYPE_LIST_NAMES: readonly string[] = ['.typelink', '__typelink'];
const TYPE_SECTION_NAMES: readonly string[] = ['.rodata', '__rodata'];

const DESCRIPTOR_SIZE = 48;
const METHOD_SIZE = 16;
const HAS_METHODS = 1;
const KNOWN_FLAGS = 63;
const INTERFACE = 20;
/** Bytes of a descriptor by kind, where they are not DESCRIPTOR_SIZE: what stands before methods. */
const SIZES: Readonly<Record<number, number>> = { 17: 72, 18: 64, 19: 56, 20: 80, 22: 56, 23: 56, 25: 80 };
const MAP = 21;
/** Of hash tables up to Go 1.23, and from Go 1.24 on. */
const MAP_SIZES: readonly number[] = [88, 104];
const KINDS = 26;
const LONGEST_NAME = 1 << 14;
const MAX_METHODS = 4096;

/** The read-only data that holds types: the last before the list of types. */
export function typeSection<Section extends { readonly name: string }>(
  sections: readonly Section[],
): Section | undefined {
  const index = sections.findIndex(({ name }) => TYPE_LIST_NAMES.includes(name));
  const before = sections.slice(0, Math.max(0, index)).reverse();
  return before.find(({ name }) => TYPE_SECTION_NAMES.includes(name));
}

/**
 * Places of the offsets in descriptors, counted from the image's first byte, multiples of 4, ascending; one more where the offset is
 * that of a function. No more than there are words.
 */
export function findTypeOffsets(reader: ImageReader, image: Image): Uint32Array<ArrayBuffer> {
  const types = typeSection(image.sections);
  const text = sectionNamed(image, '.text', '__text');
  if (types === undefined || types.zeroFill || types.fileOffset % 4 !== 0 || text === undefined) {
    return new Uint32Array(0);
  }
  const found = new TypeFields(reader, types, text.size);
  for (let at = 0; at + DESCRIPTOR_SIZE <= types.size; at += 8) {
    if (found.isDescriptor(at)) found.add(at);
  }
  return found.finish();
}

class TypeFields {
  private readonly reader: ImageReader;
  private readonly start: number;
  private readonly size: number;
  private readonly textSize: number;
  private readonly fields: number[] = [];

  constructor(reader: ImageReader, { fileOffset, size }: ImageSection, textSize: number) {
    this.reader = reader;
    this.start = fileOffset;
    this.size = size;
    this.textSize = textSize;
  }

  private u32(at: number): number {
    return this.reader.u32(this.start + at);
  }

  private u8(at: number): number {
    return this.reader.u8(this.start + at);
  }

  isDescriptor(at: number): boolean {
    const facts = this.u32(at + 20);
    const kind = (facts >>> 24) & 31;
    if (kind === 0 || kind > KINDS || (facts & 255) > KNOWN_FLAGS) return false;
    if (!isAlignment((facts >>> 8) & 255) || !isAlignment((facts >>> 16) & 255)) return false;
    if (this.u32(at + 4) !== 0 || this.u32(at + 12) !== 0 || this.u32(at + 8) > this.u32(at)) return false;
    const other = this.u32(at + 44);
    return this.isName(this.u32(at + 40)) && other < this.size && other % 8 === 0;
  }

  /** A name: flags u8, length as a varint, text. */
  private isName(at: number): boolean {
    if (at === 0 || at + 3 > this.size || this.u8(at) > 15) return false;
    const low = this.u8(at + 1);
    const length = low < 128 ? low : (low & 127) + 128 * this.u8(at + 2);
    return length > 0 && length < LONGEST_NAME && at + 2 + length <= this.size;
  }

  add(at: number): void {
    this.put(at + 40, false);
    this.put(at + 44, false);
    const kind = this.u8(at + 23) & 31;
    if (kind === INTERFACE) this.addInterface(at);
    if ((this.u8(at + 20) & HAS_METHODS) === 0) return;
    const sizes = kind === MAP ? MAP_SIZES : [SIZES[kind] ?? DESCRIPTOR_SIZE];
    for (const size of sizes) if (this.addMethods(at + size)) return;
  }

  /** Methods of an interface follow it, or what it has of its own. */
  private addInterface(at: number): void {
    if (at + 80 > this.size) return;
    const count = this.u32(at + 64);
    const methods = at + 80 + ((this.u8(at + 20) & HAS_METHODS) === 0 ? 0 : METHOD_SIZE);
    if (count > MAX_METHODS || methods + 8 * count > this.size) return;
    for (let i = 0; i < 2 * count; i++) this.put(methods + 4 * i, false);
  }

  private addMethods(at: number): boolean {
    if (at + METHOD_SIZE > this.size) return false;
    const count = this.u32(at + 4) & 0xffff;
    const exported = this.u32(at + 4) >>> 16;
    const methods = at + this.u32(at + 8);
    if (count > MAX_METHODS || exported > count || this.u32(at) >= this.size) return false;
    if (methods % 4 !== 0 || methods + METHOD_SIZE * count > this.size || this.u32(at + 12) !== 0)
      return false;
    for (let i = 0; i < count; i++) {
      // Methods that the linker found unused have -1 for a function and 0 for the rest.
      const entry = methods + METHOD_SIZE * i;
      if (
        this.u32(entry) >= this.size ||
        (this.u32(entry + 8) > this.textSize && this.u32(entry + 8) !== 0xffffffff)
      )
        return false;
    }
    this.put(at, false);
    for (let at = methods; at < methods + METHOD_SIZE * count; at += METHOD_SIZE) {
      this.put(at, false);
      this.put(at + 4, false);
      this.put(at + 8, true);
      this.put(at + 12, true);
    }
    return true;
  }

  private put(at: number, isFunction: boolean): void {
    if (this.fields.length < this.size / 4) this.fields.push(this.start + at + (isFunction ? 1 : 0));
  }

  finish(): Uint32Array<ArrayBuffer> {
    const sorted = Uint32Array.from(this.fields).sort();
    // Of data that was taken for two descriptors the first reading counts.
    return sorted.filter((field, i) => i === 0 || field >>> 2 !== sorted[i - 1]! >>> 2);
  }
}

function isAlignment(value: number): boolean {
  return value === 1 || value === 2 || value === 4 || value === 8;
}
