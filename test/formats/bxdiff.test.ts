import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { createSha1 } from '../../src/digest/sha1.js';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { writeSignMagnitude } from '../../src/formats/sign-magnitude.js';
import { decodeXz } from '../../src/formats/xz-decode.js';
import { coversToTriples } from '../../src/formats-diff/cover-triples.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { hasTool } from '../support/installed-tool.js';
import { SeededRandom } from '../support/seeded-random.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const sha1 = (bytes: Uint8Array) => createSha1().update(bytes).digest();

function xz(bytes: Uint8Array, ...options: string[]): Uint8Array {
  return new Uint8Array(execFileSync('xz', ['-c', ...options], { input: bytes, maxBuffer: 1 << 26 }));
}

function u64(value: number, isBig = false): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), !isBig);
  return bytes;
}

/** Chunks of 8 KiB, one of them stored. */
function pbzx(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    const chunk = bytes.subarray(at, at + 8192);
    const coded = xz(chunk, '--check=none', '--lzma2=dict=1MiB');
    const isStored = coded.length >= chunk.length || at === 8192;
    const data = isStored ? chunk : coded;
    chunks.push(u64(chunk.length, true), u64(data.length, true), data);
  }
  return concatBytes(new TextEncoder().encode('pbzx'), u64(0x100000, true), ...chunks);
}

/** One cover of what the two files share at their start, and everything else as extra. */
function streams() {
  const { control, diff, extra } = coversToTriples(OLD, NEW, Uint32Array.of(0, 0, 8000));
  const triples = new Uint8Array(8 * control.length);
  control.forEach((value, i) => {
    writeSignMagnitude(triples, 8 * i, value);
  });
  return { control: triples, diff, extra };
}

const magic = (text: string) => new TextEncoder().encode(text);

function bxdiff50(): Uint8Array {
  const { control, diff, extra } = streams();
  const coded = [pbzx(control), pbzx(diff), pbzx(extra)] as const;
  return concatBytes(
    magic('BXDIFF50'),
    u64(1),
    u64(NEW.length),
    u64(coded[0].length),
    u64(coded[2].length),
    sha1(NEW),
    u64(coded[1].length),
    sha1(OLD),
    ...coded,
  );
}

function bxdiff4x(version: 0 | 1): Uint8Array {
  const { control, diff, extra } = streams();
  const coded = [xz(control), xz(diff), xz(extra)] as const;
  const digest = version === 1 ? sha1(OLD) : new Uint8Array(0);
  const sizes = [coded[0].length, coded[1].length, NEW.length].map((size) => u64(size));
  return concatBytes(magic(`BXDIFF4${version}`), ...sizes, digest, ...coded);
}

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
    ['BXDIFF50', bxdiff50],
    ['BXDIFF41', () => bxdiff4x(1)],
    ['BXDIFF40', () => bxdiff4x(0)],
  ])('%s', (_, write) => {
    const patch = write();
    expect(Buffer.compare(applyForeignSync(OLD, patch), NEW)).toBe(0);
    for (let size = 0; size < patch.length; size += 1 + (size >>> 4))
      expect(() => applyForeignSync(OLD, patch.subarray(0, size)), `${size} bytes`).toThrow(PatchError);
    expect(() => applyForeignSync(OLD, concatBytes(patch, Uint8Array.of(0)))).toThrow(PatchError);
  });

  it('BXDIFF50 that holds new whole', () => {
    const patch = concatBytes(
      magic('BXDIFF50'),
      u64(1),
      u64(NEW.length),
      u64(0),
      u64(0),
      sha1(NEW),
      pbzx(NEW),
    );
    expect(Buffer.compare(applyForeignSync(new Uint8Array(0), patch), NEW)).toBe(0);
  });

  it('checks both SHA-1', () => {
    const wrong = OLD.slice();
    wrong[30_000]! ^= 1;
    for (const patch of [bxdiff50(), bxdiff4x(1)])
      expect(() => applyForeignSync(wrong, patch)).toThrow(
        expect.objectContaining({ code: 'OLD_DIGEST_MISMATCH' }),
      );
    const patch = bxdiff50();
    patch[45]! ^= 1;
    expect(() => applyForeignSync(OLD, patch)).toThrow(
      expect.objectContaining({ code: 'NEW_DIGEST_MISMATCH' }),
    );
  });
});
