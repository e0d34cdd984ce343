import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { toHex } from '../../src/bytes/hex.js';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { crc64 } from '../../src/formats/crc64.js';
import { decodeXz } from '../../src/formats/xz-decode.js';
import { bxdiff4x, bxdiff50, bxdiff50Whole, xz } from '../support/bxdiff-builder.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { hasTool } from '../support/installed-tool.js';
import { SeededRandom } from '../support/seeded-random.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');

describe.skipIf(!hasTool('xz'))('xz', () => {
  const random = new SeededRandom(7);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['one byte', Uint8Array.of(1)],
    ['zeros', new Uint8Array(300_000)],
    ['noise', random.bytes(150_000)],
    ['code', NEW],
  ];

  it.each(cases)('is decoded with every check and many properties: %s', (_, bytes) => {
    for (const options of [
      ['-0', '--check=none'],
      ['-6', '--check=crc32'],
      ['-9', '--check=crc64'],
      ['--check=sha256', '--block-size=50000'],
      ['--lzma2=preset=6,lc=0,lp=2,pb=0'],
      ['--lzma2=preset=6,lc=4,lp=0,pb=4'],
    ]) {
      const made = decodeXz(xz(bytes, ...options), 'data', bytes.length);
      expect(Buffer.compare(made, bytes), options.join(' ')).toBe(0);
    }
  });

  it.each([
    ['crc32', 4],
    ['crc64', 8],
    ['sha256', 32],
  ])('is refused when a %s is wrong, whichever of its bytes', (check, size) => {
    const plain = NEW.subarray(0, 3000);
    const coded = xz(plain, `--check=${check}`);
    // Behind the check stand the index of one block and the footer.
    const backward = new DataView(coded.buffer).getUint32(coded.length - 8, true);
    const end = coded.length - 12 - 4 * (backward + 1);
    expect(Buffer.compare(decodeXz(coded, 'data', 3000), plain)).toBe(0);
    for (let at = end - size; at < end; at++) {
      const damaged = coded.slice();
      damaged[at]! ^= 0x10;
      expect(() => decodeXz(damaged, 'data', 3000), `byte ${at}`).toThrow(/the check of a block is wrong/);
    }
  });

  it('has the CRC-64 of the catalogue of CRCs (CRC-64/XZ)', () => {
    expect(toHex(crc64(new TextEncoder().encode('123456789')).reverse())).toBe('995dc9bbdf1939fa');
    expect(toHex(crc64(new Uint8Array(0)))).toBe('0000000000000000');
  });

  it('is refused when cut, damaged or longer than wanted', () => {
    const coded = xz(NEW.subarray(0, 5000), '--check=crc32');
    for (let size = 0; size < coded.length; size += 11)
      expect(() => decodeXz(coded.subarray(0, size), 'data', 5000)).toThrow(PatchError);
    for (let bit = 0; bit < 8 * coded.length; bit += 23) {
      const damaged = coded.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(() => decodeXz(damaged, 'data', 5000), `bit ${bit}`).toThrow(PatchError);
    }
    expect(() => decodeXz(coded, 'data', 4999)).toThrow(/of use/);
    expect(() => decodeXz(concatBytes(coded, Uint8Array.of(0)), 'data', 5000)).toThrow(PatchError);
  });
});

describe.skipIf(!hasTool('xz'))('BXDIFF', () => {
  it.each([
    ['BXDIFF50', () => bxdiff50(OLD, NEW)],
    ['BXDIFF41', () => bxdiff4x(1, OLD, NEW)],
    ['BXDIFF40', () => bxdiff4x(0, OLD, NEW)],
  ])('%s', (_, write) => {
    const patch = write();
    expect(Buffer.compare(applyForeignSync(OLD, patch), NEW)).toBe(0);
    for (let size = 0; size < patch.length; size += 1 + (size >>> 4))
      expect(() => applyForeignSync(OLD, patch.subarray(0, size)), `${size} bytes`).toThrow(PatchError);
    expect(() => applyForeignSync(OLD, concatBytes(patch, Uint8Array.of(0)))).toThrow(PatchError);
  });

  it('BXDIFF50 that holds new whole', () => {
    const patch = bxdiff50Whole(NEW);
    expect(Buffer.compare(applyForeignSync(new Uint8Array(0), patch), NEW)).toBe(0);
  });

  it('checks both SHA-1', () => {
    const wrong = OLD.slice();
    wrong[30_000]! ^= 1;
    for (const patch of [bxdiff50(OLD, NEW), bxdiff4x(1, OLD, NEW)])
      expect(() => applyForeignSync(wrong, patch)).toThrow(
        expect.objectContaining({ code: 'OLD_DIGEST_MISMATCH' }),
      );
    const patch = bxdiff50(OLD, NEW);
    patch[45]! ^= 1;
    expect(() => applyForeignSync(OLD, patch)).toThrow(
      expect.objectContaining({ code: 'NEW_DIGEST_MISMATCH' }),
    );
  });
});
