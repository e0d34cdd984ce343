import { ByteBuilder } from './byte-builder.js';

/** A pointer to write: where it is (distance from its segment), and what it points at (distance from the image). */
export interface FixupPlace {
  readonly offset: number;
  readonly target: number;
  readonly signed: boolean;
  /** An import: no target. */
  readonly import?: number;
}

export interface FixupImage {
  readonly format: number;
  readonly base: number;
  /** Distance of each segment from the base; format 14 counts targets from them. */
  readonly segmentDistances: readonly number[];
}

const FORMATS_OF_4_BYTES: readonly number[] = [3, 4, 5];
const STRIDES: Readonly<Record<number, number>> = { 1: 8, 9: 8, 11: 1, 12: 8, 13: 8 };
const ABSOLUTE: readonly number[] = [1, 2, 3, 5, 10];

export function pointerSize(format: number): 4 | 8 {
  return FORMATS_OF_4_BYTES.includes(format) ? 4 : 8;
}

/** The word of a chained pointer, `next` bytes before the next one; fields as in <mach-o/fixup-chains.h>. */
export function encodePointer(place: FixupPlace, next: number, image: FixupImage): bigint {
  const { format, base } = image;
  const steps = BigInt(next / (STRIDES[format] ?? 4));
  const target = BigInt(place.target + (ABSOLUTE.includes(format) ? base : 0));
  const ordinal = BigInt(place.import ?? 0);
  const isImport = place.import !== undefined;
  switch (format) {
    case 1:
    case 7:
    case 9:
    case 10:
    case 12:
      if (isImport) return ordinal | (steps << 51n) | (1n << 62n) | (place.signed ? 1n << 63n : 0n);
      if (place.signed) {
        return BigInt(place.target) | (0xb0b0n << 32n) | (2n << 49n) | (steps << 51n) | (1n << 63n);
      }
      return target | (0x80n << 43n) | (steps << 51n);
    case 2:
    case 6:
      return isImport ? ordinal | (steps << 51n) | (1n << 63n) : target | (0x40n << 36n) | (steps << 51n);
    case 3:
      return isImport ? ordinal | (steps << 26n) | (1n << 31n) : target | (steps << 26n);
    case 4:
      return target | (steps << 30n);
    case 5:
      return target | (steps << 26n);
    case 8:
    case 11:
      // Cache level 1 for what this image does not have.
      return target | (isImport ? 1n << 30n : 0n) | (steps << 51n) | (place.signed ? 1n << 63n : 0n);
    case 13:
      return place.signed
        ? target | (0xb0b0n << 34n) | (steps << 52n) | (1n << 63n)
        : target | (steps << 52n);
    case 14: {
      const index = image.segmentDistances.findLastIndex((distance) => distance <= place.target);
      const word =
        BigInt(place.target - image.segmentDistances[index]!) | (BigInt(index) << 28n) | (steps << 51n);
      return place.signed ? word | (0xb0b0n << 32n) | (1n << 63n) : word;
    }
    default:
      throw new RangeError(`format ${format}`);
  }
}

/** Formats whose pointers cannot be imports, or not far enough apart for the tests' data. */
export function hasImports(format: number): boolean {
  return [1, 2, 3, 6, 7, 8, 9, 10, 11, 12].includes(format);
}

/** Longest distance in bytes that `next` can say. */
function maxNext(format: number): number {
  const steps = { 3: 31, 4: 3, 5: 63 }[format] ?? ([1, 7, 9, 10, 12, 13].includes(format) ? 2047 : 4095);
  return steps * (STRIDES[format] ?? 4);
}

export interface FixupSegment {
  readonly distance: number;
  readonly size: number;
  readonly places: readonly FixupPlace[];
}

/**
 * The table of LC_DYLD_CHAINED_FIXUPS, with a start for every chain. A chain ends where the next pointer is
 * too far or on another page; pages with more than one chain list their starts behind the pages.
 */
export function fixupTable(format: number, segments: readonly FixupSegment[], pageSize: number): Uint8Array {
  const out = new ByteBuilder();
  const starts = 32;
  out.u32(0, starts, 0, 0, 0, 1, 0).align(8);
  out.u32(segments.length);
  for (let i = 0; i < segments.length; i++) out.u32(0);
  segments.forEach(({ distance, size, places }, i) => {
    if (places.length === 0) return;
    out.align(8);
    const at = out.size;
    out.setU32(starts + 4 + 4 * i, at - starts);
    const pageCount = Math.ceil(size / pageSize);
    const chains = Array.from({ length: pageCount }, (): number[] => []);
    for (const chain of splitChains(format, places, pageSize)) {
      chains[Math.floor(chain[0]!.offset / pageSize)]!.push(chain[0]!.offset % pageSize);
    }
    out.u32(0).u16(pageSize, format).u64(distance).u32(0).u16(pageCount);
    let extra = pageCount;
    for (const list of chains) {
      out.u16(list.length === 0 ? 0xffff : list.length === 1 ? list[0]! : 0x8000 | extra);
      if (list.length > 1) extra += list.length;
    }
    for (const list of chains) {
      if (list.length > 1) out.u16(...list.map((start, k) => start | (k === list.length - 1 ? 0x8000 : 0)));
    }
    out.setU32(at, out.size - at);
  });
  return out.bytes();
}

/** Pointers in runs that one chain holds. */
export function splitChains(format: number, places: readonly FixupPlace[], pageSize: number): FixupPlace[][] {
  const chains: FixupPlace[][] = [];
  for (const place of places) {
    const last = chains.at(-1)?.at(-1);
    const goesOn =
      last !== undefined &&
      Math.floor(last.offset / pageSize) === Math.floor(place.offset / pageSize) &&
      place.offset - last.offset <= maxNext(format);
    if (goesOn) chains.at(-1)!.push(place);
    else chains.push([place]);
  }
  return chains;
}
