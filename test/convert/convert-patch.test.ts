import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { applyPatchSync } from '../../src/apply/apply-patch-sync.js';
import { toHex } from '../../src/bytes/hex.js';
import type { ConvertTarget } from '../../src/convert/convert-options.js';
import { convertPatch, convertPatchSync } from '../../src/convert/convert-patch.js';
import { createPatchSync } from '../../src/create/create-patch.js';
import { sha256 } from '../../src/digest/digest.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { createForeignSync } from '../../src/formats-diff/create-foreign.js';
import { identify } from '../../src/identify/identify.js';
import { bxdiff4x, bxdiff50, bxdiff50Whole } from '../support/bxdiff-builder.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { hasTool } from '../support/installed-tool.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { TARGETS_HERE, WRITABLE_HERE } from '../support/writable-formats.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const DIGEST = toHex(sha256(NEW));
const BSDIFF_FAMILY = ['bsdiff40', 'bsdifn40', 'bsdiff43'] as const;
const SOURCES = [
  'bsdiff40.debian.patch',
  'hdiffz.bsdiff40.patch',
  'bsdf2.bz2.patch',
  'bsdf2.bz2-brotli.patch',
  'endsley43.mendsley.patch',
  'endsley.nocompression.patch',
  'endsley.bz2.patch',
] as const;

const scratch = new ScratchFolder();
afterAll(() => scratch.clean());

function apply(old: Uint8Array, patch: Uint8Array): Uint8Array {
  return identify(patch).kind === 'deltakit' ? applyPatchSync(old, patch) : applyForeignSync(old, patch);
}

describe('patches of the bsdiff family, without old', () => {
  it.each(SOURCES)('%s becomes each other format and back, with the same streams', (name) => {
    const patch = foreignVector(`gen/${name}`);
    const plain = convertPatchSync(patch, { to: 'bsdifn40' }).patch;
    for (const to of BSDIFF_FAMILY) {
      const { patch: made, report } = convertPatchSync(patch, { to });
      expect(identify(made).kind).toBe(to);
      expect(report).toMatchObject({ to, way: 'carried', proved: false, newDigest: null, dropped: [] });
      expect(Buffer.compare(apply(OLD, made), NEW)).toBe(0);
      // BSDIFN40 is the streams themselves, so equal ones mean equal triples, diff and extra.
      expect(Buffer.compare(convertPatchSync(made, { to: 'bsdifn40' }).patch, plain)).toBe(0);
    }
  });

  it.each(['hdiff13.hdiff', 'hdiff13-c-zlib.hdiff', 'hdiffsf20.hdiff', 'hdiffsf20-c-bz2.hdiff'])(
    '%s: covers become triples, and only the size of old is lost',
    (name) => {
      for (const to of BSDIFF_FAMILY) {
        const { patch: made, report } = convertPatchSync(foreignVector(`gen/${name}`), { to });
        expect(report).toMatchObject({ to, way: 'carried', dropped: ['size of old'] });
        expect(Buffer.compare(apply(OLD, made), NEW)).toBe(0);
      }
    },
  );

  it('takes a format that has no magic when it is told', () => {
    const patch = foreignVector('gen/endsley.brotli.patch');
    expect(() => convertPatchSync(patch, { to: 'bsdiff40' })).toThrow(/not applied/);
    const { patch: made } = convertPatchSync(patch, { to: 'bsdiff40', from: 'bsdiff43' });
    expect(Buffer.compare(apply(OLD, made), NEW)).toBe(0);
  });

  it.skipIf(!hasTool('xz'))("takes Apple's, and says which digests are lost", () => {
    for (const [patch, dropped] of [
      [bxdiff50(OLD, NEW), ['SHA-1 of old and new']],
      [bxdiff50Whole(NEW), ['SHA-1 of old and new']],
      [bxdiff4x(1, OLD, NEW), ['SHA-1 of old']],
      [bxdiff4x(0, OLD, NEW), []],
    ] as const) {
      const { patch: made, report } = convertPatchSync(patch, { to: 'bsdiff40' });
      expect(report).toMatchObject({ from: 'bxdiff', way: 'carried', dropped });
      expect(Buffer.compare(apply(OLD, made), NEW)).toBe(0);
    }
    const empty = bxdiff50Whole(new Uint8Array(0));
    expect(apply(OLD, convertPatchSync(empty, { to: 'bsdiff43' }).patch).length).toBe(0);
  });

  it.skipIf(!hasTool('bspatch')).each(SOURCES)('%s as bsdiff40 is applied by bspatch', (name) => {
    const [old, made, patch] = ['old', 'made', 'patch'].map((file) => scratch.file(file));
    writeFileSync(old!, OLD);
    writeFileSync(patch!, convertPatchSync(foreignVector(`gen/${name}`), { to: 'bsdiff40' }).patch);
    execFileSync('bspatch', [old!, made!, patch!]);
    expect(Buffer.compare(readFileSync(made!), NEW)).toBe(0);
  });

  it('refuses what a reader refuses', () => {
    const patch = foreignVector('gen/bsdiff40.debian.patch');
    for (const size of [20, 400, patch.length - 1])
      expect(() => convertPatchSync(patch.subarray(0, size), { to: 'bsdifn40' })).toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      );
    for (const name of ['cve-2014-9862-neg-diff-int32', 'cve-2020-14315-add-overflow', 'bad-trunc-extra']) {
      const hostile = foreignVector(`hostile-bsdiff40/${name}.patch`);
      expect(() => convertPatchSync(hostile, { to: 'bsdifn40' }), name).toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      );
    }
    expect(() => convertPatchSync(patch, { to: 'bsdifn40', maxNewSize: NEW.length - 1 })).toThrow(
      expect.objectContaining({ code: 'NEW_SIZE_LIMIT' }),
    );
  });
});

describe('VCDIFF, without old', () => {
  const toPlain = (name: string) => convertPatchSync(foreignVector(`gen/${name}`), { to: 'vcdiff' });

  it.each([
    ['xdelta3.lzma.vcdiff', 'xdelta3.none.vcdiff', ['application header']],
    ['xdelta3.multiwin-lzma.vcdiff', 'xdelta3.multiwin.vcdiff', []],
  ])('%s becomes what xdelta3 writes without LZMA', (coded, plain, dropped) => {
    const { patch, report } = toPlain(coded);
    expect(report).toMatchObject({ way: 'carried', proved: false, dropped });
    expect(Buffer.compare(patch, toPlain(plain).patch)).toBe(0);
    expect(Buffer.compare(apply(OLD, patch), NEW)).toBe(0);
    // No secondary coder, no application header: what RFC 3284 knows.
    expect(patch[4]).toBe(0);
  });

  it('what is plain already stays as it is', () => {
    const patch = foreignVector('gen/xdelta3.rfc3284.vcdiff');
    expect(Buffer.compare(convertPatchSync(patch, { to: 'vcdiff' }).patch, patch)).toBe(0);
    expect(toPlain('xdelta3.rfc3284.vcdiff').report.dropped).toEqual([]);
  });

  it.skipIf(!hasTool('xdelta3'))('xdelta3 applies it', () => {
    const [old, made, patch] = ['old', 'made', 'patch'].map((file) => scratch.file(file));
    writeFileSync(old!, OLD);
    writeFileSync(patch!, toPlain('xdelta3.multiwin-lzma.vcdiff').patch);
    execFileSync('xdelta3', ['-d', '-f', '-s', old!, patch!, made!]);
    expect(Buffer.compare(readFileSync(made!), NEW)).toBe(0);
  });

  it("refuses damage, keeps the limit, and needs old for open-vcdiff's version", () => {
    const patch = foreignVector('gen/xdelta3.multiwin-lzma.vcdiff');
    for (const size of [4, 40, 200, patch.length - 1])
      expect(() => convertPatchSync(patch.subarray(0, size), { to: 'vcdiff' })).toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      );
    expect(() => convertPatchSync(patch, { to: 'vcdiff', maxNewSize: NEW.length - 1 })).toThrow(
      expect.objectContaining({ code: 'NEW_SIZE_LIMIT' }),
    );
    const extended = Uint8Array.of(0xd6, 0xc3, 0xc4, 0x53, 0);
    expect(() => convertPatchSync(extended, { to: 'vcdiff' })).toThrow(
      expect.objectContaining({ code: 'OLD_MISSING' }),
    );
  });
});

describe('with old', () => {
  const made = createPatchSync(OLD, NEW, { metadata: { note: 'x' }, reverse: true }).patch;
  const sources: readonly (readonly [name: string, patch: Uint8Array])[] = [
    ['deltakit', made],
    ...WRITABLE_HERE.map((format) => [format, createForeignSync(OLD, NEW, { format })] as const),
    ['vcdiff', foreignVector('gen/xdelta3.lzma.vcdiff')],
    ['zstd', foreignVector('gen/patch-from.zst')],
    ['dcz', foreignVector('gen/new.dcz')],
    ['bsdf2', foreignVector('gen/bsdf2.brotli.patch')],
  ];
  const carried: Readonly<Record<string, readonly ConvertTarget[]>> = {
    bsdiff40: BSDIFF_FAMILY,
    bsdifn40: BSDIFF_FAMILY,
    bsdiff43: BSDIFF_FAMILY,
    bsdf2: BSDIFF_FAMILY,
    vcdiff: ['vcdiff'],
    zstd: ['dcz'],
    dcz: ['zstd'],
  };

  it.each(sources)('%s becomes every format, proved', (from, patch) => {
    for (const to of TARGETS_HERE) {
      const { patch: result, report } = convertPatchSync(patch, { to, old: OLD });
      const way = carried[from]?.includes(to) ? 'carried' : 'rebuilt';
      expect(report).toMatchObject({ from, to, way, proved: true, newDigest: DIGEST });
      expect(report).toMatchObject({ patchSize: patch.length, resultSize: result.length });
      expect(identify(result).kind).toBe(to);
      expect(Buffer.compare(apply(OLD, result), NEW)).toBe(0);
    }
  });

  it('carries frames byte for byte', () => {
    const dcz = foreignVector('gen/new.dcz');
    const { patch: zstd, report } = convertPatchSync(dcz, { to: 'zstd' });
    expect(Buffer.compare(zstd, dcz.subarray(40))).toBe(0);
    expect(report.dropped).toEqual(['SHA-256 of old']);
    expect(Buffer.compare(convertPatchSync(zstd, { to: 'dcz', old: OLD }).patch, dcz)).toBe(0);
    for (const size of [39, 60, dcz.length - 1])
      expect(() => convertPatchSync(dcz.subarray(0, size), { to: 'zstd' })).toThrow(
        expect.objectContaining({ code: 'TRUNCATED' }),
      );
  });

  it('makes a frame anew whose window is larger than browsers take', () => {
    const frame = foreignVector('gen/patch-from.zst');
    // A frame with a window descriptor: 16 MiB, where clients take 8 MiB for so small an old.
    expect(frame[4]! & 32).toBe(32);
    const wide = Uint8Array.from([...frame.subarray(0, 4), frame[4]! & ~32, 14 << 3, ...frame.subarray(5)]);
    expect(Buffer.compare(applyForeignSync(OLD, wide), NEW)).toBe(0);
    expect(convertPatchSync(wide, { to: 'dcz', old: OLD }).report.way).toBe('rebuilt');
    expect(convertPatchSync(frame, { to: 'dcz', old: OLD }).report.way).toBe('carried');
  });

  it('makes a patch anew when it is told to', () => {
    const patch = foreignVector('gen/hdiffz.bsdiff40.patch');
    const { patch: result, report } = convertPatchSync(patch, { to: 'bsdiff40', old: OLD, rebuild: true });
    expect(report.way).toBe('rebuilt');
    expect(Buffer.compare(result, createForeignSync(OLD, NEW, { format: 'bsdiff40' }))).toBe(0);
  });

  it('says what is lost', () => {
    expect(convertPatchSync(made, { to: 'vcdiff', old: OLD }).report.dropped).toEqual([
      'SHA-256 of old and new',
      'metadata',
      'the way back',
    ]);
    expect(convertPatchSync(made, { to: 'deltakit', old: OLD }).report.dropped).toEqual([
      'metadata',
      'the way back',
    ]);
  });

  it('refuses the wrong old', () => {
    const wrong = OLD.slice();
    wrong[30_000]! ^= 1;
    const expect_ = { newDigest: DIGEST };
    for (const name of ['xdelta3.lzma.vcdiff', 'bsdiff40.debian.patch'])
      expect(() =>
        convertPatchSync(foreignVector(`gen/${name}`), { to: 'bsdiff40', old: wrong, expect: expect_ }),
      ).toThrow(expect.objectContaining({ code: 'NEW_DIGEST_MISMATCH' }));
    for (const patch of [made, foreignVector('gen/new.dcz')])
      expect(() => convertPatchSync(patch, { to: 'bsdiff40', old: wrong })).toThrow(
        expect.objectContaining({ code: 'OLD_DIGEST_MISMATCH' }),
      );
  });

  it('refuses new in the place of old, which applying would take', () => {
    expect(() => convertPatchSync(made, { to: 'bsdiff40', old: NEW })).toThrow(
      expect.objectContaining({
        name: 'MismatchError',
        data: expect.objectContaining({ alreadyApplied: true }),
      }),
    );
  });
});

describe('what is missing', () => {
  it.each([
    [
      'xdelta3.none.vcdiff',
      'bsdiff40',
      'from vcdiff to bsdiff40 the patch is made anew, which needs the old file',
    ],
    [
      'bsdiff40.debian.patch',
      'deltakit',
      'from bsdiff40 to deltakit the patch is made anew, which needs the old file',
    ],
    ['patch-from.zst', 'dcz', 'from zstd to dcz the patch is made anew, which needs the old file'],
  ] as const)('%s to %s', async (name, to, message) => {
    await expect(convertPatch(foreignVector(`gen/${name}`), { to })).rejects.toMatchObject({
      name: 'MismatchError',
      code: 'OLD_MISSING',
      message,
    });
  });

  it('a digest cannot be checked, nor a patch made anew, without old', () => {
    const patch = foreignVector('gen/bsdiff40.debian.patch');
    const missing = expect.objectContaining({ code: 'OLD_MISSING' });
    expect(() => convertPatchSync(patch, { to: 'bsdifn40', expect: { newDigest: DIGEST } })).toThrow(missing);
    expect(() => convertPatchSync(patch, { to: 'bsdifn40', rebuild: true })).toThrow(missing);
  });

  it('formats that are not known, and files that are no patch', () => {
    expect(() => convertPatchSync(NEW, { to: 'bsdiff40' })).toThrow(
      expect.objectContaining({ code: 'BAD_MAGIC' }),
    );
    const patch = foreignVector('gen/bsdiff40.debian.patch');
    expect(() => convertPatchSync(patch, { to: 'hdiff' as ConvertTarget })).toThrow(RangeError);
  });
});
