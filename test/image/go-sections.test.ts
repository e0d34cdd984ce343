import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import { listFunctionStarts } from '../../src/image/function-starts.js';
import { findGoRecords } from '../../src/image/go-records.js';
import { buildGoImage, entriesOf, exampleGoProgram, type GoProgram } from '../support/go-image-builder.js';
import { buildGoTypes } from '../support/go-type-builder.js';

const program = exampleGoProgram(3, 50);
const HEADER = 72;

function read(bytes: Uint8Array) {
  const source = bytesAccess(bytes);
  const image = detectElements(source)[0]!.image!;
  const at = (name: string) => image.sections.find((section) => section.name === name)!;
  return { source, image, at, records: findGoRecords(source, 0, image) };
}

function withWord(good: GoProgram, offset: number, value: number): Uint8Array {
  const bytes = buildGoImage(good);
  const { at } = read(bytes);
  new DataView(bytes.buffer).setUint32(at('.gopclntab').fileOffset + offset, value, true);
  return bytes;
}

test('each table is a section, one behind the other', () => {
  const { image } = read(buildGoImage(program));
  const tables = image.sections.filter(({ name }) => name === '.gopclntab' || name.startsWith('go:'));
  expect(tables.map(({ name }) => name)).toEqual([
    '.gopclntab',
    'go:names',
    'go:units',
    'go:files',
    'go:lines',
    'go:functions',
    'go:records',
    'go:data',
  ]);
  expect(tables[0]!.size).toBe(HEADER);
  tables.slice(1).forEach(({ fileOffset, address }, i) => {
    expect(fileOffset).toBe(tables[i]!.fileOffset + tables[i]!.size);
    expect(address).toBe(tables[i]!.address + tables[i]!.size);
  });
});

test('each function has a record, and each list of inlined functions is a tree', () => {
  const { records, at } = read(buildGoImage(program));
  expect(records!.records.length).toBe(program.functions.length);
  expect(records!.records[0]).toBe(at('go:records').fileOffset);
  expect(records!.textStart).toBe(at('.text').address);
  const inlined = program.functions.filter((one) => one.inlined.length > 0);
  expect(Array.from(records!.trees).filter((_, i) => i % 2 === 0).length).toBe(inlined.length);
  const sizes = inlined.map((one) => 16 * one.inlined.length);
  const found = sizes.map((_, i) => records!.trees[2 * i + 1]! - records!.trees[2 * i]!);
  expect(found).toEqual(sizes);
});

test('the offsets in descriptors of types are found, those of functions told apart', () => {
  const { records, at } = read(buildGoImage(program));
  const { fields } = buildGoTypes(program, entriesOf(program.functions));
  expect(fields.length).toBeGreaterThan(200);
  expect(fields.filter((field) => field % 2 === 1).length).toBeGreaterThan(20);
  expect(Array.from(records!.typeFields)).toEqual(fields.map((field) => field + at('.rodata').fileOffset));
});

test('functions are found in the table that was cut out', () => {
  const { source, image, at } = read(buildGoImage({ ...program, isMovable: true }));
  const starts = listFunctionStarts(source, 0, image);
  let place = at('.text').fileOffset;
  for (const { size } of program.functions) {
    expect(starts).toContain(place);
    place += size;
  }
});

test('a table in another layout stays one section', () => {
  const good = read(buildGoImage(program));
  for (const [offset, value] of [
    [0, 0xfffffff0],
    [8, 0],
    [8, 0x7fffffff],
    [48, 1],
    [64, 0x7fffffff],
  ] as const) {
    const { image, records } = read(withWord(program, offset, value));
    expect(image.sections.length).toBe(good.image.sections.length - 7);
    expect(records).toBeUndefined();
  }
});

test('records out of order or outside are left out', () => {
  const bytes = buildGoImage(program);
  const { at } = read(bytes);
  const functions = at('go:functions').fileOffset;
  const view = new DataView(bytes.buffer);
  view.setUint32(functions + 8 * 5 + 4, 0xfffffff0, true);
  view.setUint32(functions + 8 * 9 + 4, at('go:functions').size, true);
  expect(read(bytes).records!.records.length).toBe(program.functions.length - 2);
});
