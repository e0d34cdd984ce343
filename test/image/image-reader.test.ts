import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { ImageFault } from '../../src/image/image.js';
import { ImageCursor, ImageReader } from '../../src/image/image-reader.js';
import { SeededRandom } from '../support/seeded-random.js';

const SIZE = 9 * 65536 + 123;
const bytes = new SeededRandom(1).bytes(SIZE);
const view = new DataView(bytes.buffer);

/** A file that counts what is read of it. */
function counted(): {
  size: number;
  read: (offset: number, into: Uint8Array) => number;
  total: number;
  largest: number;
} {
  const source = bytesAccess(bytes);
  const file = {
    size: SIZE,
    total: 0,
    largest: 0,
    read(offset: number, into: Uint8Array): number {
      file.total += into.length;
      file.largest = Math.max(file.largest, into.length);
      return source.read(offset, into);
    },
  };
  return file;
}

test('numbers at any place, over the borders of tiles too', () => {
  const reader = new ImageReader(counted());
  const random = new SeededRandom(2);
  for (let i = 0; i < 5000; i++) {
    const border = 65536 * random.below(10);
    const offset = random.oneIn(2) ? border - 8 + random.below(16) : random.below(SIZE);
    if (offset < 0 || offset + 8 > SIZE) continue;
    expect(reader.u8(offset)).toBe(view.getUint8(offset));
    expect(reader.u16(offset)).toBe(view.getUint16(offset, true));
    expect(reader.u32(offset)).toBe(view.getUint32(offset, true));
    expect(reader.i32(offset)).toBe(view.getInt32(offset, true));
    expect(reader.u32be(offset)).toBe(view.getUint32(offset));
  }
});

test('each byte is read once when tables are walked in turn', () => {
  const file = counted();
  const reader = new ImageReader(file);
  // Header, two tables and the strings that they name.
  for (let i = 0; i < 65536; i += 4) {
    reader.u32(i);
    reader.u32(2 * 65536 + i);
    reader.u32(4 * 65536 + i);
    reader.u8(6 * 65536 + i);
  }
  expect(file.total).toBe(4 * (65536 + 8));
  expect(file.largest).toBe(65536 + 8);
});

test('a part of a file has bounds of its own', () => {
  for (const source of [bytesAccess(bytes), counted()]) {
    const reader = new ImageReader(source, 1000, 100);
    expect(reader.size).toBe(100);
    expect(reader.u32(96)).toBe(view.getUint32(1096, true));
    for (const offset of [97, 100, -1, 2 ** 40, Number.NaN])
      expect(() => reader.u32(offset)).toThrow(ImageFault);
  }
});

test('64-bit numbers up to 2^50', () => {
  const words = new DataView(new ArrayBuffer(16));
  const reader = new ImageReader(bytesAccess(new Uint8Array(words.buffer)));
  words.setBigUint64(0, 2n ** 50n - 1n, true);
  words.setBigUint64(8, 2n ** 50n - 1n);
  expect(reader.u64(0)).toBe(2 ** 50 - 1);
  expect(reader.u64be(8)).toBe(2 ** 50 - 1);
  words.setBigUint64(0, 2n ** 50n, true);
  words.setBigUint64(8, 2n ** 64n - 1n);
  expect(() => reader.u64(0)).toThrow('too large');
  expect(() => reader.u64be(8)).toThrow('too large');
});

test('LEB128 numbers end, inside their table', () => {
  const table = Uint8Array.of(
    5,
    0xe5,
    0x8e,
    0x26,
    0x80,
    0x80,
    0x80,
    0,
    ...new Array(12).fill(0x80),
    0xff,
    0x80,
  );
  const reader = new ImageReader(bytesAccess(table));
  const cursor = new ImageCursor(reader, { offset: 0, size: table.length });
  expect([cursor.uleb(), cursor.uleb(), cursor.uleb()]).toEqual([5, 624485, 0]);
  expect(() => cursor.uleb()).toThrow('too long');
  const atEnd = new ImageCursor(reader, { offset: table.length - 2, size: 2 });
  expect(() => atEnd.uleb()).toThrow('ends early');
  const huge = new ImageReader(bytesAccess(new Uint8Array(10).fill(0xff)));
  expect(() => new ImageCursor(huge, { offset: 0, size: 10 }).uleb()).toThrow('too large');
});

test('text ends at a zero or at its limit', () => {
  const reader = new ImageReader(bytesAccess(Uint8Array.of(0x5f, 0x61, 0, 0x62)));
  expect(reader.text(0, 16)).toBe('_a');
  expect(reader.text(0, 1)).toBe('_');
  expect(() => reader.text(3, 16)).toThrow(ImageFault);
});
