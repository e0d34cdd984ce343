/**
 * A process that dies, and a disk that fails, at every single operation that changes something: what is found then is old or new, the next
 * call makes it new, and nothing is left behind.
 */

import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  applyBundle,
  applyBundleInPlace,
  createBundlePatch,
  healBundle,
  PatchError,
  recoverBundle,
} from '../../src/bundle-entry.js';
import { makeTextPair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { type BriefTree, readBriefTree, writeBriefTree } from '../support/tree-folder.js';
import { PowerCut, resetDisk, type WatchedDisk } from '../support/watched-disk.js';

const disk = vi.hoisted(() => ({}) as WatchedDisk);
vi.mock('node:fs', async (importOriginal) => {
  const { newWatchedDisk, watchFileSystem } = await import('../support/watched-disk.js');
  Object.assign(disk, newWatchedDisk());
  return watchFileSystem(await importOriginal(), disk);
});

const text = makeTextPair(3, 60);
const OLD: BriefTree = {
  'v/A/lib': text.oldBytes,
  'v/A/same': 'the same',
  'v/A/gone/file': 'gone',
  'v/A/becomes-file/inside': '1',
  'v/A/becomes-folder': '2',
  'v/A/becomes-link': '3',
  'v/A/was-link': '-> same',
  'v/A/mode': 'run',
  'v/Current': '-> A',
};
const NEW: BriefTree = {
  'v/A/lib': text.newBytes,
  'v/A/same': 'the same',
  'v/A/becomes-file': 'now a file',
  'v/A/becomes-folder/inside': 'now a folder',
  'v/A/becomes-link': '-> same',
  'v/A/was-link': 'now a file as well',
  'v/A/mode': 'x:run',
  'v/A/copy': 'the same',
  'v/Current': '-> A',
  top: '-> v/Current',
};

let scratch: ScratchFolder;
let old: string;
let out: string;
let patch: Uint8Array;
let before: Record<string, string | null>;
let after: Record<string, string | null>;

beforeEach(async () => {
  scratch = new ScratchFolder();
  old = scratch.file('old');
  out = scratch.file('out');
  writeBriefTree(old, OLD);
  const next = writeBriefTree(scratch.file('new'), NEW);
  ({ patch } = await createBundlePatch(old, next));
  before = readBriefTree(old);
  after = readBriefTree(next);
  rmSync(next, { recursive: true, force: true });
  resetDisk(disk);
});
afterEach(() => {
  resetDisk(disk);
  scratch.clean();
});

/** Runs until the power goes. Answers whether it went. */
async function runUntilCut(k: number, work: () => unknown): Promise<boolean> {
  resetDisk(disk, { cutAt: k });
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return true;
  } finally {
    resetDisk(disk);
  }
}

/** This process goes on to live, others that die do not: what it left gets the number of a process that cannot be. */
function disown(): void {
  for (const name of readdirSync(scratch.path)) {
    const renamed = name.replace(/\.deltakit-\d+-\d+-/, '.deltakit-999999999-1-');
    if (renamed !== name) renameSync(scratch.file(name), scratch.file(renamed));
  }
}

function treeAt(path: string): Record<string, string | null> | undefined {
  return existsSync(path) ? readBriefTree(path) : undefined;
}

describe('the power goes before any operation', () => {
  it('of applying beside: old stays, new is whole or not there', async () => {
    const seen = new Set<string>();
    for (let k = 1; ; k++) {
      const isCut = await runUntilCut(k, () => applyBundle({ old, patch, new: out }));
      expect(readBriefTree(old)).toEqual(before);
      const found = treeAt(out);
      if (found !== undefined) expect(found).toEqual(after);
      seen.add(found === undefined ? 'nothing' : 'new');
      disown();
      if (found === undefined) await applyBundle({ old, patch, new: out });
      expect(readBriefTree(out)).toEqual(after);
      expect(scratch.names()).toEqual(['old', 'out']);
      if (!isCut) break;
      rmSync(out, { recursive: true });
    }
    expect([...seen]).toEqual(['nothing', 'new']);
  });

  it('of replacing a folder by its own new version: nothing is lost', async () => {
    const seen = new Set<string>();
    for (let k = 1; ; k++) {
      const replace = () => applyBundle({ old, patch, new: old, force: true });
      const isCut = await runUntilCut(k, replace);
      disown();
      const found = treeAt(old);
      if (found !== undefined && found['v/A/copy'] === undefined) expect(found).toEqual(before);
      seen.add(found === undefined ? 'aside' : found['v/A/copy'] === undefined ? 'old' : 'new');
      if (seen.has('new')) expect(found).toEqual(after);
      else await replace();
      expect(readBriefTree(old)).toEqual(after);
      if (!isCut) break;
      rmSync(scratch.path, { recursive: true });
      writeBriefTree(old, OLD);
    }
    expect([...seen]).toEqual(['old', 'aside', 'new']);
  });

  it('of a change in place: old, or new after recovery, however often that dies', async () => {
    const seen = new Set<string>();
    for (let k = 1; ; k++) {
      const isCut = await runUntilCut(k, () => applyBundleInPlace({ folder: old, patch }));
      disown();
      const hasJournal = scratch.names().includes('.old.deltakit-journal');
      if (hasJournal) {
        seen.add('journal');
        await expectRecovery(k % 9 === 0);
      } else {
        const isOld = readBriefTree(old)['v/A/copy'] === undefined;
        seen.add(isOld ? 'old' : 'new');
        expect(readBriefTree(old)).toEqual(isOld ? before : after);
      }
      await applyBundleInPlace({ folder: old, patch });
      expect(readBriefTree(old)).toEqual(after);
      expect(scratch.names()).toEqual(['old']);
      if (!isCut) break;
      rmSync(old, { recursive: true });
      writeBriefTree(old, OLD);
    }
    expect([...seen]).toEqual(['old', 'journal', 'new']);
  });

  /** Recovers; first, if `thoroughly`, dying at each of its operations on a copy of the state. */
  async function expectRecovery(thoroughly: boolean): Promise<void> {
    for (let k = 1; thoroughly; k++) {
      const copy = mirrorState();
      const isCut = await runUntilCut(k, () => recoverBundle(copy));
      recoverBundle(copy);
      expect(readBriefTree(copy)).toEqual(after);
      rmSync(dirname(copy), { recursive: true });
      if (!isCut) break;
    }
    expect(recoverBundle(old)).toBe(true);
    expect(readBriefTree(old)).toEqual(after);
    expect(recoverBundle(old)).toBe(false);
  }

  function mirrorState(): string {
    const copy = join(`${scratch.path}-copy`, basename(old));
    cpSync(scratch.path, dirname(copy), { recursive: true, verbatimSymlinks: true });
    return copy;
  }

  it('of healing: the next call heals', async () => {
    await applyBundle({ old, patch, new: out, copy: true });
    const damage = () => {
      rmSync(`${out}/v/A/becomes-folder`, { recursive: true });
      writeBriefTree(out, { 'v/A/becomes-folder': 'no folder' });
      rmSync(`${out}/v/A/lib`);
    };
    for (let k = 1; ; k++) {
      damage();
      const isCut = await runUntilCut(k, () => healBundle({ folder: out, patch, old }));
      disown();
      await healBundle({ folder: out, patch, old });
      expect(readBriefTree(out)).toEqual(after);
      expect(scratch.names()).toEqual(['old', 'out']);
      if (!isCut) break;
    }
  });
});

describe('one operation fails', () => {
  it.each(['EIO', 'ENOSPC'])('with %s: a typed error or none, old or new, nothing left', async (failure) => {
    const outcomes = new Set<string>();
    for (let k = 1; ; k++) {
      resetDisk(disk, { failAt: k, failure });
      const error = await applyBundle({ old, patch, new: out }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const isPast = disk.count < k;
      resetDisk(disk);
      expect(readBriefTree(old)).toEqual(before);
      if (error !== undefined) {
        expect(error).toBeInstanceOf(PatchError);
        expect((error as PatchError).code).toBe(failure === 'ENOSPC' ? 'NO_SPACE' : 'WRITE_FAILED');
      }
      // Only the last sync may fail with the new folder there: it may not outlive a power cut.
      const found = treeAt(out);
      if (found !== undefined) expect(found).toEqual(after);
      expect(scratch.names()).toEqual(found === undefined ? ['old'] : ['old', 'out']);
      if (error === undefined) expect(found).toEqual(after);
      outcomes.add(error === undefined ? 'new' : 'failed');
      rmSync(out, { recursive: true, force: true });
      if (isPast) break;
    }
    expect(outcomes).toEqual(new Set(['failed', 'new']));
  });

  it('of a change in place: a typed error; the next call finishes', async () => {
    for (let k = 1; ; k++) {
      resetDisk(disk, { failAt: k });
      const error = await applyBundleInPlace({ folder: old, patch }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const isPast = disk.count < k;
      resetDisk(disk);
      if (error !== undefined) expect(error).toBeInstanceOf(PatchError);
      disown();
      const hasJournal = scratch.names().includes('.old.deltakit-journal');
      const tree = readBriefTree(old);
      if (!hasJournal) expect(tree).toEqual(tree['v/A/copy'] === undefined ? before : after);
      await applyBundleInPlace({ folder: old, patch });
      expect(readBriefTree(old)).toEqual(after);
      expect(scratch.names()).toEqual(['old']);
      if (isPast) break;
      rmSync(old, { recursive: true });
      writeBriefTree(old, OLD);
    }
  });
});

describe('what is decided is on the disk', () => {
  const MAKING = new Set(['create', 'mkdirSync', 'linkSync', 'symlinkSync', 'renameSync', 'writeFileSync']);

  /** Names and contents below `root` that were not synced before the log's entry `end`. */
  function findUnsynced(root: string, end: number): string[] {
    const done = disk.log.slice(0, end);
    const lastIndex = (path: string, operations: ReadonlySet<string>) =>
      done.findLastIndex((entry) => entry.path === path && operations.has(entry.operation));
    const isSynced = (path: string, after: number) => lastIndex(path, new Set(['fsyncSync'])) > after;
    return done.flatMap(({ operation, path }, i) => {
      if (!path.startsWith(`${root}/`)) return [];
      if (MAKING.has(operation) && !isSynced(dirname(path), i)) return [`name ${path}`];
      return operation === 'writeSync' && !isSynced(path, i) ? [`content ${path}`] : [];
    });
  }

  it('before a new folder gets its name, and the name at the end', async () => {
    await applyBundle({ old, patch, new: out });
    const end = disk.log.findIndex(({ operation, path }) => operation === 'renameSync' && path === out);
    const stage = dirname(dirname(disk.log.find(({ operation }) => operation === 'create')!.path));
    const root = stage.slice(0, stage.indexOf('/', scratch.path.length + 1));
    expect(disk.log.slice(0, end).filter(({ path }) => path.startsWith(root)).length).toBeGreaterThan(20);
    expect(findUnsynced(root, end)).toEqual([]);
    expect(disk.log.slice(end + 1)).toContainEqual({ operation: 'fsyncSync', path: scratch.path });
  });

  it('before a journal gets its name, and before it goes', async () => {
    await applyBundleInPlace({ folder: old, patch });
    const journal = join(scratch.path, '.old.deltakit-journal');
    const begin = disk.log.findIndex(({ operation, path }) => operation === 'renameSync' && path === journal);
    const plan = disk.log.find(({ path }) => path.endsWith('/plan'))!.path;
    expect(findUnsynced(dirname(plan), begin)).toEqual([]);
    const end = disk.log.findIndex(
      ({ operation }, i) => i > begin && operation === 'unlinkSync' && disk.log[i]!.path.endsWith('/plan'),
    );
    expect(end).toBeGreaterThan(begin);
    expect(findUnsynced(old, end)).toEqual([]);
  });
});
