import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { FORMAT_VERSION, LIMITS, MAGIC } from '../../src/container/format.js';
import { readHeader, writeHeader } from '../../src/container/patch-header.js';
import { createPatchSync } from '../../src/index.js';
import { makeTextPair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeTextPair(5, 100);
const { patch } = createPatchSync(oldBytes, newBytes, { metadata: { a: '1', b: '2' } });
const { header, endOffset } = readHeader(patch);
const written = writeHeader(header);
const withCode = (code: string) => expect.objectContaining({ code });

/** The header with some of its bytes replaced where `from` stands, once. */
function replaced(from: readonly number[], to: readonly number[]): Uint8Array {
  const bytes = Buffer.from(written);
  const at = bytes.indexOf(Uint8Array.from(from));
  expect(at).toBeGreaterThan(0);
  expect(bytes.indexOf(Uint8Array.from(from), at + 1)).toBe(-1);
  bytes.set(to, at);
  return new Uint8Array(bytes);
}
const text = (word: string) => [...Buffer.from(word)];

describe('a header', () => {
  it('is read as it was written', () => {
    expect(written).toEqual(patch.subarray(0, endOffset));
    expect(readHeader(written)).toEqual({ header, endOffset });
  });

  it('needs all of the magic', () => {
    for (let size = 0; size < MAGIC.length; size++)
      expect(() => readHeader(MAGIC.subarray(0, size))).toThrow(withCode('TRUNCATED'));
    for (let at = 0; at < MAGIC.length; at++) {
      const other = patch.slice();
      other[at]! ^= 0x20;
      expect(() => readHeader(other)).toThrow(withCode('BAD_MAGIC'));
    }
  });

  it('has a version that is known, a digest and features as well', () => {
    const fields = MAGIC.length + 2;
    for (const [at, value, code] of [
      [MAGIC.length, FORMAT_VERSION + 1, 'UNSUPPORTED_VERSION'],
      [MAGIC.length, 0, 'UNSUPPORTED_VERSION'],
      [fields, 9, 'BAD_HEADER'],
      [fields + 1, 1, 'UNSUPPORTED_FEATURE'],
      [fields + 3, 2, 'UNSUPPORTED_FEATURE'],
    ] as const) {
      // The size of this header takes one byte or two.
      const bytes = written.slice();
      bytes[at + (at < fields ? 0 : written[MAGIC.length + 1]! < 0x80 ? 0 : 1)] = value;
      expect(() => readHeader(bytes)).toThrow(withCode(code));
    }
  });

  it('is as long as the limit allows', () => {
    const claiming = (size: number) => new ByteWriter().put(MAGIC).u8(FORMAT_VERSION).varint(size).take();
    expect(() => readHeader(claiming(LIMITS.headerSize))).toThrow(withCode('TRUNCATED'));
    expect(() => readHeader(claiming(LIMITS.headerSize + 1))).toThrow(withCode('BAD_HEADER'));
  });

  it('counts no more covers than new has bytes', () => {
    const counting = (coverCount: number) => readHeader(writeHeader({ ...header, coverCount }));
    expect(counting(header.newSize).header.coverCount).toBe(header.newSize);
    expect(() => counting(header.newSize + 1)).toThrow(withCode('BAD_HEADER'));
  });
});

describe('metadata', () => {
  const pairs = [1, ...text('a'), 1, ...text('1'), 1, ...text('b'), 1, ...text('2')];

  it.each([
    ['the same key twice', 'a1a2'],
    ['keys out of order', 'b1a2'],
  ])('is refused: %s', (_what, [first, one, second, two]) => {
    const wrong = [first, one, second, two].flatMap((letter) => [1, ...text(letter!)]);
    expect(() => readHeader(replaced(pairs, wrong))).toThrow(withCode('BAD_HEADER'));
  });

  it('may have other keys in order', () => {
    const other = ['a', 'x', 'c', 'y'].flatMap((letter) => [1, ...text(letter)]);
    expect(readHeader(replaced(pairs, other)).header.metadata).toEqual({ a: 'x', c: 'y' });
  });

  it('is UTF-8', () => {
    const wrong = [1, ...text('a'), 1, 0xff, 1, ...text('b'), 1, ...text('2')];
    expect(() => readHeader(replaced(pairs, wrong))).toThrow(withCode('BAD_HEADER'));
  });

  it('keeps a key that objects treat in a way of their own', () => {
    const metadata = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    const { metadata: found } = readHeader(writeHeader({ ...header, metadata })).header;
    expect(Object.entries(found).sort()).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
