import { describe, expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import { findPointers, type PointerMarks } from '../../src/image/pointer-locations.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { ByteBuilder } from '../support/byte-builder.js';
import { cpuTimeOf } from '../support/cpu-time.js';
import type { BuiltImage } from '../support/mach-o-builder.js';
import { buildMachO } from '../support/mach-o-builder.js';

const program = exampleProgram(3);

function marksOf(bytes: Uint8Array): PointerMarks | undefined {
  const source = bytesAccess(bytes);
  return findPointers(source, 0, detectElements(source)[0]!.image!);
}

function offsetsOf({ bitmap, low, high }: PointerMarks): number[] {
  const offsets: number[] = [];
  for (let offset = low; offset < high; offset += 4) {
    const bit = (offset - low) / 4;
    if (((bitmap[bit >>> 3]! >>> (bit & 7)) & 1) !== 0) offsets.push(offset);
  }
  return offsets;
}

/** What the predictor makes of the word at an offset: distance of its target from the base, -1 for none. */
function targetAt({ bytes, base }: BuiltImage, offset: number, { format }: PointerMarks): number {
  const view = new DataView(bytes.buffer);
  const word = format.size === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
  if ((word & format.skipBits) !== 0n) return -1;
  if (format.isSegmented) {
    const image = detectElements(bytesAccess(bytes))[0]!.image!;
    return image.segments[Number((word >> 28n) & 15n)]!.address - base + Number(word & 0xfffffffn);
  }
  if ((word & format.signedBit) !== 0n) return Number(word & format.signedMask);
  return Number(word & format.plainMask) - (format.isAbsolute ? base : 0);
}

describe('every pointer is found, and its format tells its target', () => {
  test.each(BUILT_IMAGES)('$name', ({ build }) => {
    const built = build(program);
    const marks = marksOf(built.bytes)!;
    const found = offsetsOf(marks)
      .map((offset) => ({ offset, target: targetAt(built, offset, marks) }))
      // Imports are links of a chain too.
      .filter(({ target }) => target >= 0);
    expect(found.length).toBeGreaterThan(100);
    expect(found).toEqual(built.pointers);
  });
});

test('the bitmap is cut to what is marked, with slack behind it', () => {
  const { bytes, pointers } = buildMachO(program, { arch: 'arm64', fixups: 6 });
  const { bitmap, low, high } = marksOf(bytes)!;
  expect(low % 32).toBe(0);
  expect(pointers[0]!.offset - low).toBeLessThan(32);
  expect(high).toBeLessThanOrEqual(bytes.length);
  expect(bitmap.length).toBe(Math.ceil((high - low) / 32) + 4);
});

test('an image without tables has none', () => {
  expect(marksOf(buildMachO(program, { arch: 'arm64', fixups: 'none' }).bytes)).toBeUndefined();
});

describe('damage', () => {
  const built = buildMachO(program, { arch: 'arm64', fixups: 6 });
  const image = detectElements(bytesAccess(built.bytes))[0]!.image!;
  const table = image.tables.chainedFixups!.offset;

  test('an unknown format marks nothing', () => {
    const bytes = built.bytes.slice();
    const view = new DataView(bytes.buffer);
    const starts = table + 32;
    for (const i of [1, 2]) view.setUint16(starts + view.getUint32(starts + 4 + 4 * i, true) + 6, 99, true);
    expect(marksOf(bytes)).toBeUndefined();
  });

  test('a segment that the table puts elsewhere is left out, the others stay', () => {
    const bytes = built.bytes.slice();
    const view = new DataView(bytes.buffer);
    const starts = table + 32;
    view.setBigUint64(starts + view.getUint32(starts + 8, true) + 8, 0x1000n, true);
    const offsets = offsetsOf(marksOf(bytes)!);
    const data = image.segments[2]!.fileOffset;
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets.every((offset) => offset >= data)).toBe(true);
  });

  test('opcodes that count beyond all bounds end', () => {
    const scattered = buildMachO(program, { arch: 'arm64', fixups: 'rebase-scattered' });
    const rebase = detectElements(bytesAccess(scattered.bytes))[0]!.image!.tables.rebase!;
    const program2 = new ByteBuilder()
      .u8(0x11, 0x21, 0, 0x60)
      .uleb(2 ** 50)
      .u8(0x80)
      .uleb(2 ** 51)
      .uleb(0)
      .bytes();
    scattered.bytes.set(program2, rebase.offset);
    let count = 0;
    const time = cpuTimeOf(() => {
      count = offsetsOf(marksOf(scattered.bytes)!).length;
    });
    expect(time).toBeLessThan(1000);
    expect(count).toBeGreaterThan(0);
  });
});
