/**
 * Images past 4 GiB, as sparse files: offsets of 64 bits from the file to the sink, in the two forms that may be as large: new is old (`same`), and new
 * alone (`stored`). Deltas end at 32 bits and say so (test/apply/limits.test.ts), and creating ends at 1 GiB.
 */

import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createDeflateRaw } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyPatchTo } from '../../src/apply/apply-patch.js';
import { createBundlePatch } from '../../src/bundle-entry.js';
import { digestedWindowCount } from '../../src/container/patch-header.js';
import { writePatch } from '../../src/container/patch-writer.js';
import { CODER } from '../../src/entropy/codec.js';
import { FileReader } from '../../src/node/file-reader.js';
import { bytesAccess, createPatchFile, sha256 } from '../../src/node-entry.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const SIZE = 2 ** 32 + 2 ** 20 + 12_345;
const MARKS: readonly [number, string][] = [
  [0, 'first'],
  [2 ** 32 - 3, 'across'],
  [2 ** 32 + 77, 'beyond'],
  [SIZE - 4, 'last'],
];
const zeros = Buffer.alloc(1 << 20);
let folder: ScratchFolder;
let patch: Uint8Array;
let stored: Uint8Array;

/** The fields of a header that every form here has. */
const COMMON = {
  criticalFeatures: 0,
  optionalFeatures: 0,
  newSize: SIZE,
  predictorId: 0,
  predictorVersion: 0,
  coverCount: 0,
  metadata: {},
} as const;
const WINDOW_LOG2 = 23;

beforeAll(async () => {
  folder = new ScratchFolder();
  const fd = openSync(folder.file('old'), 'wx+');
  ftruncateSync(fd, SIZE);
  for (const [offset, text] of MARKS) writeSync(fd, Buffer.from(text), 0, text.length, offset);
  const hash = createHash('sha256');
  const windows: Uint8Array[] = [];
  const deflate = createDeflateRaw({ level: 1, memLevel: 9 });
  const coded: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => coded.push(piece));
  const buffer = new Uint8Array(2 ** WINDOW_LOG2);
  for (let offset = 0; offset < SIZE; ) {
    const count = readSync(fd, buffer, 0, buffer.length, offset);
    const bytes = buffer.slice(0, count);
    hash.update(bytes);
    windows.push(sha256(bytes).subarray(0, 16));
    if (!deflate.write(bytes)) await new Promise((resolve) => deflate.once('drain', resolve));
    offset += count;
  }
  closeSync(fd);
  await new Promise<void>((resolve) => {
    deflate.once('end', resolve).end();
  });
  const digest = new Uint8Array(hash.digest());
  patch = writePatch(
    {
      ...COMMON,
      form: 'same',
      oldSize: SIZE,
      oldDigest: digest,
      newDigest: digest,
      windowSizeLog2: 24,
      windowDigests: [],
      decoderMemory: 0,
    },
    [],
  );
  const bytes = new Uint8Array(Buffer.concat(coded));
  stored = writePatch(
    {
      ...COMMON,
      form: 'stored',
      oldSize: 3,
      oldDigest: sha256(Buffer.from('old')),
      newDigest: digest,
      windowSizeLog2: WINDOW_LOG2,
      windowDigests: windows.slice(0, digestedWindowCount(SIZE, WINDOW_LOG2)),
      decoderMemory: 1 << 20,
    },
    [
      {
        name: 'whole',
        kinds: 0,
        coder: CODER.deflate,
        parameters: new Uint8Array(0),
        rawSize: SIZE,
        bytes,
      },
    ],
  );
});
afterAll(() => folder.clean());

/** A sink that writes a sparse file, and what it saw. */
function sparseSink(path: string) {
  const fd = openSync(path, 'wx+');
  const before = process.memoryUsage.rss();
  const seen = { end: 0, grown: 0 };
  return {
    seen,
    sink: {
      write(bytes: Uint8Array, offset: number) {
        if (offset !== seen.end) throw new Error(`${offset} follows ${seen.end}`);
        seen.end = offset + bytes.length;
        // Zeros stay holes.
        if (!zeros.subarray(0, bytes.length).equals(bytes)) writeSync(fd, bytes, 0, bytes.length, offset);
        seen.grown = Math.max(seen.grown, process.memoryUsage.rss() - before);
      },
    },
    close: () => closeSync(fd),
    expectMarks() {
      for (const [offset, text] of MARKS) {
        const found = Buffer.alloc(text.length);
        readSync(fd, found, 0, text.length, offset);
        expect(found.toString()).toBe(text);
      }
      expect(statSync(path).blocks * 512).toBeLessThan(64 << 20);
    },
  };
}

it.each(['same', 'stored'] as const)('are made byte for byte in bounded memory (%s)', async (form) => {
  const old = new FileReader(folder.file('old'));
  const made = sparseSink(folder.file(form));
  try {
    const from = form === 'same' ? old : bytesAccess(Buffer.from('old'));
    const report = await applyPatchTo(from, form === 'same' ? patch : stored, made.sink, {
      maxNewSize: SIZE,
    });
    expect(report).toMatchObject({ form, newSize: SIZE });
    expect(made.seen.end).toBe(SIZE);
    made.expectMarks();
    process.stdout.write(`${form}: ${SIZE} bytes, resident memory grew by ${made.seen.grown >> 10} KiB\n`);
    expect(made.seen.grown).toBeLessThan(128 << 20);
  } finally {
    made.close();
    old.close();
  }
});

it('are refused when a patch is to be made, alone or in a folder, with what they need', async () => {
  const data = { expected: 2 ** 30, found: SIZE };
  const paths = { old: folder.file('old'), new: folder.file('old'), patch: folder.file('p.dkp') };
  await expect(createPatchFile(paths)).rejects.toMatchObject({
    name: 'LimitError',
    code: 'INPUT_SIZE_LIMIT',
    data: { ...data, needed: 2 * SIZE },
  });
  for (const side of ['before', 'after']) mkdirSync(folder.file(side));
  writeFileSync(folder.file('before/big'), 'small yet');
  linkSync(folder.file('old'), folder.file('after/big'));
  const [before, after] = [folder.file('before'), folder.file('after')];
  await expect(createBundlePatch(before, after)).rejects.toMatchObject({
    name: 'LimitError',
    code: 'INPUT_SIZE_LIMIT',
    data: { ...data, path: 'big', needed: SIZE },
  });
  // One that was large is no base of what follows, which is stored whole instead.
  const { report } = await createBundlePatch(after, before);
  expect(report.files).toMatchObject([{ path: 'big', origin: 'stored', sources: [] }]);
  // One that stays is no work.
  writeFileSync(folder.file('after/small'), 'more');
  const moved = folder.file('moved');
  mkdirSync(moved);
  linkSync(folder.file('old'), `${moved}/large`);
  expect((await createBundlePatch(after, moved)).report.files).toMatchObject([
    { path: 'large', origin: 'copied', sources: ['big'] },
  ]);
});

it('are refused by default, and a byte changed past 4 GiB is seen', async () => {
  const old = new FileReader(folder.file('old'));
  try {
    await expect(applyPatchTo(old, patch, { write() {} })).rejects.toMatchObject({ code: 'NEW_SIZE_LIMIT' });
    const fd = openSync(folder.file('old'), 'r+');
    writeSync(fd, Buffer.of(1), 0, 1, 2 ** 32 + 500);
    closeSync(fd);
    await expect(applyPatchTo(old, patch, { write() {} }, { maxNewSize: SIZE })).rejects.toMatchObject({
      code: 'OLD_DIGEST_MISMATCH',
    });
  } finally {
    old.close();
  }
});
