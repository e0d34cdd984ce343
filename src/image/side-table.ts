import type { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import type { Element } from './detect-image.js';
import { faultOfRuns, type HashRun, readHashRuns, writeHashRuns } from './hash-runs.js';
import type { Image, ImageRange } from './image.js';
import { type ImageLayout, RAW_LAYOUT } from './image-layout.js';
import { readLayout, writeLayout } from './layout-delta.js';
import { type RebuiltTable, readRebuiltTables, writeRebuiltTables } from './rebuilt-tables.js';
import { refuseSideTable } from './refuse-side-table.js';

// All that a decoder is told of new's structure before its first byte, as what it differs in from old's:
//
//   nothing          new has the elements, layouts and hash runs of old
//   count varint     elements of new, then for each
//     size varint    not for the last, which takes the rest
//     old varint     element of old that it is predicted from + 1, or 0: it is raw
//     layout         (layout-delta.ts) and hash runs (hash-runs.ts), when it is not raw
//
// and, where any table is made anew, for each element that is not raw its tables (rebuilt-tables.ts).

/** An element of old with the hash runs that its own signature names (`hashRunsOf`). */
export interface OldElement extends Element {
  readonly hashRuns: readonly HashRun[];
}

/** An element of new as the decoder knows it; offsets in layout and runs count from the element's first byte. */
export interface NewElement extends ImageRange {
  /** Element of old that it is predicted from, -1 when it is raw. */
  readonly oldIndex: number;
  readonly layout: ImageLayout;
  readonly hashRuns: readonly HashRun[];
  /** Tables that are made anew, at most one of a kind. */
  readonly tables: readonly RebuiltTable[];
}

/** No file has more; a fat one has 32 slices at most, and what lies between them. */
const MAX_ELEMENTS = 80;

/**
 * Pairs the elements of new with those of old: the n-th image of a kind, processor and pointer form with old's n-th,
 * an image without a partner and what is no image with none. `runsOf` gives the hash runs of a paired element.
 */
export function pairElements(
  next: readonly Element[],
  old: readonly Element[],
  runsOf: (element: Element & { readonly image: Image }) => readonly HashRun[],
): NewElement[] {
  const free = new Set(old.keys());
  return next.map(({ offset, size, image }): NewElement => {
    const oldIndex = [...free].find((index) => image !== null && isSameSort(old[index]!.image, image)) ?? -1;
    free.delete(oldIndex);
    if (image === null || oldIndex < 0) return { offset, size, ...RAW };
    const { kind, arch, base, segments, sections } = image;
    const layout: ImageLayout = { kind, arch, base, segments, sections };
    return { offset, size, oldIndex, layout, hashRuns: runsOf({ offset, size, image }), tables: [] };
  });
}

const RAW = { oldIndex: -1, layout: RAW_LAYOUT, hashRuns: [], tables: [] } as const;

function isSameSort(a: Image | null, b: Image): boolean {
  return a !== null && a.kind === b.kind && a.arch === b.arch && a.isArm64e === b.isArm64e;
}

export function writeSideTable(
  next: readonly NewElement[],
  old: readonly OldElement[],
): Uint8Array<ArrayBuffer> {
  const coded = writeElements(next, old);
  if (sizeOf(next) !== sizeOf(old)) return coded;
  // Old's own table says that nothing changed; so does nothing at all.
  const unchanged = writeElements(old.map(asNew), old);
  return equalBytes(coded, unchanged) ? new Uint8Array(0) : coded;
}

function writeElements(next: readonly NewElement[], old: readonly OldElement[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.varint(next.length);
  next.forEach(({ size, oldIndex, layout, hashRuns }, i) => {
    if (i < next.length - 1) writer.varint(size);
    writer.varint(oldIndex + 1);
    const from = old[oldIndex];
    if (from?.image == null) return;
    writeLayout(writer, layout, size, from.image);
    writeHashRuns(writer, hashRuns, from.hashRuns);
  });
  if (next.some(({ tables }) => tables.length > 0)) {
    for (const { oldIndex, layout, tables } of next) {
      const image = old[oldIndex]?.image;
      if (image != null) writeRebuiltTables(writer, tables, layout, image);
    }
  }
  return writer.take();
}

/** Reads a side table to the end of `reader`. One that no new image of `newSize` bytes can have is a FormatError. */
export function readSideTable(reader: ByteReader, newSize: number, old: readonly OldElement[]): NewElement[] {
  if (reader.remaining === 0) return asOld(newSize, old);
  const count = reader.varint('a count of elements');
  if (count > MAX_ELEMENTS || (count === 0) !== (newSize === 0)) {
    refuseSideTable(reader.offset, `${count} elements in ${newSize} bytes`);
  }
  const elements: NewElement[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const rest = newSize - offset;
    const size = i < count - 1 ? reader.varint('the size of an element') : rest;
    if (size === 0 || size > rest)
      refuseSideTable(reader.offset, `an element of ${size} bytes where ${rest} are left`);
    elements.push(readElement(reader, offset, size, old));
    offset += size;
  }
  const tables =
    reader.remaining === 0 ? undefined : elements.map((element) => readTables(reader, element, old));
  reader.done('the side table');
  if (tables?.every((list) => list.length === 0))
    refuseSideTable(reader.offset, 'no tables, though it says some');
  return tables === undefined ? elements : elements.map((element, i) => ({ ...element, tables: tables[i]! }));
}

function readTables(
  reader: ByteReader,
  { size, layout, oldIndex }: NewElement,
  old: readonly OldElement[],
): readonly RebuiltTable[] {
  const image = old[oldIndex]?.image;
  return image == null ? [] : readRebuiltTables(reader, size, layout, image);
}

function readElement(
  reader: ByteReader,
  offset: number,
  size: number,
  old: readonly OldElement[],
): NewElement {
  const oldIndex = reader.varint('an element of old') - 1;
  if (oldIndex < 0) return { offset, size, ...RAW };
  const from = old[oldIndex];
  if (from?.image == null) return refuseSideTable(reader.offset, `element ${oldIndex} of old is no image`);
  const layout = readLayout(reader, size, from.image);
  return { offset, size, oldIndex, layout, hashRuns: readHashRuns(reader, size, from.hashRuns), tables: [] };
}

/** Old's own runs are only claims; those that cannot be filled are no runs of any new image. */
function asOld(newSize: number, old: readonly OldElement[]): NewElement[] {
  if (
    newSize !== sizeOf(old) ||
    old.some(({ hashRuns, size }) => faultOfRuns(hashRuns, size) !== undefined)
  ) {
    refuseSideTable(0, `empty, but new cannot be like old (${newSize} bytes)`);
  }
  return old.map(asNew);
}

function asNew({ offset, size, image, hashRuns }: OldElement, index: number): NewElement {
  if (image === null) return { offset, size, ...RAW };
  const { kind, arch, base, segments, sections } = image;
  return {
    offset,
    size,
    oldIndex: index,
    layout: { kind, arch, base, segments, sections },
    hashRuns,
    tables: [],
  };
}

function sizeOf(elements: readonly ImageRange[]): number {
  return elements.reduce((sum, { size }) => sum + size, 0);
}
