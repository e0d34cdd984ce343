import type { GoRecords } from '../image/go-records.js';
import { GO_SECTION } from '../image/go-sections.js';
import { TYPE_LIST_NAMES, typeSection } from '../image/go-types.js';
import type { ImageLayout, LayoutSection } from '../image/image-layout.js';
import { type Install, type PredictKernel, putWords } from './install-map.js';

const ADDRESS_SPACE = 2 ** 32;

/** Rows of the kernel's table, by number: what offsets count from. Twins of assembly/predict/go-tables.ts. */
const ROWS = ['text', 'names', 'units', 'lines', 'data', 'files', 'functions', 'types'] as const;
type RowName = (typeof ROWS)[number];

/** A stretch of addresses, counted from the image's base. */
interface Stretch {
  readonly start: number;
  readonly size: number;
}

/**
 * Prepares what Go's tables of `from` refer to and where the same tables start in `to`; a table that one of them lacks is not predicted.
 * `records` are those of `from`.
 */
export function prepareGoTables(
  kernel: PredictKernel,
  from: ImageLayout,
  to: ImageLayout,
  records: GoRecords | undefined,
): Install {
  const { exports } = kernel;
  if (records === undefined) {
    return () => {
      exports.setGoTables(0, 0, 0, 0, 0, 0, 0, 0);
      exports.setGoTypes(0, 0);
    };
  }
  const rows = ROWS.flatMap((name) => rowOf(name, from, to, records.textStart));
  const places = [
    ...placesOf(from, [GO_SECTION.functions], 'text', 'functions'),
    ...placesOf(from, [GO_SECTION.units], 'files', 'files'),
    ...placesOf(from, TYPE_LIST_NAMES, 'types', 'types'),
  ];
  const rowTable = putWords(kernel, Uint32Array.from(rows));
  const placeTable = putWords(kernel, Uint32Array.from(places));
  const recordTable = putWords(kernel, records.records);
  const treeTable = putWords(kernel, records.trees);
  const fieldTable = putWords(kernel, records.typeFields);
  return () => {
    exports.setGoTables(
      rowTable,
      ROWS.length,
      placeTable,
      places.length / 3,
      recordTable,
      records.records.length,
      treeTable,
      records.trees.length / 2,
    );
    exports.setGoTypes(fieldTable, records.typeFields.length);
  };
}

/** Where a table starts and how long it is in `from`, and where it starts in `to`. A size of 0 lets nothing but 0 lead into it. */
function rowOf(
  name: RowName,
  from: ImageLayout,
  to: ImageLayout,
  textStart: number,
): [start: number, size: number, start: number] {
  const [old, next] = [stretchOf(name, from), stretchOf(name, to)];
  if (old === undefined || next === undefined) return [0, 0, 0];
  if (name !== 'text') return [old.start, old.size, next.start];
  // Go's own code may start behind that of others.
  const shift = textStart - from.base - old.start;
  if (shift < 0 || shift > old.size) return [0, 0, 0];
  return [old.start + shift, old.size - shift, (next.start + shift) >>> 0];
}

function stretchOf(name: RowName, layout: ImageLayout): Stretch | undefined {
  if (name === 'text') return stretchNamed(layout, ['.text', '__text']);
  if (name === 'types') return place(layout, typeSection(layout.sections));
  if (name !== 'functions') return stretchNamed(layout, [GO_SECTION[name]]);
  // Offsets of records count from where the table of functions starts.
  const functions = stretchNamed(layout, [GO_SECTION.functions]);
  const records = stretchNamed(layout, [GO_SECTION.records]);
  return functions && records && { start: functions.start, size: functions.size + records.size };
}

function stretchNamed(layout: ImageLayout, names: readonly string[]): Stretch | undefined {
  return place(
    layout,
    layout.sections.find(({ name }) => names.includes(name)),
  );
}

function place({ base }: ImageLayout, section: LayoutSection | undefined): Stretch | undefined {
  const start = section === undefined ? -1 : section.address - base;
  if (section === undefined || start < 0 || start + section.size >= ADDRESS_SPACE) return undefined;
  return { start, size: section.size };
}

/** Regions whose words are offsets: (old offset, row at even places, row at odd places). */
function placesOf(layout: ImageLayout, names: readonly string[], even: RowName, odd: RowName): number[] {
  return layout.sections
    .filter(({ name, zeroFill }) => !zeroFill && names.includes(name))
    .slice(0, 1)
    .flatMap(({ fileOffset }) => [fileOffset, ROWS.indexOf(even), ROWS.indexOf(odd)]);
}
