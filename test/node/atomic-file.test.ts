import { mkdirSync, readFileSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { AtomicFile, PatchError, sha256 } from '../../src/node-entry.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * i) >> 3);
const digest = toHex(sha256(bytes));
let folder: ScratchFolder;
let path: string;

beforeEach(() => {
  folder = new ScratchFolder();
  path = folder.file('out');
});
afterEach(() => folder.clean());

/** The one temporary file in the folder. */
function temporaryPath(): string {
  const [name, ...others] = folder.names().filter((entry) => entry.endsWith('.tmp'));
  expect(others).toEqual([]);
  expect(name).toMatch(/^\.out\.[0-9a-f]{6}-\d+-[0-9a-f]{12}\.tmp$/);
  return folder.file(name!);
}

function errorOf(run: () => unknown): PatchError {
  try {
    run();
  } catch (error) {
    if (error instanceof PatchError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('AtomicFile', () => {
  it('appears at commit and not before, in whatever order it was written', () => {
    const file = new AtomicFile(path, { expectedSize: bytes.length });
    file.write(bytes.subarray(1000), 1000);
    file.write(bytes.subarray(0, 1000), 0);
    temporaryPath();
    expect(folder.names()).not.toContain('out');
    file.commit(digest);
    file.discard();
    expect(folder.names()).toEqual(['out']);
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
  });

  it('replaces no link to a folder that appears while it is written, not even by force', () => {
    mkdirSync(folder.file('precious'));
    const file = new AtomicFile(path, { expectedSize: bytes.length, force: true });
    file.write(bytes, 0);
    symlinkSync('precious', path);
    expect(errorOf(() => file.commit(digest)).code).toBe('WRITE_FAILED');
    file.discard();
    expect(readlinkSync(path)).toBe('precious');
    expect(folder.names()).toEqual(['out', 'precious']);
  });

  it('may be empty', () => {
    const file = new AtomicFile(path, { expectedSize: 0 });
    file.commit(toHex(sha256(new Uint8Array(0))));
    expect(readFileSync(path)).toHaveLength(0);
  });

  it('leaves nothing when discarded', () => {
    const file = new AtomicFile(path, { expectedSize: bytes.length });
    file.write(bytes, 0);
    file.discard();
    file.discard();
    expect(folder.names()).toEqual([]);
  });

  it('does not appear when the disk holds other bytes', () => {
    const file = new AtomicFile(path, { expectedSize: bytes.length });
    file.write(bytes, 0);
    const rotten = bytes.slice();
    rotten[1234]! ^= 1;
    writeFileSync(temporaryPath(), rotten);
    const { code, data } = errorOf(() => file.commit(digest));
    expect({ code, data }).toEqual({
      code: 'WRITE_FAILED',
      data: { path, expected: digest, found: toHex(sha256(rotten)) },
    });
    file.discard();
    expect(folder.names()).toEqual([]);
  });

  it('does not appear when another file stands at its temporary name', () => {
    const file = new AtomicFile(path, { expectedSize: bytes.length });
    file.write(bytes, 0);
    writeFileSync(folder.file('evil'), bytes);
    renameSync(folder.file('evil'), temporaryPath());
    expect(errorOf(() => file.commit(digest)).message).toMatch(/was replaced while it was written$/);
    file.discard();
    expect(folder.names()).toEqual([]);
  });

  it('leaves a file alone that appeared at its destination', () => {
    const file = new AtomicFile(path, { expectedSize: bytes.length });
    file.write(bytes, 0);
    writeFileSync(path, 'precious');
    expect(errorOf(() => file.commit(digest)).code).toBe('DESTINATION_EXISTS');
    file.discard();
    expect(folder.names()).toEqual(['out']);
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('refuses what will not fit before it creates anything', () => {
    const error = errorOf(() => new AtomicFile(path, { expectedSize: 2 ** 52 }));
    expect(error).toMatchObject({
      name: 'StorageError',
      code: 'NO_SPACE',
      data: { path: folder.path, expected: 2 ** 52 },
    });
    expect(folder.names()).toEqual([]);
  });

  it('names the path and the reason of the system', () => {
    const missing = folder.file('missing/out');
    expect(errorOf(() => new AtomicFile(missing, { expectedSize: 1 }))).toMatchObject({
      code: 'WRITE_FAILED',
      data: { path: folder.file('missing'), errno: 'ENOENT' },
    });
  });

  it('has room for its suffix beside the longest name', () => {
    const name = 'é'.repeat(127);
    const file = new AtomicFile(folder.file(name), { expectedSize: 1 });
    file.write(bytes, 0);
    file.commit(digest);
    expect(folder.names()).toEqual([name]);
  });
});
