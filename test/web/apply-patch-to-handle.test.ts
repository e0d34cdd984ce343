import { beforeEach, describe, expect, it } from 'vitest';
import { createPatchSync, PatchStream, sinkStream } from '../../src/index.js';
import {
  type AccessHandle,
  AccessHandleFile,
  applyPatchToHandle,
  readAccessHandle,
} from '../../src/web-entry.js';
import { FakePrivateFiles, TabDied } from '../support/fake-private-files.js';
import { makeCodePair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeCodePair(89, 200_000);
const { patch } = createPatchSync(oldBytes, newBytes, { effort: 'fast' });
let files: FakePrivateFiles;
let old: AccessHandle;
let target: AccessHandle;

beforeEach(async () => {
  files = new FakePrivateFiles({ old: oldBytes, new: new Uint8Array(2 * newBytes.length).fill(9) });
  old = await (await files.getFileHandle('old')).createSyncAccessHandle({ mode: 'read-only' });
  target = await (await files.getFileHandle('new')).createSyncAccessHandle();
});

const apply = (change: object = {}) => applyPatchToHandle({ old, patch, new: target, ...change });
const sizeOfNew = () => files.bytesOf('new')!.length;

describe('a patch to an access handle', () => {
  it('makes new of a longer file, from a handle, and leaves both open', async () => {
    files.faults = { shortWrite: 50_000, shortRead: 50_001 };
    const report = await apply();
    expect(report).toMatchObject({ form: 'delta', newSize: newBytes.length });
    expect(Buffer.compare(files.bytesOf('new')!, newBytes)).toBe(0);
    expect(files.openHandles).toBe(2);
    expect(old.getSize()).toBe(oldBytes.length);
  });

  it('is the same by hand: PatchStream, a sink, commit', async () => {
    const file = new AccessHandleFile(target);
    const stream = new PatchStream(readAccessHandle(old));
    await new Blob([patch]).stream().pipeThrough(stream).pipeTo(sinkStream(file));
    await file.commit((await stream.report).newDigest);
    expect(Buffer.compare(files.bytesOf('new')!, newBytes)).toBe(0);
  });

  it('is flushed and read back at its end', async () => {
    await apply();
    expect(files.log.filter((name) => name === 'flush').length).toBe(1);
    const end = files.log.slice(files.log.indexOf('flush'));
    expect(end.filter((name) => name === 'read').length).toBeGreaterThan(0);
    expect(end).not.toContain('write');
  });

  it('leaves what was there when old or the patch is wrong', async () => {
    const wrong = oldBytes.slice();
    wrong[5]! ^= 1;
    await expect(apply({ old: wrong })).rejects.toMatchObject({ code: 'OLD_DIGEST_MISMATCH' });
    await expect(apply({ maxNewSize: 10 })).rejects.toMatchObject({ code: 'NEW_SIZE_LIMIT' });
    expect(sizeOfNew()).toBe(2 * newBytes.length);
    expect(files.log).not.toContain('truncate');
  });

  it.each([0, 1, 100_000])('leaves an empty file when the quota ends after %i bytes', async (room) => {
    files.faults = { quota: oldBytes.length + room };
    await expect(apply()).rejects.toMatchObject({ name: 'StorageError', code: 'NO_SPACE' });
    expect(sizeOfNew()).toBe(0);
  });

  it('leaves an empty file when the disk holds something else', async () => {
    files.faults = { onWrite: (bytes) => void (bytes[0]! ^= 1) };
    await expect(apply()).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(sizeOfNew()).toBe(0);
  });

  it('of a tab that died holds what was flushed, and the next one makes it new', async () => {
    await apply();
    const operations = files.log.length;
    for (let dies = 2; dies < operations; dies += 3) {
      files = new FakePrivateFiles({ old: oldBytes, new: new Uint8Array(9) });
      old = await (await files.getFileHandle('old')).createSyncAccessHandle();
      target = await (await files.getFileHandle('new')).createSyncAccessHandle();
      files.faults = { diesAfter: files.log.length + dies };
      const dying = apply();
      if (files.log.length + dies < operations) await expect(dying).rejects.toThrow(TabDied);
      else await dying.catch(() => {});
      files.die();
      old = await (await files.getFileHandle('old')).createSyncAccessHandle();
      target = await (await files.getFileHandle('new')).createSyncAccessHandle();
      await apply();
      expect(Buffer.compare(files.bytesOf('new')!, newBytes)).toBe(0);
    }
  });

  it('refuses one handle for both, and tells of a closed one', async () => {
    await expect(apply({ new: old })).rejects.toThrow(TypeError);
    target.close();
    await expect(apply()).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      data: { reason: 'InvalidStateError' },
    });
    old.close();
    await expect(apply()).rejects.toMatchObject({ code: 'READ_FAILED' });
  });

  it('goes on from where it stands, whatever an abort left', async () => {
    const abort = new AbortController();
    files.faults = { onWrite: () => abort.abort(new Error('enough')) };
    await expect(apply({ signal: abort.signal })).rejects.toThrow('enough');
    expect(sizeOfNew()).toBe(0);
    files.faults = {};
    await apply();
    expect(Buffer.compare(files.bytesOf('new')!, newBytes)).toBe(0);
  });
});
