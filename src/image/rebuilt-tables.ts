import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import type { Image, ImageRange, TableName } from './image.js';
import type { ImageLayout, LayoutSection } from './image-layout.js';
import { refuseSideTable } from './refuse-side-table.js';
import { SparseReader, SparseWriter } from './sparse-numbers.js';

// Tables of new that a patch has made anew from what they describe (src/tables), instead of predicted field by field from old's.
//
//   mask varint      bit k: a table of kind k
//   numbers          for each of these that is no whole section: offset and size, as what they differ in from what old's would be, or from those
//                    of the section that it is a stretch of (sparse-numbers.ts)

export type RebuiltKind =
  | 'frameHeader'
  | 'gnuHash'
  | 'procedureLinkage'
  | 'rebase'
  | 'functionStarts'
  | 'dynamicSymbols'
  | 'symbolStrings'
  | 'relocations';

interface KindFacts {
  readonly kind: RebuiltKind;
  /** The section that it is, or the table that Mach-O's load commands name. */
  readonly section?: string;
  readonly table?: TableName;
  /** The section that it is a stretch of. */
  readonly within?: string;
  /**
   * Sections that are coded before everything else, in this order: the table, which stands in front of what it is made from, and what it is
   * made from.
   */
  readonly early: readonly string[];
  /** Sections that are coded early too, behind those, where new has them. */
  readonly alsoEarly?: readonly string[];
}

/** Indexed by the bit in the mask. */
export const REBUILT_KINDS: readonly KindFacts[] = [
  { kind: 'frameHeader', section: '.eh_frame_hdr', early: ['.eh_frame', '.eh_frame_hdr'] },
  { kind: 'gnuHash', section: '.gnu.hash', early: ['.dynstr', '.dynsym', '.gnu.hash'] },
  { kind: 'procedureLinkage', section: '.plt', early: [] },
  { kind: 'rebase', table: 'rebase', early: [] },
  { kind: 'functionStarts', table: 'functionStarts', early: [] },
  { kind: 'dynamicSymbols', section: '.dynsym', early: ['.dynstr', '.dynsym'] },
  { kind: 'symbolStrings', within: '.dynstr', early: ['.dynsym'] },
  {
    kind: 'relocations',
    section: '.rela.dyn',
    early: ['.dynstr', '.dynsym'],
    alsoEarly: ['.init_array', '.fini_array', '.data.rel.ro', '.got', '.got.plt', '.data'],
  },
];

/** A table of new that is made; its offset counts from the first byte of its element. */
export interface RebuiltTable extends ImageRange {
  readonly kind: RebuiltKind;
}

export function factsOf(kind: RebuiltKind): KindFacts {
  return REBUILT_KINDS.find((facts) => facts.kind === kind)!;
}

/** Names of the sections of new that a table of a kind has coded early. */
export function earlySections(kind: RebuiltKind, layout: ImageLayout): readonly string[] {
  const { early, alsoEarly = [] } = factsOf(kind);
  return [...early, ...alsoEarly.filter((name) => sectionOf(layout, name) !== undefined)];
}

/** The section with bytes of that name. */
export function sectionOf(layout: ImageLayout, name: string | undefined): LayoutSection | undefined {
  return layout.sections.find((section) => section.name === name && !section.zeroFill && section.size > 0);
}

/** Writes tables, in the order of their kinds. */
export function writeRebuiltTables(
  writer: ByteWriter,
  tables: readonly RebuiltTable[],
  layout: ImageLayout,
  old: Image,
): void {
  const find = (kind: RebuiltKind) => tables.find((table) => table.kind === kind);
  writer.varint(REBUILT_KINDS.reduce((mask, { kind }, bit) => mask | (find(kind) ? 1 << bit : 0), 0));
  const numbers = new SparseWriter(writer);
  for (const facts of REBUILT_KINDS) {
    const found = find(facts.kind);
    if (found === undefined) continue;
    const expected = expectedRange(facts, layout, old);
    if (expected === undefined) continue;
    numbers.put(found.offset - expected.offset);
    numbers.put(found.size - expected.size);
  }
  numbers.finish();
}

/** Reads what `writeRebuiltTables` wrote for an element of `size` bytes; what no such element can have is a FormatError. */
export function readRebuiltTables(
  reader: ByteReader,
  size: number,
  layout: ImageLayout,
  old: Image,
): RebuiltTable[] {
  const start = reader.offset;
  const mask = reader.varint('a mask of tables');
  if (mask >= 1 << REBUILT_KINDS.length) refuseSideTable(start, `tables of unknown kinds (mask ${mask})`);
  const numbers = new SparseReader(reader);
  const tables: RebuiltTable[] = [];
  REBUILT_KINDS.forEach((facts, bit) => {
    const { kind, section, within } = facts;
    if (((mask >>> bit) & 1) === 0) return;
    const names = [...earlySections(kind, layout), ...[section, within].filter((name) => name !== undefined)];
    const sections = names.map((name) => rangeOfSection(sectionOf(layout, name)));
    const expected = expectedRange(facts, layout, old);
    const range = expected === undefined ? sections.at(-1) : addNumbers(expected, numbers);
    for (const each of [...sections, range]) {
      if (each !== undefined && each.size > 0 && each.offset >= 0 && each.offset + each.size <= size)
        continue;
      refuseSideTable(start, `no ${kind} in an element of ${size} bytes`);
    }
    tables.push({ kind, ...range! });
  });
  numbers.finish();
  return tables;
}

function rangeOfSection(section: LayoutSection | undefined): ImageRange | undefined {
  return section && { offset: section.fileOffset, size: section.size };
}

function addNumbers({ offset, size }: ImageRange, numbers: SparseReader): ImageRange {
  return { offset: offset + numbers.take(), size: size + numbers.take() };
}

/** Where a table would be if it only moved with the segment that holds such tables, or if it were its section; undefined when it is. */
function expectedRange(
  { table, within }: KindFacts,
  layout: ImageLayout,
  old: Image,
): ImageRange | undefined {
  if (within !== undefined) return rangeOfSection(sectionOf(layout, within)) ?? { offset: 0, size: 0 };
  if (table === undefined) return undefined;
  const { offset, size } = old.tables[table] ?? { offset: 0, size: 0 };
  const startIn = ({ segments }: ImageLayout) =>
    segments.find((segment) => segment.name === '__LINKEDIT')?.fileOffset ?? 0;
  return { offset: offset + startIn(layout) - startIn(old), size };
}
