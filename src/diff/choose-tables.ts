import { bytesAccess } from '../bytes/random-access.js';
import { sameBytes } from '../bytes/same-bytes.js';
import type { Element } from '../image/detect-image.js';
import type { Image, ImageRange } from '../image/image.js';
import {
  earlySections,
  REBUILT_KINDS,
  type RebuiltKind,
  type RebuiltTable,
  sectionOf,
} from '../image/rebuilt-tables.js';
import type { NewElement, OldElement } from '../image/side-table.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { joinCovers } from '../match/cover-search.js';
import { findCovers } from '../match/find-covers.js';
import { matchParameters } from '../match/match-parameters.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { TableMaker } from '../predict/table-maker.js';
import { MAX_TABLE_BYTES, planTables, type TablePlan } from '../predict/table-plan.js';
import { SYMBOL_SIZE } from '../tables/dynamic-symbols.js';
import { RELOCATION_SIZE } from '../tables/relocations.js';
import { alignRecords } from './align-records.js';
import { COVER_COST, costAlong, costOfPlain } from './cost-of-copying.js';
import { costOfNames, type NameCosts } from './cost-of-names.js';
import { findForm } from './find-form.js';
import type { LoadedImages, PairBytes } from './loaded-images.js';
import { moveCovers, sortCovers } from './move-covers.js';

// Which tables of new are made anew (src/tables). Every table that both images have is a candidate; those are taken that cost less when they are copied from
// what the rule makes than along the covers of old. Most tables of an update change so little that no rule is asked.

type DiffKernel = KernelInstance<DiffExports>;

/** Images of a pair, and which tables of new could be made. */
export interface ImagePairing {
  readonly old: readonly OldElement[];
  readonly next: readonly NewElement[];
  /** The elements of new as they were found. */
  readonly newElements: readonly Element[];
  /** For each element of new. */
  readonly candidates: readonly (readonly RebuiltTable[])[];
}

/** More than the alignment of a section or table in the longer images takes. */
const PLACE_SIZE = 8192;
/** A table must save this, since it costs a few bytes of side table and cuts covers. */
const LEAST_SAVING = 16;
/** What relocations cost is known roughly: 347 was taken for what was 15. */
const LEAST_SAVING_OF_RELOCATIONS = 512;
/** Who moves exports orders all covers for it: on bun a tenth of a second for 1.8 KB of 2.5 MB, with 115,000 covers. */
const COVERS_PER_BYTE_OF_MOVED_EXPORTS = 32;
/** Tables that the predictor knows field by field are made only where they come out right. */
const PREDICTED_KINDS: ReadonlySet<RebuiltKind> = new Set(['frameHeader', 'procedureLinkage']);

/** Tables of records that have a key at their front. */
const RECORD_SIZES: Partial<Record<RebuiltKind, number>> = {
  dynamicSymbols: SYMBOL_SIZE,
  relocations: RELOCATION_SIZE,
};

/** Tables of new elements that a rule is for. */
export function listCandidates(
  { oldBytes, newBytes }: PairBytes,
  old: readonly OldElement[],
  next: readonly NewElement[],
  newImages: readonly Element[],
): RebuiltTable[][] {
  let left = MAX_TABLE_BYTES;
  return next.map(({ oldIndex, offset }, i) => {
    const from = old[oldIndex];
    const image = newImages[i]?.image;
    if (from?.image == null || image == null) return [];
    const oldImage = from.image;
    return REBUILT_KINDS.flatMap(({ kind, section, within, table, earlyTables }): RebuiltTable[] => {
      const rangeIn = ({ sections, tables, ...layout }: Image): ImageRange | undefined => {
        if (table !== undefined) return tables[table];
        const found = sectionOf({ ...layout, sections }, section ?? within);
        return found && { offset: found.fileOffset, size: found.size };
      };
      const [oldRange, newRange] = [rangeIn(oldImage), rangeIn(image)];
      if (oldRange === undefined || newRange === undefined) return [];
      const range =
        within === undefined
          ? newRange
          : changedStretch(
              oldBytes.subarray(from.offset + oldRange.offset).subarray(0, oldRange.size),
              newBytes.subarray(offset + newRange.offset).subarray(0, newRange.size),
              newRange.offset,
            );
      if (range.size === 0) return [];
      const sources = [
        ...earlySections(kind, image).map((name) => sectionOf(image, name)),
        ...(earlyTables ?? []).map((name) => image.tables[name]),
      ];
      if (sources.includes(undefined)) return [];
      const memory = sources.reduce((sum, each) => sum + each!.size + PLACE_SIZE, range.size + PLACE_SIZE);
      if (memory > left) return [];
      left -= memory;
      const ranges =
        earlyTables && Object.fromEntries(earlyTables.map((name) => [name, image.tables[name]!]));
      return [{ kind, ...range, ...(ranges && { from: ranges }) }];
    });
  });
}

/** What of a section differs from old's, from the first to the last such byte. */
function changedStretch(old: Uint8Array, next: Uint8Array, offset: number): ImageRange {
  let start = 0;
  while (start < next.length && old[start] === next[start]) start++;
  let end = next.length;
  while (end > start && old[end - 1] === next[end - 1]) end--;
  return { offset: offset + start, size: end - start };
}

/** Elements of new with the tables that pay. `covers` are those of old and new. */
export function chooseTables(
  kernel: DiffKernel,
  images: LoadedImages,
  { old, next, candidates, newElements }: ImagePairing,
  covers: Uint32Array,
): NewElement[] {
  return next.map((element, i) => {
    const from = old[element.oldIndex];
    const names = costOfNames(images, from, element, covers);
    let hasExports = false;
    const weigh = (candidate: RebuiltTable): WeighedTable[] => {
      // Exports that follow from the symbols need not be guessed from old's.
      if (candidate.kind === 'movedExports' && hasExports) return [];
      const plain = costOfPlain(images, from, element, candidate, covers);
      const least = leastSaving(candidate, covers.length / COVER_FIELDS);
      if (leastCost(candidate) + least >= plain) return [];
      const table = findForm(candidate, images.newBytes, newElements[i]!);
      if (table === undefined) return [];
      const alone = next.map((each, j) => ({ ...each, tables: i === j ? [table] : [] }));
      const plan = planTables(images.oldSize, images.newSize, alone);
      if (!isApart(plan)) return [];
      hasExports ||= table.kind === 'exportTrie';
      const [made] = makeTables(images, old, alone, plan, moveCovers(covers, plan), images.clearFront(plan));
      const cost = costOfMade(kernel, table.kind, made!, images.newPtr + element.offset + table.offset);
      return [{ table, plain, cost, least }];
    };
    return { ...element, tables: choosePaying(weighEach(candidates[i]!, names, weigh), names) };
  });
}

/** A table, what copying it along covers of old costs and what copying it from what its rule makes. */
interface WeighedTable {
  readonly table: RebuiltTable;
  readonly plain: number;
  readonly cost: number;
  /** What it must save. */
  readonly least: number;
}

function leastSaving({ kind }: RebuiltTable, coverCount: number): number {
  if (kind === 'relocations') return LEAST_SAVING_OF_RELOCATIONS;
  if (kind === 'movedExports') return LEAST_SAVING + coverCount / COVERS_PER_BYTE_OF_MOVED_EXPORTS;
  return LEAST_SAVING;
}

/** Weighs tables, but not symbols where it is known before that their strings are made instead: symbols are half of what all rules take. */
function weighEach(
  tables: readonly RebuiltTable[],
  names: NameCosts,
  weigh: (table: RebuiltTable) => WeighedTable[],
): WeighedTable[] {
  const strings = tables.filter(({ kind }) => kind === 'symbolStrings').flatMap(weigh);
  const isCertain = strings.some((each) => pays(each, names) && !symbolsAreBetter(COVER_COST, each, names));
  return tables.flatMap((table) => {
    if (table.kind === 'symbolStrings') return strings;
    return table.kind === 'dynamicSymbols' && isCertain ? [] : weigh(table);
  });
}

/** What a table costs that its rule makes without a fault. */
function leastCost({ kind }: RebuiltTable): number {
  return PREDICTED_KINDS.has(kind) ? 0 : COVER_COST;
}

function costOfMade(kernel: DiffKernel, kind: RebuiltKind, made: Uint8Array, newPtr: number): number {
  const isExact = sameBytes(made, kernel.view(newPtr, made.length));
  if (PREDICTED_KINDS.has(kind)) return isExact ? 0 : Number.POSITIVE_INFINITY;
  if (isExact) return COVER_COST;
  const covers = findTableCovers(kernel, kind, made, newPtr);
  return costAlong(made, kernel.view(newPtr, made.length), covers);
}

/** Those that save something. Symbols may be made from their strings or strings from their symbols, not both. */
function choosePaying(weighed: readonly WeighedTable[], names: NameCosts): RebuiltTable[] {
  const paying = weighed.filter((each) => pays(each, names));
  const find = (kind: RebuiltKind) => paying.find(({ table }) => table.kind === kind);
  const [symbols, strings] = [find('dynamicSymbols'), find('symbolStrings')];
  if (symbols !== undefined && strings !== undefined) {
    const worse = symbolsAreBetter(symbols.cost, strings, names) ? strings : symbols;
    paying.splice(paying.indexOf(worse), 1);
  }
  return paying.map(({ table }) => table);
}

function pays({ table, plain, cost, least }: WeighedTable, { told, predicted }: NameCosts): boolean {
  const more = table.kind === 'symbolStrings' ? told - predicted : 0;
  return cost + more + least < plain;
}

/** Whether symbols of a cost, with strings as they are, cost less than strings that are made from the symbols. */
function symbolsAreBetter(symbolsCost: number, strings: WeighedTable, { told }: NameCosts): boolean {
  return symbolsCost + strings.plain <= strings.cost + told;
}

/** Sections of a malformed image may overlap; then nothing of it is coded early. */
function isApart({ early, slots, origin }: TablePlan): boolean {
  const ranges = [
    ...early.map(({ place, size }) => ({ start: place, end: place + size })),
    ...slots
      .filter(({ newStart }) => newStart >= origin)
      .map(({ newStart, size }) => ({ start: newStart, end: newStart + size })),
  ].sort((a, b) => a.start - b.start);
  return ranges.every(({ start }, i) => i === 0 || ranges[i - 1]!.end <= start);
}

/** Every table of a plan, in the order of its slots. `early` is room for early sections, where there is some. */
export function makeTables(
  { oldBytes, newBytes }: PairBytes,
  old: readonly OldElement[],
  next: readonly NewElement[],
  tables: TablePlan,
  covers: Uint32Array,
  early?: Uint8Array,
): Uint8Array[] {
  const elements = next.flatMap(({ offset, size, oldIndex, layout }, index) => {
    const from = old[oldIndex];
    if (from?.image == null) return [];
    return [
      {
        index,
        image: from.image,
        layout,
        oldRange: { start: from.offset, end: from.offset + from.size },
        newRange: { start: tables.origin + offset, end: tables.origin + offset + size },
      },
    ];
  });
  const maker = new TableMaker(bytesAccess(oldBytes), { tables, elements }, covers, early);
  return tables.slots.map(({ newStart }, i) => {
    for (const { start, size, place } of tables.early) {
      if (start + size <= newStart) {
        maker.take(newBytes.subarray(place - tables.origin, place - tables.origin + size), start);
      }
    }
    return maker.make(i);
  });
}

/** Covers of a table of new, which lies in linear memory, along what was made: one where nothing differs. */
export function findTableCovers(
  kernel: DiffKernel,
  kind: RebuiltKind,
  made: Uint8Array,
  newPtr: number,
): Uint32Array {
  const size = made.length;
  if (sameBytes(made, kernel.view(newPtr, size))) return Uint32Array.of(0, 0, size);
  const mark = kernel.mark();
  const pair = { oldPtr: kernel.put(made), oldSize: size, newPtr, newSize: size };
  const covers = findCovers(kernel, pair, { ...matchParameters(5), stride: 1, seedSize: 8, gapSeedSize: 6 });
  kernel.release(mark);
  const recordSize = RECORD_SIZES[kind];
  if (recordSize === undefined) return covers;
  const actual = kernel.view(newPtr, size);
  const aligned = alignRecords(made, actual, recordSize);
  return costAlong(made, actual, aligned) < costAlong(made, actual, covers) ? aligned : covers;
}

/** The covers of all tables of a plan, beside those of old. */
export function addTableCovers(
  kernel: DiffKernel,
  newPtr: number,
  plan: TablePlan,
  tables: readonly Uint8Array[],
  covers: Uint32Array,
): Uint32Array {
  const added = plan.slots.map(({ table, oldStart, newStart }, i) => {
    const section = plan.early.find((each) => newStart >= each.start && newStart < each.start + each.size);
    const at = (section === undefined ? newStart : newStart - section.start + section.place) - plan.origin;
    const found = findTableCovers(kernel, table.kind, tables[i]!, newPtr + at);
    for (let j = 0; j < found.length; j += COVER_FIELDS) {
      found[j]! += newStart;
      found[j + 1]! += oldStart;
    }
    return found;
  });
  return sortCovers(joinCovers([covers, ...added]));
}
