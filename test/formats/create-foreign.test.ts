import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { applyForeign, applyForeignSync } from '../../src/formats/apply-foreign.js';
import { createForeignSync } from '../../src/formats-diff/create-foreign.js';
import { identify } from '../../src/identify/identify.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { hasTool } from '../support/installed-tool.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';
import { WRITABLE_HERE } from '../support/writable-formats.js';

const scratch = new ScratchFolder();
afterAll(() => scratch.clean());

const random = new SeededRandom(4);
const noise = random.bytes(5000);
const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const EMPTY = new Uint8Array(0);
const PAIRS: readonly (readonly [name: string, oldBytes: Uint8Array, newBytes: Uint8Array])[] = [
  ['code', OLD, NEW],
  ['the same', OLD, OLD],
  ['nothing from nothing', EMPTY, EMPTY],
  ['nothing from something', OLD, EMPTY],
  ['something from nothing', EMPTY, NEW],
  ['nothing in common', noise, NEW],
  ['halves changed round', OLD, Uint8Array.from([...OLD.subarray(20000), ...OLD.subarray(0, 20000)])],
  ['only the end of old', OLD, OLD.subarray(30000)],
  ['one byte', Uint8Array.of(1), Uint8Array.of(2)],
];

describe.each(WRITABLE_HERE)('%s', (format) => {
  it.each(PAIRS)('is read back: %s', (_, oldBytes, newBytes) => {
    const patch = createForeignSync(oldBytes, newBytes, { format, verify: false });
    expect(identify(patch).kind).toBe(format);
    expect(Buffer.compare(applyForeignSync(oldBytes, patch), newBytes)).toBe(0);
  });
});

describe.skipIf(!hasTool('bspatch'))('bspatch', () => {
  it.each(PAIRS)('applies it: %s', (_, oldBytes, newBytes) => {
    const [old, made, patch] = ['old', 'made', 'patch'].map((name) => scratch.file(name));
    writeFileSync(old!, oldBytes);
    writeFileSync(patch!, createForeignSync(oldBytes, newBytes, { format: 'bsdiff40' }));
    execFileSync('bspatch', [old!, made!, patch!]);
    expect(Buffer.compare(readFileSync(made!), newBytes)).toBe(0);
  });

  it('finds no smaller patch than ours', () => {
    const [old, next, patch] = ['old', 'new', 'patch'].map((name) => scratch.file(name));
    writeFileSync(old!, OLD);
    writeFileSync(next!, NEW);
    execFileSync('bsdiff', [old!, next!, patch!]);
    const ours = createForeignSync(OLD, NEW, { format: 'bsdiff40' });
    expect(ours.length).toBeLessThanOrEqual(readFileSync(patch!).length);
  });
});

describe.skipIf(!hasTool('xdelta3'))('xdelta3', () => {
  it.each(PAIRS)('applies it: %s', (_, oldBytes, newBytes) => {
    const [old, made, patch] = ['old', 'made', 'patch'].map((name) => scratch.file(name));
    writeFileSync(old!, oldBytes);
    writeFileSync(patch!, createForeignSync(oldBytes, newBytes, { format: 'vcdiff' }));
    // xdelta3 refuses a patch of no window, which is what nothing is.
    if (newBytes.length === 0) return;
    execFileSync('xdelta3', ['-d', '-f', '-s', old!, patch!, made!]);
    expect(Buffer.compare(readFileSync(made!), newBytes)).toBe(0);
  });
});

describe('applying', () => {
  const patch = createForeignSync(OLD, NEW, { format: 'bsdiff40' });

  it('proves expected digests', async () => {
    const wrong = '0'.repeat(64);
    await expect(applyForeign(OLD, patch, { expect: { newDigest: wrong } })).rejects.toMatchObject({
      name: 'VerifyError',
      code: 'NEW_DIGEST_MISMATCH',
    });
    await expect(applyForeign(OLD, patch, { expect: { oldDigest: wrong } })).rejects.toMatchObject({
      name: 'MismatchError',
      code: 'OLD_DIGEST_MISMATCH',
    });
  });

  it('refuses more than the limit, and formats that it only names', () => {
    expect(() => applyForeignSync(OLD, patch, { maxNewSize: NEW.length - 1 })).toThrow(
      expect.objectContaining({ code: 'NEW_SIZE_LIMIT' }),
    );
    const zucchini = new TextEncoder().encode('Zucc\u0002\0\0\0');
    expect(() => applyForeignSync(OLD, zucchini)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FEATURE', message: expect.stringMatching(/Chromium/) }),
    );
    expect(() => applyForeignSync(OLD, EMPTY)).toThrow(expect.objectContaining({ code: 'BAD_MAGIC' }));
  });

  it('takes empty triples, which bsdiff writes, but not more triples than bytes', () => {
    const withEmpty = (count: number) => {
      const triples = new Uint8Array(24 * (count + 1));
      triples[24 * count] = 3;
      const header = new Uint8Array(32);
      header.set(new TextEncoder().encode('BSDIFN40'));
      header[8] = triples.length;
      header[16] = 3;
      header[24] = 3;
      return Uint8Array.from([...header, ...triples, 1, 1, 1]);
    };
    const old = Uint8Array.of(1, 2, 3);
    expect([...applyForeignSync(old, withEmpty(3))]).toEqual([2, 3, 4]);
    expect(() => applyForeignSync(old, withEmpty(4))).toThrow(/more control triples/);
  });

  it('can be aborted', async () => {
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(applyForeign(OLD, patch, { signal: abort })).rejects.toThrow('enough');
  });
});
