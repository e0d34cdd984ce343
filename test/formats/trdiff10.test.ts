import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { convertPatchSync } from '../../src/convert/convert-patch.js';
import { PatchError } from '../../src/errors/patch-error.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { readSignMagnitude, writeSignMagnitude } from '../../src/formats/sign-magnitude.js';
import { writeZstd } from '../../src/formats-diff/zstd-write.js';
import { identify } from '../../src/identify/identify.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { hasTool } from '../support/installed-tool.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');

type Code = (bytes: Uint8Array) => Uint8Array;
const ours: Code = (bytes) => writeZstd(new Uint8Array(0), bytes, new Uint32Array(0));
/** As zig-bsdiff does it: a stream of unknown size at level 19, without a checksum. */
const byZstd: Code = (bytes) =>
  new Uint8Array(
    execFileSync('zstd', ['-q', '-c', '-19', '--no-check'], { input: bytes, maxBuffer: 1 << 26 }),
  );

/** Control, diff and extra of a patch by bsdiff. */
function streamsOf(name: string): readonly Uint8Array[] {
  const plain = convertPatchSync(foreignVector(`gen/${name}`), { to: 'bsdifn40' }).patch;
  const [control, diff] = [8, 16].map((at) => readSignMagnitude(plain, at, 'a size')) as [number, number];
  return [
    plain.subarray(32, 32 + control),
    plain.subarray(32 + control, 32 + control + diff),
    plain.subarray(32 + control + diff),
  ];
}

function trdiff10(newSize: number, coded: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(32);
  header.set(new TextEncoder().encode('TRDIFF10'));
  [coded[0]!.length, coded[1]!.length, newSize].forEach((size, i) => {
    writeSignMagnitude(header, 8 + 8 * i, size);
  });
  return concatBytes(header, ...coded);
}

const streams = streamsOf('bsdiff40.debian.patch');
const patch = trdiff10(NEW.length, streams.map(ours));

describe('TRDIFF10', () => {
  it('is named and applied', () => {
    expect(identify(patch)).toMatchObject({ kind: 'trdiff10', description: 'zig-bsdiff patch' });
    expect(Buffer.compare(applyForeignSync(OLD, patch), NEW)).toBe(0);
  });

  it.skipIf(!hasTool('zstd'))('is applied as zstd codes its streams', () => {
    expect(Buffer.compare(applyForeignSync(OLD, trdiff10(NEW.length, streams.map(byZstd))), NEW)).toBe(0);
  });

  it('becomes bsdiff40 without old', () => {
    const { patch: made, report } = convertPatchSync(patch, { to: 'bsdiff40' });
    expect(report).toMatchObject({ from: 'trdiff10', way: 'carried', dropped: [] });
    expect(
      Buffer.compare(
        made,
        convertPatchSync(foreignVector('gen/bsdiff40.debian.patch'), { to: 'bsdiff40' }).patch,
      ),
    ).toBe(0);
  });

  it('is refused when cut or continued', () => {
    for (let size = 0; size < patch.length; size += size < 64 ? 1 : 37)
      expect(() => applyForeignSync(OLD, patch.subarray(0, size)), `${size} bytes`).toThrow(PatchError);
    expect(() => applyForeignSync(OLD, concatBytes(patch, Uint8Array.of(0)))).toThrow(PatchError);
  });

  it.each([
    ['more control than is of use', 0, concatBytes(streams[0]!, new Uint8Array(24)), 'TRAILING_BYTES'],
    ['half a triple', 0, streams[0]!.subarray(0, -1), 'TRUNCATED'],
    ['more diff than control asks for', 1, concatBytes(streams[1]!, Uint8Array.of(0)), 'TRAILING_BYTES'],
    ['less extra than control asks for', 2, streams[2]!.subarray(0, -1), 'TRUNCATED'],
    ['more extra than new has bytes', 2, new Uint8Array(NEW.length + 1), 'BAD_STREAM'],
  ] as const)('%s is refused', (_, index, stream, code) => {
    const coded = streams.map((each, i) => ours(i === index ? stream : each));
    expect(() => applyForeignSync(OLD, trdiff10(NEW.length, coded))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('keeps the limit of new, and refuses negative lengths', () => {
    expect(() => applyForeignSync(OLD, patch, { maxNewSize: NEW.length - 1 })).toThrow(
      expect.objectContaining({ code: 'NEW_SIZE_LIMIT' }),
    );
    for (const at of [0, 8]) {
      const control = streams[0]!.slice();
      writeSignMagnitude(control, at, -(2 ** 32) + 16);
      const lying = trdiff10(NEW.length, [control, streams[1]!, streams[2]!].map(ours));
      expect(() => applyForeignSync(OLD, lying)).toThrow(expect.objectContaining({ code: 'BAD_CONTROL' }));
    }
  });
});
