import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import { listFunctionStarts } from '../../src/image/function-starts.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { ByteBuilder } from '../support/byte-builder.js';
import { buildFat, buildMachO } from '../support/mach-o-builder.js';

const program = exampleProgram(2);

test.each(BUILT_IMAGES)('$name: functions and section bounds, sorted, once', ({ build }) => {
  const { bytes, functionStarts } = build(program);
  const source = bytesAccess(bytes);
  const image = detectElements(source)[0]!.image!;
  const bounds = image.sections
    .filter(({ zeroFill, size }) => !zeroFill && size > 0)
    .flatMap(({ fileOffset, size }) => [fileOffset, fileOffset + size]);
  const expected = [...new Set([...functionStarts, ...bounds])].sort((a, b) => a - b);
  expect([...listFunctionStarts(source, 0, image)]).toEqual(expected);
});

test('of a slice they count from the slice', () => {
  const { bytes } = buildMachO(program, { arch: 'arm64', fixups: 6 });
  const alone = bytesAccess(bytes);
  const fat = bytesAccess(buildFat([{ cpu: 0x0100000c, bytes }]));
  const { offset, image } = detectElements(fat)[1]!;
  const inFat = listFunctionStarts(fat, offset, image!);
  expect(inFat).toEqual(listFunctionStarts(alone, 0, detectElements(alone)[0]!.image!));
});

test("Go's table", () => {
  const { bytes, base } = buildMachO(program, { arch: 'arm64', fixups: 6, functionStarts: false });
  const source = bytesAccess(bytes);
  const image = detectElements(source)[0]!.image!;
  const text = image.sections.find(({ name }) => name === '__text')!;
  // The table takes the place of the strings.
  const strings = image.sections.find(({ name }) => name === '__cstring')!;
  const distances = [0, 64, 128, 1000];
  const table = new ByteBuilder().u32(0xfffffff1).u8(0, 0, 4, 8).u64(distances.length, 0, 0, 0, 0, 0, 0, 72);
  for (const distance of distances) table.u32(distance, 0);
  bytes.set(table.bytes(), strings.fileOffset);
  const go = {
    ...image,
    tables: {},
    sections: image.sections.map((section) =>
      section === strings ? { ...section, name: '__gopclntab' } : section,
    ),
  };
  const starts = listFunctionStarts(source, 0, go);
  for (const distance of distances) expect(starts).toContain(text.address + distance - base);
});

test('a broken table counts up to the break', () => {
  const { bytes, functionStarts } = buildMachO(program, { arch: 'arm64', fixups: 6 });
  const source = bytesAccess(bytes);
  const image = detectElements(source)[0]!.image!;
  const table = image.tables.functionStarts!;
  // Every byte says that the number goes on.
  bytes.fill(0x80, table.offset + 20, table.offset + table.size);
  const starts = listFunctionStarts(source, 0, image);
  expect(starts).toContain(functionStarts[5]);
  expect(starts).not.toContain(functionStarts[40]);
});
