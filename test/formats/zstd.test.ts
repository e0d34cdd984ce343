import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createXXHash64 } from 'hash-wasm';
import { afterAll, describe, expect, it } from 'vitest';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { xxh64Low } from '../../src/formats/xxh64.js';
import { decodeZstd } from '../../src/formats/zstd-decode.js';
import { createForeignSync } from '../../src/formats-diff/create-foreign.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { hasTool } from '../support/installed-tool.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';

const scratch = new ScratchFolder();
afterAll(() => scratch.clean());
const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const EMPTY = new Uint8Array(0);

describe('XXH64', () => {
  it('agrees with hash-wasm at every length round its stripes', async () => {
    const hasher = await createXXHash64();
    const bytes = new SeededRandom(5).bytes(300);
    for (let size = 0; size <= 300; size++) {
      hasher.init();
      const wanted = hasher.update(bytes.subarray(0, size)).digest('hex').slice(8);
      expect(xxh64Low(bytes.subarray(0, size)).toString(16).padStart(8, '0'), `${size}`).toBe(wanted);
    }
  });
});

describe('zstd --patch-from and dcz by real tools', () => {
  it.each(['patch-from.zst', 'new.dcz'])('%s', (name) => {
    expect(Buffer.compare(applyForeignSync(OLD, foreignVector(`gen/${name}`)), NEW)).toBe(0);
  });

  it('finds a wrong old file', () => {
    const wrong = OLD.slice();
    wrong[100]! ^= 1;
    expect(() => applyForeignSync(wrong, foreignVector('gen/new.dcz'))).toThrow(
      expect.objectContaining({ code: 'OLD_DIGEST_MISMATCH' }),
    );
    expect(() => applyForeignSync(wrong, foreignVector('gen/patch-from.zst'))).toThrow(
      expect.objectContaining({ code: 'NEW_DIGEST_MISMATCH' }),
    );
  });

  it('refuses what is cut or damaged', () => {
    const patch = foreignVector('gen/patch-from.zst');
    for (let size = 1; size < patch.length; size += 7)
      expect(() => applyForeignSync(OLD, patch.subarray(0, size), { format: 'zstd' })).toThrow(PatchError);
    for (let bit = 0; bit < 8 * patch.length; bit += 5) {
      const damaged = patch.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      let made: Uint8Array | undefined;
      try {
        made = applyForeignSync(OLD, damaged, { format: 'zstd', maxNewSize: 1 << 20 });
      } catch (error) {
        expect(error).toBeInstanceOf(PatchError);
      }
      // The bit that says that there is a checksum; nothing else may be lost unseen.
      if (made !== undefined && bit >>> 3 !== 4) expect(Buffer.compare(made, NEW), `bit ${bit}`).toBe(0);
    }
    const longer = Uint8Array.from([...patch, 1, 2, 3, 4]);
    expect(() => applyForeignSync(OLD, longer)).toThrow(expect.objectContaining({ code: 'TRAILING_BYTES' }));
  });
});

describe.skipIf(!hasTool('zstd'))('zstd', () => {
  const random = new SeededRandom(6);
  const words = Array.from({ length: 300 }, () => random.bytes(2 + random.below(9)));
  const prose = Uint8Array.from(
    Array.from({ length: 60_000 }, () => [...words[Math.min(random.below(300), random.below(300))]!]).flat(),
  );
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', EMPTY],
    ['one byte', Uint8Array.of(7)],
    ['zeros', new Uint8Array(300_000)],
    ['noise', random.bytes(200_000)],
    ['words', prose],
    ['code', NEW],
  ];

  it.each(cases)('is decoded at every kind of level: %s', (name, bytes) => {
    for (const level of ['--fast=5', '-1', '-3', '-9', '-19']) {
      const coded = new Uint8Array(
        execFileSync('zstd', ['-q', level, '-c'], { input: bytes, maxBuffer: 1 << 26 }),
      );
      expect(Buffer.compare(decodeZstd(coded, EMPTY, {}), bytes), `${name} ${level}`).toBe(0);
    }
  });

  it.each([
    ['code', OLD, NEW],
    ['nothing in common', random.bytes(3000), NEW],
    ['the same', prose, prose],
    ['words moved', prose, Uint8Array.from([...prose.subarray(150_000), ...prose.subarray(0, 150_000)])],
    ['nothing', OLD, EMPTY],
  ] as const)('applies ours: %s', (_, oldBytes, newBytes) => {
    const [old, patch, made] = ['old', 'patch', 'made'].map((name) => scratch.file(name));
    const ours = createForeignSync(oldBytes, newBytes, { format: 'zstd' });
    writeFileSync(old!, oldBytes);
    writeFileSync(patch!, ours);
    execFileSync('zstd', ['-q', '-d', '-f', `--patch-from=${old}`, patch!, '-o', made!]);
    expect(Buffer.compare(readFileSync(made!), newBytes)).toBe(0);
    const dcz = createForeignSync(oldBytes, newBytes, { format: 'dcz' });
    expect(Buffer.compare(applyForeignSync(oldBytes, dcz), newBytes)).toBe(0);
  });
});
