import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';

const LARGEST = Number.MAX_SAFE_INTEGER;

function readVarint(...bytes: number[]): number {
  const reader = new ByteReader(Uint8Array.from(bytes), 'container');
  const value = reader.varint('a number');
  reader.done('it');
  return value;
}
const withCode = (code: string) => expect.objectContaining({ code });

describe('varints', () => {
  it.each([0, 1, 127, 128, 255, 16383, 16384, 2 ** 28, 2 ** 32 - 1, 2 ** 32, 2 ** 49 - 1, 2 ** 49, LARGEST])(
    'give %i back, in as few bytes as there are groups of seven bits',
    (value) => {
      const bytes = new ByteWriter().varint(value).take();
      expect(bytes.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
      expect(readVarint(...bytes)).toBe(value);
    },
  );

  it.each([
    ['zero in two bytes', [0x80, 0x00]],
    ['127 in two', [0xff, 0x00]],
    ['16383 in three', [0xff, 0xff, 0x00]],
    ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['2^56 - 1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('are refused: %s', (_what, bytes) => {
    expect(() => readVarint(...bytes)).toThrow(withCode('BAD_HEADER'));
  });

  it('that end early are told with their offset', () => {
    const reader = new ByteReader(Uint8Array.of(7, 0x80, 0x80), 'control', 1);
    expect(() => reader.varint('a count')).toThrow(
      expect.objectContaining({
        code: 'TRUNCATED',
        stage: 'control',
        data: { offset: 3, expected: 1, found: 0 },
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('are not written of %d', (value) => {
    expect(() => new ByteWriter().varint(value)).toThrow(RangeError);
  });
});

describe('ByteReader', () => {
  it('takes up to its end and not a byte more', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4), 'container', 1, 3);
    expect(() => reader.take(3, 'three')).toThrow(withCode('TRUNCATED'));
    expect(() => reader.done('it')).toThrow(withCode('TRAILING_BYTES'));
    expect([...reader.take(2, 'two')]).toEqual([2, 3]);
    expect(reader.take(0, 'nothing').length).toBe(0);
    reader.done('it');
    expect(() => reader.u8('a byte')).toThrow(withCode('TRUNCATED'));
  });
});
