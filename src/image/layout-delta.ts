import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { faultOf, type Image } from './image.js';
import { assertLayout, MAX_SECTIONS, MAX_SEGMENTS } from './image-bounds.js';
import type { ImageLayout, LayoutSection, LayoutSegment } from './image-layout.js';
import { type Pairing, pairNames, readNames, writeNames } from './layout-names.js';
import { refuseSideTable } from './refuse-side-table.js';
import { SparseReader, SparseWriter } from './sparse-numbers.js';

/**
 * The layout of a new image as what it differs in from the layout that one expects when old is known.
 *
 * Linkers lay sections one behind the other, rounded up to their alignment, and segments round them to pages. So once
 * the sizes are known nearly everything else follows. For each number of old the coder looks which rule would have
 * given it in old, takes the first that holds, and predicts new's number by the same rule; the difference,
 * mostly zero, is what is coded. Where no rule holds the number is expected to move as its neighbour did.
 *
 *   form u8   0 names are old's | 1 names follow (layout-names.ts): segments, then sections
 *   numbers   (sparse-numbers.ts) base; for each section size, address, offset (none for one without bytes); for
 *             each segment address, offset, size in file, size in memory
 *
 * Tables have 4096 rows at most and a number has few rules, so the work is bounded.
 */

/** What linkers round to beside a section's own alignment: pages of the machines at hand. */
const PAGES: readonly number[] = [4096, 16384, 65536];
/** What images are read with, too: a sum of four still fits a signed varint. */
const MAX_NUMBER = 2 ** 50;

type OldSection = Image['sections'][number];
type SectionPairing = Pairing<LayoutSection, OldSection>;
type SegmentPairing = Pairing<LayoutSegment, LayoutSegment>;

/** How a number travels: the writer codes `actual` and hands it back, the reader has none and answers it. */
type CodeNumber = (predicted: number, actual: number) => number;

/** A place in old that a number of old may have been made from, and the same place in new. */
type Origin = readonly [old: number, next: number];

/** Writes what a reader needs beside old to know the layout of new, an image of the same kind and arch. */
export function writeLayout(writer: ByteWriter, next: ImageLayout, newSize: number, old: Image): void {
  if (next.kind !== old.kind || next.arch !== old.arch) {
    throw new TypeError(`next: expected ${old.kind} for ${old.arch}, got ${next.kind} for ${next.arch}`);
  }
  const segments = pairNames(next.segments, old.segments);
  const sections = pairNames(next.sections, old.sections);
  const form = isAsOld(segments, old.segments.length) && isAsOld(sections, old.sections.length) ? 0 : 1;
  writer.u8(form);
  if (form === 1) {
    writeNames(writer, segments);
    writeNames(writer, sections);
  }
  const numbers = new SparseWriter(writer);
  codeNumbers(old, newSize, next.base, { segments, sections }, (predicted, actual) => {
    numbers.put(actual - predicted);
    return actual;
  });
  numbers.finish();
}

/** Reads what `writeLayout` wrote. A layout that no image can have is a FormatError. */
export function readLayout(reader: ByteReader, newSize: number, old: Image): ImageLayout {
  const start = reader.offset;
  const form = reader.u8('the form of a layout');
  if (form > 1) refuseSideTable(start, `layouts have no form ${form}`);
  const rows = form === 0 ? asOld(old) : readRows(reader, old);
  const numbers = new SparseReader(reader);
  const layout = codeNumbers(old, newSize, 0, rows, (predicted) => {
    const value = predicted + numbers.take();
    if (value < 0 || value >= MAX_NUMBER) refuseSideTable(reader.offset, `a layout has the number ${value}`);
    return value;
  });
  numbers.finish();
  const reason = faultOf(() => assertLayout(layout, newSize));
  if (reason !== undefined) refuseSideTable(start, reason);
  return layout;
}

interface Rows {
  readonly segments: readonly SegmentPairing[];
  readonly sections: readonly SectionPairing[];
}

function asOld({ segments, sections }: Image): Rows {
  return {
    segments: segments.map((row, index) => ({ row, old: row, index })),
    sections: sections.map((row, index) => ({ row, old: row, index })),
  };
}

function isAsOld(pairs: readonly { readonly index: number }[], count: number): boolean {
  return pairs.length === count && pairs.every(({ index }, i) => index === i);
}

function readRows(reader: ByteReader, old: Image): Rows {
  const place = { address: 0, fileOffset: 0 };
  const segments = readNames(reader, old.segments, MAX_SEGMENTS, (name) => ({
    ...place,
    name,
    memorySize: 0,
    fileSize: 0,
  }));
  const sections = readNames(reader, old.sections, MAX_SECTIONS, (name, executable, zeroFill) => ({
    ...place,
    name,
    size: 0,
    executable,
    zeroFill,
  }));
  return { segments, sections };
}

function codeNumbers(
  old: Image,
  newSize: number,
  actualBase: number,
  rows: Rows,
  code: CodeNumber,
): ImageLayout {
  const base = code(old.base, actualBase);
  const sections = codeSections(old, rows.sections, code);
  const places = placesOfOld(rows.sections, sections);
  const segments = codeSegments(old, newSize, base, rows.segments, places, code);
  return { kind: old.kind, arch: old.arch, base, segments, sections };
}

function codeSections(old: Image, pairs: readonly SectionPairing[], code: CodeNumber): LayoutSection[] {
  const sections: LayoutSection[] = [];
  let before = NO_SECTION;
  let inFile = NO_SECTION;
  for (const { row, old: from, index } of pairs) {
    const oldBefore = old.sections[index - 1] ?? NO_SECTION;
    const oldInFile = lastInFile(old, index);
    const aligns = [Math.max(1, from?.alignment ?? 1), ...PAGES];
    const size = code(from?.size ?? 0, row.size);
    const addressOrigins: Origin[] = [
      [oldBefore.address + oldBefore.size, before.address + before.size],
      // Zeroed memory of threads takes no room among the other sections.
      [oldBefore.address, before.address],
    ];
    const address = code(predict(from?.address, aligns, addressOrigins), row.address);
    const offsetOrigins: Origin[] = [
      [
        (from?.address ?? 0) - oldInFile.address + oldInFile.fileOffset,
        address - inFile.address + inFile.fileOffset,
      ],
      [oldInFile.fileOffset + oldInFile.size, inFile.fileOffset + inFile.size],
    ];
    const fileOffset = row.zeroFill
      ? 0
      : code(predict(from?.fileOffset, aligns, offsetOrigins), row.fileOffset);
    const { name, executable, zeroFill } = row;
    before = { name, address, size, fileOffset, executable, zeroFill };
    if (!zeroFill) inFile = before;
    sections.push(before);
  }
  return sections;
}

const NO_SECTION: LayoutSection = {
  name: '',
  address: 0,
  size: 0,
  fileOffset: 0,
  executable: false,
  zeroFill: true,
};

/** The last section of old before a place in the table that has bytes in the file. */
function lastInFile({ sections }: Image, index: number): LayoutSection {
  for (let i = index - 1; i >= 0; i--) {
    if (!sections[i]!.zeroFill) return sections[i]!;
  }
  return NO_SECTION;
}

interface Place {
  readonly old: LayoutSection;
  readonly next: LayoutSection;
}

/** Loaded sections of old and what became of them, by old address. */
function placesOfOld(pairs: readonly SectionPairing[], sections: readonly LayoutSection[]): Place[] {
  const places = pairs.flatMap(({ old }, i): Place[] =>
    old === undefined || old.address === 0 ? [] : [{ old, next: sections[i]! }],
  );
  return places.sort((a, b) => a.old.address - b.old.address);
}

function codeSegments(
  old: Image,
  newSize: number,
  base: number,
  pairs: readonly SegmentPairing[],
  places: readonly Place[],
  code: CodeNumber,
): LayoutSegment[] {
  const segments: LayoutSegment[] = [];
  let before = NO_SEGMENT;
  for (const { row, old: from, index } of pairs) {
    const oldBefore = old.segments[index - 1] ?? NO_SEGMENT;
    const within = places.filter((place) => isWithin(place.old, from));
    const withBytes = within.filter((place) => !place.old.zeroFill);
    const aligns = [1, ...PAGES];
    const start = (of: (section: LayoutSection) => number): Origin[] =>
      within.slice(0, 1).map((place) => [of(place.old), of(place.next)]);

    const address = code(
      predict(from?.address, aligns, [
        [old.base, base],
        ...start((section) => section.address),
        [oldBefore.address + oldBefore.memorySize, before.address + before.memorySize],
      ]),
      row.address,
    );
    const fileOffset = code(
      predict(from?.fileOffset, aligns, [
        [0, 0],
        ...start((section) => section.fileOffset),
        [oldBefore.fileOffset + oldBefore.fileSize, before.fileOffset + before.fileSize],
      ]),
      row.fileOffset,
    );
    const fileEnd = predict(from && from.fileOffset + from.fileSize, aligns, [
      ...ends(withBytes, ({ fileOffset: at, size }) => at + size),
      [old.size, newSize],
      [from?.fileOffset ?? 0, fileOffset],
    ]);
    const fileSize = code(Math.max(0, fileEnd - fileOffset), row.fileSize);
    const memoryEnd = predict(from && from.address + from.memorySize, aligns, [
      ...ends(within, ({ address: at, size }) => at + size),
      [from ? from.address + from.fileSize : 0, address + fileSize],
    ]);
    const memorySize = code(Math.max(0, memoryEnd - address), row.memorySize);
    before = { name: row.name, address, memorySize, fileOffset, fileSize };
    segments.push(before);
  }
  return segments;
}

const NO_SEGMENT: LayoutSegment = { name: '', address: 0, memorySize: 0, fileOffset: 0, fileSize: 0 };

function isWithin({ address }: LayoutSection, segment: LayoutSegment | undefined): boolean {
  return (
    segment !== undefined && address >= segment.address && address < segment.address + segment.memorySize
  );
}

/** The greatest end among sections of old, with the end that the same section has in new. */
function ends(places: readonly Place[], endOf: (section: LayoutSection) => number): Origin[] {
  let last: Origin | undefined;
  for (const place of places) {
    const end = endOf(place.old);
    if (last === undefined || end >= last[0]) last = [end, endOf(place.next)];
  }
  return last === undefined ? [] : [last];
}

/**
 * The number of new that stands where old has `value`: by the first origin and rounding that give `value` in
 * old; otherwise moved as the first origin moved. 0 stays 0: it says that there is no such place.
 */
function predict(value: number | undefined, aligns: readonly number[], origins: readonly Origin[]): number {
  if (value === 0) return 0;
  for (const [old, next] of origins) {
    for (const align of aligns) {
      if (roundUp(old, align) === value) return Math.max(0, roundUp(next, align));
    }
  }
  const [old, next] = origins[0]!;
  return Math.max(0, value === undefined ? next : value + next - old);
}

function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
