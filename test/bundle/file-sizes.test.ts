import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { assertFileSizes } from '../../src/bundle-diff/assert-file-sizes.js';
import { createBundlePatch } from '../../src/bundle-entry.js';
import { INPUT_LIMIT } from '../../src/create/create-patch.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const folder = new ScratchFolder();
const [old, next] = [folder.file('old'), folder.file('new')];
afterAll(() => folder.clean());

/** A file that is a hole, which takes no room. */
function makeHole(path: string, size: number): void {
  writeFileSync(folder.file(path), '');
  truncateSync(folder.file(path), size);
}

beforeEach(() => {
  for (const side of ['old', 'new']) mkdirSync(folder.file(`${side}/lib/deep`), { recursive: true });
  makeHole('old/lib/deep/file', 10);
});

describe('a file of new that is too large', () => {
  it('is refused by its size: a tebibyte would take an hour to hash', async () => {
    makeHole('new/lib/deep/file', 2 ** 40);
    await expect(createBundlePatch(old, next)).rejects.toMatchObject({
      name: 'LimitError',
      code: 'INPUT_SIZE_LIMIT',
      data: { path: 'lib/deep/file', found: 2 ** 40, expected: INPUT_LIMIT },
    });
  });

  it('is only one above the limit', () => {
    makeHole('new/lib/deep/file', INPUT_LIMIT);
    expect(() => assertFileSizes(old, next)).not.toThrow();
    makeHole('new/lib/deep/file', INPUT_LIMIT + 1);
    expect(() => assertFileSizes(old, next)).toThrow(`lib/deep/file has ${INPUT_LIMIT + 1} bytes`);
  });

  it('may be one of old, wherever that lies', () => {
    makeHole('new/lib/deep/file', 2 ** 40);
    makeHole('old/elsewhere', 2 ** 40);
    expect(() => assertFileSizes(old, next)).not.toThrow();
    makeHole('old/elsewhere', 2 ** 40 - 1);
    expect(() => assertFileSizes(old, next)).toThrow('lib/deep/file has');
  });
});
