import { patchError } from '../errors/patch-error.js';
import {
  type EarlyRanges,
  earlySections,
  factsOf,
  type RebuiltTable,
  sectionOf,
} from '../image/rebuilt-tables.js';
import type { NewElement } from '../image/side-table.js';
import type { OffsetRange } from './plan-walk.js';

// Tables that are made anew (src/tables) bring bytes into both images:
//
//   old   | old ............................ | 0 | T: table, table ...        what tables of new will be, to be copied from
//   new   | early sections | 0 | new, with holes where early sections belong   what is made while a patch is applied
//
// A table is made when the walk through new reaches it. What it is made from must have been made by then; so sections that stand behind a
// table that needs them are coded early, in front of everything, together with the table. All offsets of covers, control, walk and
// residual are offsets in these longer images.

/** A section of new, or a table outside sections, that is coded before everything else. */
export interface EarlySection {
  readonly elementIndex: number;
  readonly name: string;
  /** Where it is coded, and where it belongs: offsets in the longer new. */
  readonly start: number;
  readonly size: number;
  readonly place: number;
  /** Address of its first byte. */
  readonly address: number;
}

/** A table in T. */
export interface TableSlot {
  readonly elementIndex: number;
  readonly table: RebuiltTable;
  /** Offset in the longer old. */
  readonly oldStart: number;
  readonly size: number;
  /** Offset in the longer new at which the table is coded: it is made when the walk comes there. */
  readonly newStart: number;
}

export interface TablePlan {
  /** Where new itself begins in the longer new: a multiple of 4096. */
  readonly origin: number;
  readonly oldSize: number;
  /** Sizes of the longer images. */
  readonly longOldSize: number;
  readonly longNewSize: number;
  readonly early: readonly EarlySection[];
  /** In the order of their places in new. */
  readonly slots: readonly TableSlot[];
}

/** Most bytes of early sections and tables together: they are held in memory. */
export const MAX_TABLE_BYTES = 32 << 20;
const SLOT_ALIGNMENT = 64;
const PAGE = 4096;

/** Places the tables of the elements of new. More than `MAX_TABLE_BYTES` is a LimitError. */
export function planTables(oldSize: number, newSize: number, elements: readonly NewElement[]): TablePlan {
  const early: EarlySection[] = [];
  let top = 0;
  elements.forEach(({ offset, layout, tables }, elementIndex) => {
    const put = (name: string, fileOffset: number, size: number, address: number) => {
      early.push({ elementIndex, name, start: top, size, place: offset + fileOffset, address });
      top = roundUp(top + size, SLOT_ALIGNMENT);
    };
    for (const name of new Set(tables.flatMap(({ kind }) => earlySections(kind, layout)))) {
      const section = sectionOf(layout, name)!;
      put(name, section.fileOffset, section.size, section.address);
    }
    // Where a table outside sections lies in memory does not matter to it.
    const ranges: EarlyRanges = Object.assign({}, ...tables.map(({ from }) => from));
    for (const [name, range] of Object.entries(ranges)) put(name, range.offset, range.size, layout.base);
  });
  const origin = roundUp(top, PAGE);
  let tableTop = roundUp(oldSize, SLOT_ALIGNMENT);
  const slots = elements.flatMap(({ offset, tables }, elementIndex) =>
    tables.map((table): TableSlot => {
      const { section, within, table: tableName } = factsOf(table.kind);
      const name = section ?? within ?? tableName;
      const codedEarly = early.find((each) => each.elementIndex === elementIndex && each.name === name);
      const place = offset + table.offset;
      const newStart =
        codedEarly === undefined ? origin + place : codedEarly.start + place - codedEarly.place;
      const slot = { elementIndex, table, oldStart: tableTop, size: table.size, newStart };
      tableTop = roundUp(tableTop + table.size, SLOT_ALIGNMENT);
      return slot;
    }),
  );
  const bytes = top + (slots.length === 0 ? 0 : tableTop - oldSize);
  // Covers count in 32 bits.
  const isTooFar = Math.max(origin + newSize, tableTop) > 0xffffffff && slots.length > 0;
  if (bytes > MAX_TABLE_BYTES || isTooFar) {
    throw patchError(
      'MEMORY_LIMIT',
      'predict',
      `tables take ${bytes} bytes, the limit is ${MAX_TABLE_BYTES}`,
      { expected: MAX_TABLE_BYTES, found: bytes },
    );
  }
  slots.sort((a, b) => a.newStart - b.newStart || a.oldStart - b.oldStart);
  return {
    origin,
    oldSize,
    longOldSize: slots.length === 0 ? oldSize : tableTop,
    longNewSize: origin + newSize,
    early: early.map((section) => ({ ...section, place: origin + section.place })),
    slots,
  };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** Bytes that early sections and tables take while a patch is applied. */
export function tableMemory({ origin, oldSize, longOldSize }: TablePlan): number {
  return origin + longOldSize - oldSize;
}

/** Stretches of the longer new that hold nothing: places of early sections, and what lies in front of new. */
export function holesOfTables({ origin, early }: TablePlan): OffsetRange[] {
  const holes = early.map(({ place, size }) => ({ start: place, end: place + size }));
  early.forEach(({ start, size }, i) => {
    holes.push({ start: start + size, end: early[i + 1]?.start ?? origin });
  });
  return holes.filter(({ start, end }) => end > start);
}

/**
 * Covers as they say where bytes of old went: those of early sections where these belong, those that copy from T not at all. In the
 * order of new.
 */
export function placeCovers(covers: Uint32Array, plan: TablePlan): Uint32Array {
  if (plan.slots.length === 0) return covers;
  // Early sections stand in front of everything, so their covers come first; the others are in order already.
  let first = 0;
  while (first < covers.length && covers[first]! < plan.origin) first += 3;
  const moved = placeEarlyCovers(covers.subarray(0, first), plan);
  const placed = new Uint32Array(moved.length + covers.length - first);
  let size = 0;
  let next = 0;
  for (let i = first; i < covers.length; i += 3) {
    if (covers[i + 1]! + covers[i + 2]! > plan.oldSize) continue;
    for (; next < moved.length && comesBefore(moved, next, covers, i); next += 3)
      size = putCover(placed, size, moved, next);
    size = putCover(placed, size, covers, i);
  }
  for (; next < moved.length; next += 3) size = putCover(placed, size, moved, next);
  return placed.subarray(0, size);
}

/** Whether row `i` of `a` stands before row `k` of `b`: by place in new, then in old, then by length. */
function comesBefore(a: Uint32Array, i: number, b: Uint32Array, k: number): boolean {
  const difference = a[i]! - b[k]! || a[i + 1]! - b[k + 1]! || a[i + 2]! - b[k + 2]!;
  return difference < 0;
}

function putCover(into: Uint32Array, size: number, from: Uint32Array, at: number): number {
  into[size] = from[at]!;
  into[size + 1] = from[at + 1]!;
  into[size + 2] = from[at + 2]!;
  return size + 3;
}

/** The covers of early sections where these belong, in the order of new. */
function placeEarlyCovers(covers: Uint32Array, { early, oldSize }: TablePlan): Uint32Array {
  const rows: [number, number, number][] = [];
  for (let i = 0; i < covers.length; i += 3) {
    const [newStart, oldStart, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    if (oldStart + length <= oldSize) rows.push(...placeCover(newStart, oldStart, length, early));
  }
  rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return Uint32Array.from(rows.flat());
}

function placeCover(
  newStart: number,
  oldStart: number,
  length: number,
  early: readonly EarlySection[],
): [number, number, number][] {
  return early.flatMap(({ start, size, place }): [number, number, number][] => {
    const from = Math.max(newStart, start);
    const to = Math.min(newStart + length, start + size);
    return from < to ? [[place + from - start, oldStart + from - newStart, to - from]] : [];
  });
}
