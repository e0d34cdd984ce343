/** Folders in, folders out: { old tree, new tree, damage } and what must come of it. */

import {
  appendFileSync,
  chmodSync,
  linkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldFile } from '../../src/bundle/folder-handle.js';
import {
  applyBundle,
  applyBundleInPlace,
  createBundlePatch,
  healBundle,
  MismatchError,
  readFolderTree,
  switchLink,
  verifyBundle,
} from '../../src/bundle-entry.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { type BriefTree, readBriefTree, writeBriefTree } from '../support/tree-folder.js';

const code = makeCodePair(5, 6000);
const text = makeTextPair(6, 200);
const OLD: BriefTree = {
  'Versions/A/WebKit': code.oldBytes,
  'Versions/A/Resources/Info.plist': text.oldBytes,
  'Versions/A/Resources/gone.txt': 'gone',
  'Versions/A/Headers/WebKit.h': '#pragma once\n',
  'Versions/A/tool': 'x:#!/bin/sh\n',
  'Versions/Current': '-> A',
  WebKit: '-> Versions/Current/WebKit',
  Resources: '-> Versions/Current/Resources',
  empty: null,
};
const NEW: BriefTree = {
  'Versions/A/WebKit': code.newBytes,
  'Versions/A/Resources/Info.plist': text.newBytes,
  'Versions/A/Resources/new.txt': 'new',
  'Versions/A/Headers/WebKit.h': '#pragma once\n',
  'Versions/A/Headers/WebKitAgain.h': '#pragma once\n',
  'Versions/A/tool': '#!/bin/sh\n',
  'Versions/Current': '-> A',
  WebKit: '-> Versions/Current/WebKit',
  Resources: '-> Versions/Current/Resources',
  'other/empty': null,
};

let scratch: ScratchFolder;
let old: string;
let next: string;
let out: string;
beforeEach(() => {
  scratch = new ScratchFolder();
  [old, next, out] = ['old', 'new', 'out'].map((name) => scratch.file(name)) as [string, string, string];
});
afterEach(() => scratch.clean());

/** Writes both trees, makes the patch, and answers it with what old looked like. */
async function prepare(
  oldTree: BriefTree,
  newTree: BriefTree,
  options: Parameters<typeof createBundlePatch>[2] = {},
) {
  writeBriefTree(old, oldTree);
  writeBriefTree(next, newTree);
  const made = await createBundlePatch(old, next, options);
  return { ...made, before: readBriefTree(old) };
}

const CHANGES: readonly (readonly [name: string, oldTree: BriefTree, newTree: BriefTree])[] = [
  ['a framework', OLD, NEW],
  ['the same twice', OLD, OLD],
  ['from nothing', {}, NEW],
  ['to nothing', OLD, {}],
  ['a file becomes a folder', { a: 'file' }, { 'a/b': 'inside' }],
  ['a folder becomes a file', { 'a/b': 'inside' }, { a: 'file' }],
  ['a file becomes a link', { a: 'file', b: 'b' }, { a: '-> b', b: 'b' }],
  ['a link becomes a file', { a: '-> b', b: 'b' }, { a: 'file', b: 'b' }],
  ['a link leads elsewhere', { l: '-> a', a: '1', b: '2' }, { l: '-> b', a: '1', b: '2' }],
  ['a folder becomes a link', { 'v/1/x': '1', 'c/x': '1' }, { 'v/1/x': '1', c: '-> v/1' }],
  ['a mode changes alone', { tool: 'x:run' }, { tool: 'run' }],
  ['files swap names', { a: code.oldBytes, b: text.oldBytes }, { a: text.oldBytes, b: code.oldBytes }],
  ['empty files', { a: '', b: 'b' }, { a: 'a', b: '', c: '' }],
  ['names with spaces, dots and letters of the world', { 'ä b/.x': '1' }, { 'ä b/.x': '2', 'ß/日本': '3' }],
];

describe.each(CHANGES)('%s', (_, oldTree, newTree) => {
  it('into a new folder: new beside, old untouched', async () => {
    const { patch, before, report } = await prepare(oldTree, newTree);
    const applied = await applyBundle({ old, patch, new: out });
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
    expect(readBriefTree(old)).toEqual(before);
    expect(applied.newDigest).toBe((await readFolderTree(next)).digest);
    expect((await verifyBundle({ folder: out, patch })).damages).toEqual([]);
    expect(report.patchSize).toBe(patch.length);
    expect(scratch.names()).toEqual(['new', 'old', 'out']);
  });

  it('in place', async () => {
    const { patch } = await prepare(oldTree, newTree);
    await applyBundleInPlace({ folder: old, patch });
    expect(readBriefTree(old)).toEqual(readBriefTree(next));
    // Once more does nothing.
    expect((await applyBundleInPlace({ folder: old, patch })).written).toEqual([]);
    expect(readBriefTree(old)).toEqual(readBriefTree(next));
    expect(scratch.names()).toEqual(['new', 'old']);
  });

  it('makes the same patch each time', async () => {
    const { patch } = await prepare(oldTree, newTree);
    expect((await createBundlePatch(old, next)).patch).toEqual(patch);
  });
});

describe('what it costs', () => {
  it('a renamed library under 200 bytes, an unchanged file under 40', async () => {
    const same = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`Versions/A/Resources/part-${i}.bin`, `content ${i}`.repeat(40)]),
    );
    const few = await prepare({ lib: code.oldBytes }, { lib: code.oldBytes });
    for (const folder of [old, next]) rmSync(folder, { recursive: true });
    const renamed = await prepare({ lib: code.oldBytes }, { 'Versions/B/library': code.oldBytes });
    expect(renamed.patch.length - few.patch.length).toBeLessThan(200);
    expect(renamed.report.files).toMatchObject([{ origin: 'copied', sources: ['lib'] }]);
    for (const folder of [old, next]) rmSync(folder, { recursive: true });
    const many = await prepare({ lib: code.oldBytes, ...same }, { lib: code.oldBytes, ...same });
    expect((many.patch.length - few.patch.length) / 60).toBeLessThan(40);
  });

  it('a renamed and changed library is a delta from the old one', async () => {
    const { report, patch } = await prepare({ 'a/lib': code.oldBytes }, { 'b/library': code.newBytes });
    expect(report.files).toMatchObject([{ origin: 'patched', sources: ['a/lib'] }]);
    expect(patch.length).toBeLessThan(code.newBytes.length / 10);
  });

  it('code that moved to another file is found there', async () => {
    const half = code.oldBytes.length >> 1;
    const [front, back] = [code.oldBytes.subarray(0, half), code.oldBytes.subarray(half)];
    const { report, patch } = await prepare(
      { first: front, second: back },
      { first: new Uint8Array(Buffer.concat([front, back.subarray(0, 9000)])), second: back.subarray(9000) },
    );
    expect(report.files.find(({ path }) => path === 'first')?.sources).toEqual(['first', 'second']);
    expect(patch.length).toBeLessThan(2000);
  });

  it('small files share one part', async () => {
    const make = (word: string) =>
      Object.fromEntries(
        Array.from({ length: 30 }, (_, i) => [`f${i}`, `the file number ${i} says ${word}`]),
      );
    const { report } = await prepare(make('hello'), make('farewell'));
    expect(new Set(report.files.map(({ partBytes }) => partBytes)).size).toBe(1);
    expect(report.files[0]!.partBytes).toBeLessThan(1000);
  });
});

describe('files that stay', () => {
  it('are links to old, or copies when asked for, and keep their modes', async () => {
    const { patch } = await prepare(OLD, NEW);
    const inodeOf = (root: string) => statSync(`${root}/Versions/A/Headers/WebKit.h`).ino;
    const { linked } = await applyBundle({ old, patch, new: out });
    expect(linked).toContain('Versions/A/Headers/WebKit.h');
    expect(inodeOf(out)).toBe(inodeOf(old));
    await applyBundle({ old, patch, new: scratch.file('copy'), copy: true });
    expect(inodeOf(scratch.file('copy'))).not.toBe(inodeOf(old));
  });

  it('are read once where they are links, unless they were changed a moment ago, and twice as copies', async () => {
    const { patch } = await prepare({ a: '1', same: 'the same' }, { a: '2', same: 'the same' });
    const read = vi.spyOn(HeldFile.prototype, 'read');
    const readsOf = async (options: { copy?: boolean }) => {
      read.mockClear();
      await applyBundle({ old, patch, new: out, force: true, ...options });
      return read.mock.contexts.filter((file) => (file as HeldFile).path.endsWith('same')).length;
    };
    try {
      expect(await readsOf({})).toBe(2);
      utimesSync(`${old}/same`, 1000, 1000);
      expect(await readsOf({})).toBe(1);
      expect(await readsOf({ copy: true })).toBeGreaterThan(1);
    } finally {
      read.mockRestore();
    }
  });
});

describe('progress', () => {
  it('tells of each file once, and of bytes up to all', async () => {
    const seen: string[] = [];
    const bytes: [number, number][] = [];
    const onFiles = (paths: readonly string[]) => void seen.push(...paths);
    const onProgress = ({ stage, done, total }: { stage: string; done: number; total: number }) => {
      if (stage === 'apply') bytes.push([done, total]);
    };
    const { patch, report } = await prepare(OLD, NEW, { onFiles });
    const changed = report.files
      .filter(({ origin }) => !['same', 'copied'].includes(origin))
      .map(({ path }) => path);
    expect(seen.splice(0).sort()).toEqual(changed);
    await applyBundle({ old, patch, new: out, onFiles, onProgress });
    expect(seen.splice(0).sort()).toEqual(changed);
    expect(bytes.at(-1)?.[0]).toBe(bytes.at(-1)?.[1]);
    await applyBundleInPlace({ folder: old, patch, onFiles, onProgress });
    expect(seen.sort()).toEqual(
      [...changed, 'Versions/A/Headers/WebKitAgain.h'].sort().filter((path) => path !== 'Versions/A/tool'),
    );
    expect(bytes.at(-1)?.[0]).toBe(bytes.at(-1)?.[1]);
  });
});

describe('damage of the base', () => {
  it('modes, times and extra files never fail', async () => {
    const { patch } = await prepare(OLD, NEW);
    chmodSync(`${old}/Versions/A/WebKit`, 0o600);
    utimesSync(`${old}/Versions/A/WebKit`, 1, 1);
    writeFileSync(`${old}/Versions/A/local.txt`, 'mine');
    const { extras } = await applyBundle({ old, patch, new: out });
    expect(extras).toEqual(['Versions/A/local.txt']);
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
    const kept = await applyBundle({ old, patch, new: scratch.file('kept'), extras: 'keep' });
    expect(kept.extras).toEqual(['Versions/A/local.txt']);
    expect(readBriefTree(scratch.file('kept'))).toEqual({
      ...readBriefTree(next),
      'Versions/A/local.txt': 'mine',
    });
  });

  it.each([
    ['a file that is patched', 'Versions/A/WebKit'],
    ['a file that stays', 'Versions/A/Headers/WebKit.h'],
    ['a small file in a shared part', 'Versions/A/Resources/Info.plist'],
  ])('%s: refused by name, nothing left', async (_, path) => {
    const { patch } = await prepare(OLD, NEW);
    appendFileSync(`${old}/${path}`, 'x');
    const before = readBriefTree(old);
    const failure = applyBundle({ old, patch, new: out });
    await expect(failure).rejects.toBeInstanceOf(MismatchError);
    await expect(failure).rejects.toMatchObject({ code: 'ENTRY_MISMATCH', data: { path } });
    await expect(applyBundleInPlace({ folder: old, patch })).rejects.toMatchObject({
      code: 'ENTRY_MISMATCH',
    });
    expect(readBriefTree(old)).toEqual(before);
    expect(scratch.names()).toEqual(['new', 'old']);
  });

  it('a missing file: refused by name', async () => {
    const { patch } = await prepare(OLD, NEW);
    unlinkSync(`${old}/Versions/A/WebKit`);
    await expect(applyBundle({ old, patch, new: out })).rejects.toMatchObject({ code: 'ENTRY_MISMATCH' });
  });

  it('full forms in the patch take over, and say why', async () => {
    const { patch } = await prepare(OLD, NEW, { fallbacks: true });
    appendFileSync(`${old}/Versions/A/WebKit`, 'x');
    const { fallbacks } = await applyBundle({ old, patch, new: out });
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
    expect(fallbacks).toMatchObject([{ path: 'Versions/A/WebKit', from: 'patch' }]);
    expect(fallbacks[0]!.reason).toContain('Versions/A/WebKit is not the file');
  });

  it('fetched files take over, and are checked', async () => {
    const { patch } = await prepare(OLD, NEW);
    appendFileSync(`${old}/Versions/A/WebKit`, 'x');
    const asked: unknown[] = [];
    const { fallbacks } = await applyBundle({
      old,
      patch,
      new: out,
      fetchFile: (file) => {
        asked.push(file.path);
        return code.newBytes;
      },
    });
    expect(asked).toEqual(['Versions/A/WebKit']);
    expect(fallbacks).toMatchObject([{ from: 'fetch' }]);
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
    const wrong = code.newBytes.slice();
    wrong[100]! ^= 1;
    await expect(
      applyBundle({ old, patch, new: scratch.file('wrong'), fetchFile: () => wrong }),
    ).rejects.toMatchObject({ code: 'TREE_MISMATCH' });
    expect(scratch.names()).toEqual(['new', 'old', 'out']);
  });

  it('a link where a file was is not followed', async () => {
    const { patch } = await prepare(OLD, NEW);
    writeFileSync(scratch.file('secret'), code.oldBytes);
    unlinkSync(`${old}/Versions/A/WebKit`);
    symlinkSync(scratch.file('secret'), `${old}/Versions/A/WebKit`);
    await expect(applyBundle({ old, patch, new: out })).rejects.toMatchObject({ code: 'ENTRY_MISMATCH' });
  });

  it('a link where a folder was is not followed', async () => {
    const { patch } = await prepare({ 'd/a': '1', keep: 'k' }, { 'd/a': '2', keep: 'k' });
    writeBriefTree(scratch.file('elsewhere'), { a: '1' });
    rmSync(`${old}/d`, { recursive: true });
    symlinkSync(scratch.file('elsewhere'), `${old}/d`);
    await expect(applyBundle({ old, patch, new: out })).rejects.toMatchObject({ code: 'ENTRY_MISMATCH' });
  });
});

describe('healing', () => {
  it('repairs what is missing, changed, of another type or mode, from old and patch', async () => {
    const { patch } = await prepare(OLD, NEW);
    await applyBundle({ old, patch, new: out, copy: true });
    appendFileSync(`${out}/Versions/A/WebKit`, 'rot');
    unlinkSync(`${out}/Versions/A/Headers/WebKit.h`);
    chmodSync(`${out}/Versions/A/tool`, 0o755);
    unlinkSync(`${out}/WebKit`);
    rmSync(`${out}/other`, { recursive: true });
    writeFileSync(`${out}/mine`, 'extra');
    const report = await healBundle({ folder: out, patch, old });
    expect(report.damages.map(({ path, fault }) => `${path} ${fault}`).sort()).toEqual([
      'Versions/A/Headers/WebKit.h missing',
      'Versions/A/WebKit content',
      'Versions/A/tool mode',
      'WebKit missing',
      'other missing',
      'other/empty missing',
    ]);
    expect(report.extras).toEqual(['mine']);
    unlinkSync(`${out}/mine`);
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
    expect((await healBundle({ folder: out, patch })).damages).toEqual([]);
  });

  it('repairs from full forms when old is gone', async () => {
    const { patch } = await prepare({ lib: code.oldBytes }, { lib: code.newBytes }, { fallbacks: true });
    await applyBundle({ old, patch, new: out });
    writeFileSync(`${out}/lib`, 'rot');
    await healBundle({ folder: out, patch });
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
  });

  it('says what it cannot repair, and leaves it', async () => {
    const { patch } = await prepare({ lib: code.oldBytes }, { lib: code.newBytes });
    await applyBundle({ old, patch, new: out });
    writeFileSync(`${out}/lib`, 'rot');
    await expect(healBundle({ folder: out, patch })).rejects.toMatchObject({ code: 'ENTRY_MISMATCH' });
    expect(readBriefTree(out)).toEqual({ lib: 'rot' });
  });
});

describe('destinations', () => {
  it('that exist are refused, or replaced when asked for', async () => {
    const { patch } = await prepare(OLD, NEW);
    writeBriefTree(out, { precious: '1' });
    await expect(applyBundle({ old, patch, new: out })).rejects.toMatchObject({ code: 'DESTINATION_EXISTS' });
    expect(readBriefTree(out)).toEqual({ precious: '1' });
    await applyBundle({ old, patch, new: out, force: true });
    expect(readBriefTree(out)).toEqual(readBriefTree(next));
    expect(scratch.names()).toEqual(['new', 'old', 'out']);
  });

  it('switch by a link in one step', async () => {
    writeBriefTree(old, { a: '1' });
    writeBriefTree(next, { a: '2' });
    switchLink(scratch.file('current'), 'old');
    switchLink(scratch.file('current'), 'new');
    expect(readBriefTree(scratch.path).current).toBe('-> new');
    expect(() => switchLink(old, 'new')).toThrow(/is no symbolic link/);
  });

  it('limits on the size of new hold', async () => {
    const { patch, report } = await prepare(OLD, NEW);
    await expect(applyBundle({ old, patch, new: out, maxNewSize: report.newSize - 1 })).rejects.toMatchObject(
      { code: 'NEW_SIZE_LIMIT' },
    );
    await applyBundle({ old, patch, new: out, maxNewSize: report.newSize });
  });

  it('hard links to old that are written through are found out by healing', async () => {
    const { patch } = await prepare(OLD, NEW);
    await applyBundle({ old, patch, new: out });
    linkSync(`${out}/Versions/A/Headers/WebKit.h`, scratch.file('same-inode'));
    writeFileSync(scratch.file('same-inode'), 'changed');
    expect((await verifyBundle({ folder: out, patch })).damages).toMatchObject([
      { path: 'Versions/A/Headers/WebKit.h', fault: 'content' },
      { path: 'Versions/A/Headers/WebKitAgain.h', fault: 'content' },
    ]);
  });
});
