import { expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';

test('no bytes have no elements', () => {
  expect(detectElements(bytesAccess(new Uint8Array(0)))).toEqual([]);
});

test('unknown bytes are one raw element without a reason', () => {
  for (const size of [1, 3, 4, 31, 63, 5000]) {
    expect(detectElements(bytesAccess(new Uint8Array(size).fill(7)))).toEqual([
      { offset: 0, size, image: null },
    ]);
  }
});

test('a Java class is no fat file', () => {
  const bytes = new Uint8Array(5000);
  bytes.set([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61]);
  expect(detectElements(bytesAccess(bytes))).toEqual([{ offset: 0, size: 5000, image: null }]);
});

test('a failing source is a StorageError', () => {
  const source = { size: 100, read: () => 0 };
  expect(() => detectElements(source)).toThrow(expect.objectContaining({ code: 'READ_FAILED' }));
});
