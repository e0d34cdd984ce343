import type { ImageLayout, LayoutSection } from '../image/image-layout.js';
import type { CommonExports, PredictExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** A kernel module that has the predictor, of either wing. */
export type PredictKernel = KernelInstance<CommonExports & PredictExports>;

const ADDRESS_SPACE = 2 ** 32;
const PAGE = 4096;

/** One row of a table for the kernel. */
type Row = readonly number[];

/** Installs in the kernel what was prepared in its memory. */
export type Install = () => void;

/**
 * Builds the address map from covers. The covers and the scratch for painting are released before the map is put in its place, so that
 * the map costs 12 bytes an entry and 4 a page of old.
 */
export function prepareMap(
  kernel: PredictKernel,
  covers: Uint32Array,
  old: ImageLayout,
  next: ImageLayout,
  addressHigh: number,
): Install {
  const { exports } = kernel;
  const mark = kernel.mark();
  paint(kernel, putWords(kernel, covers), covers.length / 3);
  const oldSegments = segmentRows(old);
  const newSegments = segmentRows(next);
  const sections = sectionRows(old, next);
  const oldTable = putRows(kernel, disjointRows(oldSegments));
  const newTable = putRows(kernel, newSegments);
  const sectionTable = putRows(kernel, sections);
  const capacity = exports.addressMapCapacity(oldSegments.length, newSegments.length, sections.length) >>> 0;
  const out = kernel.alloc(capacity * 12);
  exports.startAddressMap(
    oldTable,
    disjointRows(oldSegments).length,
    newTable,
    newSegments.length,
    sectionTable,
    sections.length,
    out,
    capacity,
  );
  while (exports.addMapEntries() !== 0);
  const count = exports.addressMapCount() >>> 0;
  const entries = kernel.take(out, count * 12);
  kernel.release(mark);
  const pages = Math.ceil(addressHigh / PAGE);
  const map = kernel.put(entries);
  const index = kernel.alloc((pages + 1) * 4);
  return () => exports.setAddressMap(map, count, index, pages);
}

/** Installs the map that leaves every address where it is. */
export function installIdentityMap(kernel: PredictKernel): void {
  kernel.exports.setAddressMap(putRows(kernel, [[0, 0, 0]]), 1, kernel.alloc(4), 0);
}

function paint(kernel: PredictKernel, covers: number, count: number): void {
  const { exports } = kernel;
  exports.startPainting(covers, count, kernel.alloc(exports.paintScratchSize(count) >>> 0));
  while (exports.sortCovers() !== 0);
  while (exports.paintCovers() !== 0);
}

/** Segments with bytes in the file: (address, offset, size), sorted by address. */
function segmentRows(layout: ImageLayout): Row[] {
  const rows: Row[] = [];
  for (const { address, fileOffset, fileSize } of layout.segments) {
    const distance = address - layout.base;
    if (fileSize === 0 || distance < 0 || distance + fileSize > ADDRESS_SPACE) continue;
    rows.push([distance, fileOffset, fileSize]);
  }
  return sortRows(rows);
}

/** Without the rows that overlap the one before. */
function disjointRows(rows: readonly Row[]): Row[] {
  let end = 0;
  return rows.filter(([address = 0, , size = 0]) => {
    if (address < end) return false;
    end = address + size;
    return true;
  });
}

/**
 * How far each old section moved: (address, delta), sorted. The same section of new is the one with the same name;
 * names that occur more than once are paired in order.
 */
function sectionRows(old: ImageLayout, next: ImageLayout): Row[] {
  const places = new Map<string, LayoutSection>();
  for (const [key, section] of numberNames(next)) places.set(key, section);
  const rows: Row[] = [];
  for (const [key, section] of numberNames(old)) {
    const distance = section.address - old.base;
    if (section.address === 0 || distance < 0 || distance >= ADDRESS_SPACE) continue;
    const moved = places.get(key);
    const delta = moved === undefined ? 0 : moved.address - next.base - distance;
    rows.push([distance, delta >>> 0]);
  }
  return sortRows(rows);
}

function numberNames(layout: ImageLayout): [string, LayoutSection][] {
  const seen = new Map<string, number>();
  return layout.sections.map((section) => {
    const number = seen.get(section.name) ?? 0;
    seen.set(section.name, number + 1);
    return [`${number}:${section.name}`, section];
  });
}

/** Sorts by every column, so that the order is total. */
function sortRows(rows: Row[]): Row[] {
  return rows.sort((a, b) => {
    for (let column = 0; column < a.length; column++) {
      const difference = (a[column] as number) - (b[column] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

export function putWords(kernel: PredictKernel, words: Uint32Array): number {
  return kernel.put(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
}

function putRows(kernel: PredictKernel, rows: readonly Row[]): number {
  return kernel.put(new Uint8Array(Uint32Array.from(rows.flat()).buffer));
}
