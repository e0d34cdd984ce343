/** Images past 4 GiB, as sparse files: offsets of 64 bits from the file to the sink. Deltas end at 32 bits and say so (test/apply/limits.test.ts). */

import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyPatchTo } from '../../src/apply/apply-patch.js';
import { writePatch } from '../../src/container/patch-writer.js';
import { FileReader } from '../../src/node/file-reader.js';
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

beforeAll(() => {
  folder = new ScratchFolder();
  const fd = openSync(folder.file('old'), 'wx+');
  ftruncateSync(fd, SIZE);
  for (const [offset, text] of MARKS) writeSync(fd, Buffer.from(text), 0, text.length, offset);
  const hash = createHash('sha256');
  const buffer = new Uint8Array(1 << 20);
  for (let offset = 0; offset < SIZE; ) {
    const count = readSync(fd, buffer, 0, buffer.length, offset);
    hash.update(buffer.subarray(0, count));
    offset += count;
  }
  closeSync(fd);
  const digest = new Uint8Array(hash.digest());
  patch = writePatch(
    {
      form: 'same',
      criticalFeatures: 0,
      optionalFeatures: 0,
      oldSize: SIZE,
      newSize: SIZE,
      oldDigest: digest,
      newDigest: digest,
      windowSizeLog2: 24,
      windowDigests: [],
      predictorId: 0,
      predictorVersion: 0,
      coverCount: 0,
      decoderMemory: 0,
      metadata: {},
    },
    [],
  );
});
afterAll(() => folder.clean());

it('are copied byte for byte in bounded memory', async () => {
  const old = new FileReader(folder.file('old'));
  const fd = openSync(folder.file('new'), 'wx+');
  let end = 0;
  const before = process.memoryUsage().rss;
  let highest = before;
  try {
    const sink = {
      write(bytes: Uint8Array, offset: number) {
        if (offset !== end) throw new Error(`${offset} follows ${end}`);
        end = offset + bytes.length;
        // Zeros stay holes.
        if (!zeros.subarray(0, bytes.length).equals(bytes)) writeSync(fd, bytes, 0, bytes.length, offset);
        highest = Math.max(highest, process.memoryUsage.rss());
      },
    };
    const report = await applyPatchTo(old, patch, sink, { maxNewSize: SIZE });
    expect(report).toMatchObject({ form: 'same', newSize: SIZE });
    expect(end).toBe(SIZE);
    for (const [offset, text] of MARKS) {
      const found = Buffer.alloc(text.length);
      readSync(fd, found, 0, text.length, offset);
      expect(found.toString()).toBe(text);
    }
    process.stdout.write(`${SIZE} bytes, resident memory grew by ${(highest - before) >> 10} KiB\n`);
    expect(highest - before).toBeLessThan(96 << 20);
    expect(statSync(folder.file('new')).blocks * 512).toBeLessThan(16 << 20);
  } finally {
    closeSync(fd);
    old.close();
  }
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
