import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { refuseSideTable } from './refuse-side-table.js';

// Which rows of a table of new stand for which rows of old: count varint, then for each row
//
//   place   varint: row of old + 1 of the same name and flags, or 0 and then
//   flags   u8: 1 executable, 2 without bytes in the file
//   name    size u8, bytes

const EXECUTABLE = 1;
const ZERO_FILL = 2;
const MAX_NAME = 64;

interface Named {
  readonly name: string;
  readonly executable?: boolean;
  readonly zeroFill?: boolean;
}

/** A row of new, and the row of old that stands for it; the index is -1 without one. */
export interface Pairing<Row, OldRow> {
  readonly row: Row;
  readonly old: OldRow | undefined;
  readonly index: number;
}

/** Pairs rows with rows of old of the same name and flags, each once, in order where names repeat. */
export function pairNames<Row extends Named, OldRow extends Named>(
  rows: readonly Row[],
  old: readonly OldRow[],
): Pairing<Row, OldRow>[] {
  const places = new Map<string, number[]>();
  old.forEach((row, index) => {
    const list = places.get(keyOf(row));
    if (list === undefined) places.set(keyOf(row), [index]);
    else list.push(index);
  });
  return rows.map((row) => {
    const index = places.get(keyOf(row))?.shift() ?? -1;
    return { row, old: old[index], index };
  });
}

export function writeNames(writer: ByteWriter, pairs: readonly Pairing<Named, Named>[]): void {
  writer.varint(pairs.length);
  for (const { row, index } of pairs) {
    writer.varint(index + 1);
    if (index >= 0) continue;
    const name = Uint8Array.from(row.name, (letter) => letter.charCodeAt(0));
    writer.u8(flagsOf(row)).u8(name.length).put(name);
  }
}

export function readNames<Row extends Named, OldRow extends Row>(
  reader: ByteReader,
  old: readonly OldRow[],
  limit: number,
  createRow: (name: string, executable: boolean, zeroFill: boolean) => Row,
): Pairing<Row, OldRow>[] {
  const count = reader.varint('a count of names');
  if (count > limit) refuseSideTable(reader.offset, `${count} names, at most ${limit} are allowed`);
  const pairs: Pairing<Row, OldRow>[] = [];
  for (let i = 0; i < count; i++) {
    const index = reader.varint('a place in old') - 1;
    const same = old[index];
    if (same !== undefined) {
      pairs.push({ row: same, old: same, index });
      continue;
    }
    if (index >= 0) refuseSideTable(reader.offset, `place ${index} of ${old.length} in old`);
    const flags = reader.u8('flags of a name');
    const size = reader.u8('size of a name');
    if (flags > (EXECUTABLE | ZERO_FILL) || size > MAX_NAME)
      refuseSideTable(reader.offset, `flags ${flags}, size ${size}`);
    const name = String.fromCharCode(...reader.take(size, 'a name'));
    const row = createRow(name, (flags & EXECUTABLE) !== 0, (flags & ZERO_FILL) !== 0);
    pairs.push({ row, old: undefined, index });
  }
  return pairs;
}

function flagsOf({ executable, zeroFill }: Named): number {
  return (executable ? EXECUTABLE : 0) | (zeroFill ? ZERO_FILL : 0);
}

function keyOf(row: Named): string {
  return `${flagsOf(row)}${row.name}`;
}
