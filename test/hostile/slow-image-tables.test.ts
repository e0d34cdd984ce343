import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import { listFunctionStarts } from '../../src/image/function-starts.js';
import type { Image } from '../../src/image/image.js';
import { findPointers } from '../../src/image/pointer-locations.js';
import { exampleProgram } from '../support/built-images.js';
import { ByteBuilder } from '../support/byte-builder.js';
import { cpuTimeOf } from '../support/cpu-time.js';
import { buildElf } from '../support/elf-builder.js';
import { buildMachO } from '../support/mach-o-builder.js';

// Tables that are valid one by one, but ask for more work together than the image is long.

const MAX_MILLISECONDS = 1500;
const program = exampleProgram(8, 30, 80);

function imageOf(bytes: Uint8Array): Image {
  return detectElements(bytesAccess(bytes))[0]!.image!;
}

/** The image with `fill` behind it, 16 MiB in all. */
function enlarged(bytes: Uint8Array, fill: number): Uint8Array<ArrayBuffer> {
  const big = new Uint8Array(16 << 20).fill(fill);
  big.set(bytes);
  return big;
}

test.each([
  ['relocations with addends', 4, 0],
  ['packed relocations', 19, 0xff],
  ['packed relocations, all of them addresses', 19, 0x10],
])('a thousand sections of %s over the same bytes', (_, type, fill) => {
  const bytes = enlarged(
    buildElf(program, { arch: 'arm64', relocations: 'rela', frames: 'hdr' }).bytes,
    fill,
  );
  const image = imageOf(bytes);
  const section = { ...image.sections[0]!, address: 4096, type, fileOffset: 0, size: bytes.length };
  const hostile = { ...image, sections: new Array(1000).fill(section) };
  expect(cpuTimeOf(() => findPointers(bytesAccess(bytes), 0, hostile))).toBeLessThan(MAX_MILLISECONDS);
});

test('every page lists all chains of the image', () => {
  const bytes = enlarged(buildMachO(program, { arch: 'arm64', fixups: 3, base: 0x10000 }).bytes, 0x7f);
  const image = imageOf(bytes);
  const segments = image.segments.map((segment, i) =>
    i === 2 ? { ...segment, fileOffset: 1 << 20, fileSize: 15 << 20 } : segment,
  );
  // Starts of segment 2 in the middle of what follows: 3840 pages, each with a list that has no end.
  const table = { offset: 1 << 19, size: 1 << 19 };
  const starts = new ByteBuilder().u32(0, 32, 0, 0, 0, 1, 0).align(32).u32(3, 0, 0, 16);
  starts
    .u32(0xffffffff)
    .u16(0x1000, 3)
    .u64(segments[2]!.address - image.base)
    .u32(0)
    .u16(3840);
  for (let i = 0; i < 3840; i++) starts.u16(0x8000 | 3840);
  for (let i = 0; i < 60000; i++) starts.u16(0x7ffc);
  bytes.set(starts.bytes(), table.offset);
  const hostile = { ...image, segments, tables: { chainedFixups: table } };
  expect(cpuTimeOf(() => findPointers(bytesAccess(bytes), 0, hostile))).toBeLessThan(MAX_MILLISECONDS);
});

test('firmware with chains that all run over the whole segment', () => {
  const bytes = enlarged(buildMachO(program, { arch: 'arm64', fixups: 'none' }).bytes, 0);
  const image = imageOf(bytes);
  const at = 1 << 20;
  const starts = new ByteBuilder().u32(6, 500_000);
  for (let i = 0; i < 500_000; i++) starts.u32(0x4000);
  bytes.set(starts.bytes(), at);
  // Each pointer links to the next word.
  const data = image.segments[1]!;
  for (let i = 4; i < data.fileSize; i += 4) bytes[data.fileOffset + i + 2] = 8;
  const section = { ...image.sections[0]!, name: '__chain_starts', fileOffset: at, size: starts.size };
  const hostile = { ...image, sections: [...image.sections, section], tables: {} };
  const source = bytesAccess(bytes);
  expect(cpuTimeOf(() => findPointers(source, 0, hostile))).toBeLessThan(MAX_MILLISECONDS);
});

test('a table of functions that is as long as the image', () => {
  const bytes = enlarged(buildMachO(program, { arch: 'arm64', fixups: 6 }).bytes, 1);
  const image = imageOf(bytes);
  const hostile = { ...image, tables: { functionStarts: { offset: 1 << 20, size: 15 << 20 } } };
  const source = bytesAccess(bytes);
  let starts = new Uint32Array(0);
  expect(
    cpuTimeOf(() => {
      starts = Uint32Array.from(listFunctionStarts(source, 0, hostile));
    }),
  ).toBeLessThan(MAX_MILLISECONDS);
  // One for each byte of what the segments hold, at most.
  expect(starts.length).toBeLessThan(200_000);
});
