import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import type { Image, ImageRange, TableName } from './image.js';
import type { ImageLayout, LayoutSection } from './image-layout.js';
import { refuseSideTable } from './refuse-side-table.js';
import { SparseReader, SparseWriter } from './sparse-numbers.js';

// Tables of new that a patch has made anew from what they describe (src/tables), instead of predicted field by field from old's.
//
//   mask varint      bit k: a table of kind k
//   numbers          (sparse-numbers.ts)
//                    for each that is a stretch of a section: offset and size, as what they differ in from the section's
//                    for each table that Mach-O's load commands name, made or coded early, in the order in which old has them: offset and
//                    size, as what they differ in from what old's would be
//                    for each that has forms: its form

export type RebuiltKind =
  | 'frameHeader'
  | 'gnuHash'
  | 'procedureLinkage'
  | 'rebase'
  | 'functionStarts'
  | 'dynamicSymbols'
  | 'symbolStrings'
  | 'relocations'
  | 'symbols'
  | 'indirectSymbols'
  | 'exportTrie'
  | 'movedExports';

export interface KindFacts {
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
  /** Tables that Mach-O's load commands name which are coded early likewise. */
  readonly earlyTables?: readonly EarlyTable[];
  /** In how many ways linkers lay it out; the patch tells which. */
  readonly forms?: number;
}

/** Tables outside sections that others are made from. */
export type EarlyTable = 'strings' | 'symbols';

/** What linkers write at the end of a function for debuggers (src/tables/mach-o-symbols.ts). */
const SYMBOL_FORMS = 3;
/** Ways to lay out an export trie (src/tables/trie-writer.ts). */
const TRIE_FORMS = 4;
const SYMBOL_TABLES: readonly EarlyTable[] = ['strings', 'symbols'];

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
  { kind: 'symbols', table: 'symbols', early: [], earlyTables: SYMBOL_TABLES, forms: SYMBOL_FORMS },
  { kind: 'indirectSymbols', table: 'indirectSymbols', early: [], earlyTables: SYMBOL_TABLES },
  { kind: 'exportTrie', table: 'exportTrie', early: [], earlyTables: SYMBOL_TABLES, forms: TRIE_FORMS },
  { kind: 'movedExports', table: 'exportTrie', early: [], forms: TRIE_FORMS },
];

/** A table of new that is made; its offset counts from the first byte of its element. */
export interface RebuiltTable extends ImageRange {
  readonly kind: RebuiltKind;
  readonly form?: number;
  /** Where the tables are that it is made from and that are no sections. */
  readonly from?: EarlyRanges;
}

export type EarlyRanges = Readonly<Partial<Record<EarlyTable, ImageRange>>>;

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
  const made = REBUILT_KINDS.map(({ kind }) => tables.find((table) => table.kind === kind));
  const facts = REBUILT_KINDS.filter((_, bit) => made[bit] !== undefined);
  writer.varint(made.reduce((mask, table, bit) => mask | (table ? 1 << bit : 0), 0));
  const numbers = new SparseWriter(writer);
  const find = (kind: RebuiltKind) => tables.find((table) => table.kind === kind)!;
  const put = (found: ImageRange, expected: ImageRange) => {
    numbers.put(found.offset - expected.offset);
    numbers.put(found.size - expected.size);
  };
  for (const { kind, within } of facts) {
    if (within !== undefined) put(find(kind), rangeOfSection(layout, within) ?? NOTHING);
  }
  tellTables(facts, layout, old, (name, expected) => {
    const range = rangeOfTable(tables, name);
    put(range, expected);
    return range;
  });
  for (const { kind, forms } of facts) if (forms !== undefined) numbers.put(find(kind).form ?? 0);
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
  const facts = REBUILT_KINDS.filter((_, bit) => ((mask >>> bit) & 1) === 1);
  const check = (range: ImageRange | undefined, what: string): ImageRange => {
    const isInside =
      range !== undefined && range.size > 0 && range.offset >= 0 && range.offset + range.size <= size;
    return isInside ? range : refuseSideTable(start, `no ${what} in an element of ${size} bytes`);
  };
  const take = ({ offset, size: length }: ImageRange, what: string) =>
    check({ offset: offset + numbers.take(), size: length + numbers.take() }, what);
  const sections = new Map<string, ImageRange>();
  const stretches = new Map<RebuiltKind, ImageRange>();
  for (const { kind, section, within } of facts) {
    for (const name of [...earlySections(kind, layout), section, within]) {
      if (name !== undefined) sections.set(name, check(rangeOfSection(layout, name), kind));
    }
    if (within !== undefined) stretches.set(kind, take(sections.get(within)!, kind));
  }
  const told = new Map<TableName, ImageRange>();
  tellTables(facts, layout, old, (name, expected) => {
    const range = take(expected, name);
    told.set(name, range);
    return range;
  });
  const tables = facts.map(({ kind, section, table, earlyTables, forms }): RebuiltTable => {
    const range = stretches.get(kind) ?? (table ? told.get(table) : sections.get(section!));
    const form = forms === undefined ? undefined : numbers.take();
    if (form !== undefined && !(form >= 0 && form < forms!))
      refuseSideTable(start, `${kind} of form ${form}`);
    const from = earlyTables && Object.fromEntries(earlyTables.map((name) => [name, told.get(name)!]));
    return { kind, ...range!, ...(forms !== undefined && { form: form! }), ...(from && { from }) };
  });
  numbers.finish();
  return tables;
}

/** Where a table outside sections is that is made, or that others are made from. */
function rangeOfTable(tables: readonly RebuiltTable[], name: TableName): ImageRange {
  const made = tables.find(({ kind }) => factsOf(kind).table === name);
  return made ?? tables.map(({ from }) => from?.[name as EarlyTable]).find((range) => range !== undefined)!;
}

const NOTHING: ImageRange = { offset: 0, size: 0 };

function rangeOfSection(layout: ImageLayout, name: string): ImageRange | undefined {
  const section = sectionOf(layout, name);
  return section && { offset: section.fileOffset, size: section.size };
}

/**
 * Goes through the tables outside sections that kinds are or are made from, in the order in which old has them. Each is expected to be as long as
 * it was, the first moved as the segment is that holds such tables, another as the end of the one before. `tell` answers where it is.
 */
function tellTables(
  facts: readonly KindFacts[],
  layout: ImageLayout,
  old: Image,
  tell: (name: TableName, expected: ImageRange) => ImageRange,
): void {
  const rangeIn = (name: TableName) => old.tables[name] ?? NOTHING;
  const names = new Set(
    facts.flatMap(({ table, earlyTables = [] }) => (table ? [table] : []).concat(earlyTables)),
  );
  const startIn = ({ segments }: ImageLayout) =>
    segments.find((segment) => segment.name === '__LINKEDIT')?.fileOffset ?? 0;
  let moved = startIn(layout) - startIn(old);
  for (const name of [...names].sort((a, b) => rangeIn(a).offset - rangeIn(b).offset)) {
    const { offset, size } = rangeIn(name);
    const range = tell(name, { offset: offset + moved, size });
    moved = range.offset + range.size - offset - size;
  }
}
