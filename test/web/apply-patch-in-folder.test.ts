import { beforeEach, describe, expect, it } from 'vitest';
import { createPatchSync, PatchError } from '../../src/index.js';
import { applyPatchInFolder } from '../../src/web-entry.js';
import { FakePrivateFiles, TabDied } from '../support/fake-private-files.js';
import { makeCodePair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

// Large enough for several writes, small enough to die in each of them.
const { oldBytes, newBytes } = makeCodePair(83, 100_000);
const { patch } = createPatchSync(oldBytes, newBytes, { effort: 'fast', reverse: true });
let files: FakePrivateFiles;

beforeEach(() => {
  files = new FakePrivateFiles({ old: oldBytes });
});

const apply = (change: object = {}) =>
  applyPatchInFolder({ folder: files, old: 'old', patch, new: 'new', ...change });

async function codeOf(running: Promise<unknown>): Promise<string> {
  try {
    await running;
  } catch (error) {
    if (error instanceof PatchError) return `${error.name} ${error.code}`;
    throw error;
  }
  return 'none';
}

const isSame = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0;

/** Nothing but old, as it was, and nobody at it. */
function expectUntouched(): void {
  expect(files.names()).toEqual(['old']);
  expect(isSame(files.bytesOf('old'), oldBytes)).toBe(true);
  expect(files.openHandles).toBe(0);
}

describe('a patch in a folder of the private file system', () => {
  it('gives the new file, and leaves nothing else', async () => {
    expect(await apply()).toMatchObject({ form: 'delta', newSize: newBytes.length });
    expect(files.names()).toEqual(['new', 'old']);
    expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
    expect(files.openHandles).toBe(0);
  });

  it('replaces old by its new version and by the way back', async () => {
    await apply({ new: 'old', force: true });
    expect(isSame(files.bytesOf('old'), newBytes)).toBe(true);
    await apply({ new: 'old', force: true, reverse: true });
    expectUntouched();
  });

  it.each<[string, () => object]>([
    ['a Blob', () => ({ old: new Blob([oldBytes]) })],
    ['bytes', () => ({ old: oldBytes })],
    ['a patch that is a Blob', () => ({ patch: new Blob([patch]) })],
    ['a patch that arrives', () => ({ patch: new Blob([patch]).stream() })],
  ])('takes %s', async (_, change) => {
    await apply(change());
    expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
  });

  it('takes short writes and short reads', async () => {
    files.faults = { shortWrite: 21_521, shortRead: 21_519 };
    await apply();
    expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
    expect(files.log.filter((name) => name === 'write').length).toBeGreaterThan(15);
  });

  it('makes an empty file', async () => {
    const empty = createPatchSync(oldBytes, new Uint8Array(0)).patch;
    await apply({ patch: empty });
    expect(files.bytesOf('new')).toEqual(new Uint8Array(0));
  });

  it('flushes and reads back before the name, and truncates first', async () => {
    await apply();
    const steps = files.log.filter((name, i) => name !== files.log[i - 1]);
    const end = steps.lastIndexOf('write');
    expect(steps[steps.indexOf('write') - 1]).toBe('truncate');
    const rest = steps.slice(end).filter((name) => !['getSize', 'getFileHandle'].includes(name));
    expect(rest).toEqual(['write', 'truncate', 'flush', 'read', 'move']);
  });
});

describe('faults of the private file system', () => {
  it.each([0, 1, 1000, newBytes.length >> 1, newBytes.length - 1])(
    'a quota with room for %i bytes leaves nothing',
    async (room) => {
      files.faults = { quota: oldBytes.length + room };
      expect(await codeOf(apply())).toBe('StorageError NO_SPACE');
      files.faults = {};
      expectUntouched();
      files.faults = { quota: oldBytes.length + newBytes.length };
      await apply();
      expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
    },
  );

  it('a disk that takes no byte ends with an error, not never', async () => {
    files.faults = { shortWrite: 0 };
    expect(await codeOf(apply())).toBe('StorageError WRITE_FAILED');
    files.faults = {};
    expectUntouched();
  });

  it('a disk that holds other bytes than were written is found out', async () => {
    files.faults = { shortWrite: 10_000, onWrite: (bytes, at) => void (bytes[7]! ^= at > 200_000 ? 1 : 0) };
    expect(await codeOf(apply())).toBe('StorageError WRITE_FAILED');
    expectUntouched();
  });

  it('a tab that dies in any operation leaves old, or new; the next one clears up and makes new', async () => {
    files.faults = { shortWrite: 100_000 };
    await apply({ force: true });
    const all = files.log.length;
    expect(all).toBeGreaterThan(20);
    const left = new Set<string>();
    for (const existing of [undefined, 'precious']) {
      for (let dies = 0; dies < all; dies++) {
        files = new FakePrivateFiles({ old: oldBytes });
        const before = existing === undefined ? undefined : new TextEncoder().encode(existing);
        if (before !== undefined) files.put('new', before);
        files.faults = { shortWrite: 100_000, diesAfter: dies };
        await expect(apply({ force: true })).rejects.toThrow(TabDied);
        files.die();
        expect(isSame(files.bytesOf('old'), oldBytes)).toBe(true);
        expect(files.bytesOf('new')).toEqual(before);
        const others = files.names().filter((name) => name !== 'old' && name !== 'new');
        expect(others.length).toBeLessThan(2);
        for (const name of others) {
          expect(name).toMatch(/^\.new\.[0-9a-f]{12}\.deltakit-partial$/);
          left.add('partial');
        }
        await apply({ force: true });
        expect(files.names()).toEqual(['new', 'old']);
        expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
      }
    }
    expect([...left]).toEqual(['partial']);
  });

  it('old is read while others read it, and not while it is written', async () => {
    const file = await files.getFileHandle('old');
    const reader = await file.createSyncAccessHandle({ mode: 'read-only' });
    await apply();
    reader.close();
    const writer = await file.createSyncAccessHandle();
    expect(await codeOf(apply({ force: true }))).toBe('StorageError BUSY');
    writer.close();
    await apply({ force: true });
  });

  it('a destination that is open elsewhere is left alone', async () => {
    files.put('new', new Uint8Array([1]));
    const handle = await (await files.getFileHandle('new')).createSyncAccessHandle();
    expect(await codeOf(apply({ force: true }))).toBe('StorageError BUSY');
    handle.close();
    expect(files.names()).toEqual(['new', 'old']);
    expect(files.bytesOf('new')).toEqual(new Uint8Array([1]));
  });

  it('the partial file of a living tab stays', async () => {
    const name = '.new.0123456789ab.deltakit-partial';
    const handle = await (await files.getFileHandle(name, { create: true })).createSyncAccessHandle();
    await apply();
    expect(files.names()).toEqual([name, 'new', 'old']);
    handle.close();
    await apply({ force: true });
    expect(files.names()).toEqual(['new', 'old']);
  });

  it('two at once: both end, new is whole', async () => {
    const codes = await Promise.all([codeOf(apply({ force: true })), codeOf(apply({ force: true }))]);
    expect(codes).toContain('none');
    for (const code of codes) expect(code).toMatch(/^none$|^StorageError /);
    expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
    expect(files.openHandles).toBe(0);
  });

  it('a browser that cannot rename is told so, and nothing is left', async () => {
    files.faults = { hasMove: false };
    await expect(apply()).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('NotSupportedError'),
    });
    expectUntouched();
  });
});

describe('what is refused touches nothing', () => {
  it('a file that exists', async () => {
    files.put('new', new Uint8Array([1]));
    expect(await codeOf(apply())).toBe('StorageError DESTINATION_EXISTS');
    expect(files.log).not.toContain('read');
    await apply({ force: true });
    expect(isSame(files.bytesOf('new'), newBytes)).toBe(true);
  });

  it('one that appears while new is made', async () => {
    const onProgress = () => {
      if (files.bytesOf('new') === undefined) files.put('new', new Uint8Array([1]));
    };
    expect(await codeOf(apply({ onProgress }))).toBe('StorageError DESTINATION_EXISTS');
    expect(files.names()).toEqual(['new', 'old']);
    expect(files.bytesOf('new')).toEqual(new Uint8Array([1]));
  });

  it('old that is missing or another one, a damaged patch', async () => {
    expect(await codeOf(apply({ old: 'nothing' }))).toBe('StorageError READ_FAILED');
    files.put('other', newBytes.subarray(1));
    expect(await codeOf(apply({ old: 'other' }))).toBe('MismatchError OLD_SIZE_MISMATCH');
    await files.removeEntry('other');
    const damaged = patch.slice();
    damaged[damaged.length >> 1]! ^= 4;
    expect(await codeOf(apply({ patch: damaged }))).toBe('FormatError BODY_DIGEST_MISMATCH');
    expectUntouched();
    expect(files.log).not.toContain('write');
  });

  it('names that are none throw TypeError', async () => {
    await expect(apply({ new: 'a/b' })).rejects.toThrow(TypeError);
    await expect(apply({ old: '' })).rejects.toThrow(TypeError);
    expectUntouched();
  });

  it('an abort, before and while bytes are written', async () => {
    const reason = new Error('enough');
    await expect(apply({ signal: AbortSignal.abort(reason) })).rejects.toThrow('enough');
    expectUntouched();
    const abort = new AbortController();
    files.faults = { onWrite: () => abort.abort(reason) };
    await expect(apply({ signal: abort.signal })).rejects.toThrow('enough');
    expectUntouched();
  });

  it('a download that breaks', async () => {
    const random = new SeededRandom(3);
    let sent = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent > patch.length / 2) return controller.error(new Error('the line broke'));
        const size = 1 + random.below(2000);
        controller.enqueue(patch.slice(sent, sent + size));
        sent += size;
      },
    });
    await expect(apply({ patch: broken })).rejects.toThrow('the line broke');
    expectUntouched();
  });
});
