/** Bundle patches and folders that lie: refused by name before anything is written, and never written through. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BundleManifest, readManifest, writeManifest } from '../../src/bundle/manifest.js';
import type { TreeEntry } from '../../src/bundle/tree.js';
import {
  applyBundle,
  applyBundleInPlace,
  createBundlePatch,
  healBundle,
  PatchError,
  readFolderTree,
  readTreeFile,
  recoverBundle,
  type StatusName,
  verifyBundle,
  writeTreeFile,
} from '../../src/bundle-entry.js';
import { applyPatch } from '../../src/index.js';
import { fileAt, forgeBundle, manifestOf, NO_DIGEST } from '../support/forge-bundle.js';
import { makeTextPair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';
import { type BriefTree, readBriefTree, writeBriefTree } from '../support/tree-folder.js';
import { resetDisk, type WatchedDisk } from '../support/watched-disk.js';

const disk = vi.hoisted(() => ({}) as WatchedDisk);
vi.mock('node:fs', async (importOriginal) => {
  const { newWatchedDisk, watchFileSystem } = await import('../support/watched-disk.js');
  Object.assign(disk, newWatchedDisk());
  return watchFileSystem(await importOriginal(), disk);
});

let scratch: ScratchFolder;
let old: string;
let out: string;

beforeEach(() => {
  scratch = new ScratchFolder();
  old = scratch.file('old');
  out = scratch.file('out');
  writeBriefTree(old, { d: null, keep: 'k' });
  writeBriefTree(scratch.file('outside'), { secret: 's' });
  resetDisk(disk);
});
afterEach(() => {
  resetDisk(disk);
  scratch.clean();
});

/** Every way to use a patch refuses this one with this code, and nothing was written. */
async function expectRefused(patch: Uint8Array, code: StatusName): Promise<void> {
  resetDisk(disk);
  const uses = [
    () => applyBundle({ old, patch, new: out }),
    () => applyBundleInPlace({ folder: old, patch }),
    () => healBundle({ folder: old, patch, old }),
    () => verifyBundle({ folder: old, patch }),
  ];
  for (const use of uses) await expect(use()).rejects.toMatchObject({ code });
  expect(disk.count).toBe(0);
}

const folder = (path: string): TreeEntry => ({ type: 'folder', path });
const link = (path: string, target: string): TreeEntry => ({ type: 'link', path, target });

describe('a path', () => {
  it.each([
    '',
    '.',
    '..',
    '../up',
    'd/..',
    'd/../../up',
    './keep',
    'd/./x',
    '/etc/passwd',
    '//server/share',
    'd//x',
    'd/',
    'C:\\windows',
    'C:drive-relative',
    'd\\x',
    'file:stream',
    'nul',
    'NUL',
    'con.txt',
    'aux/x',
    'Com1',
    'com¹',
    'lpt9.log',
    'conin$',
    'ends.',
    'ends ',
    'd /x',
    'zero\0byte',
    'new\nline',
    'delete\u007f',
    'x'.repeat(256),
    'ä'.repeat(128),
    Array.from({ length: 65 }, () => 'd').join('/'),
    Array.from({ length: 6 }, () => 'n'.repeat(200)).join('/'),
  ])('%j is refused as entry, source and removed one', async (path) => {
    const above = path.split('/').slice(0, -1);
    const folders = above.map((_, i) => folder(above.slice(0, i + 1).join('/')));
    const manifests = [
      manifestOf([...folders, fileAt(path)]),
      manifestOf([fileAt(path)]),
      manifestOf([], { sources: [{ path, size: 0, digest: NO_DIGEST }] }),
      manifestOf([], { removed: [path] }),
    ];
    for (const manifest of manifests) await expectRefused(forgeBundle({ manifest }), 'BAD_PATH');
  });

  it('of 64 KiB is refused before it is built', async () => {
    const manifest = manifestOf([fileAt('x'.repeat(65536))]);
    await expectRefused(forgeBundle({ manifest }), 'BAD_PATH');
  });

  it.each([
    ['the same twice', ['a', 'a']],
    ['in another order', ['b', 'a']],
    ['alike but for case', ['A', 'a']],
    ['alike but for case, in folders', ['D', 'd']],
    ['alike but for Unicode form', ['e\u0301', '\u00e9']],
    ['alike but for case and form', ['E\u0301', '\u00e9']],
    ['with a sharp s', ['ss', '\u00df']],
    ['with a character that has no shape', ['a', 'a\u200d']],
    ['with the sign of Kelvin', ['k', '\u212a']],
  ])('%s is refused', async (_, paths) => {
    await expectRefused(forgeBundle({ manifest: manifestOf(paths.map(fileAt)) }), 'BAD_PATH');
    await expectRefused(forgeBundle({ manifest: manifestOf(paths.map(folder)) }), 'BAD_PATH');
  });

  it.each([
    ['a file', fileAt('x')],
    ['a link', link('x', 'd')],
  ])('below %s is refused', async (_, above) => {
    await expectRefused(
      forgeBundle({ manifest: manifestOf([folder('d'), above, fileAt('x/y')]) }),
      'BAD_PATH',
    );
  });

  it('below nothing is refused', async () => {
    await expectRefused(forgeBundle({ manifest: manifestOf([fileAt('nowhere/y')]) }), 'BAD_PATH');
  });

  it('that is no UTF-8 is refused', async () => {
    const good = writeManifest(manifestOf([fileAt('abc')]));
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      const manifest = good.manifest.slice();
      manifest.set(bytes, 3);
      await expectRefused(forgeBundle({ manifest: { ...good, manifest } }), 'BAD_MANIFEST');
    }
  });
});

describe('a link', () => {
  it.each([
    '',
    '/etc/passwd',
    '..',
    '../outside',
    '../../outside',
    'd/../../outside',
    'd/..',
    './d',
    '.',
    'd/',
    'C:\\x',
    'd\\x',
    'zero\0',
    'x/'.repeat(600),
  ])('at the top to %j is refused', async (target) => {
    await expectRefused(forgeBundle({ manifest: manifestOf([folder('d'), link('l', target)]) }), 'BAD_PATH');
  });

  it('further down may lead up to the top, and no higher', async () => {
    const make = (target: string) =>
      forgeBundle({ manifest: manifestOf([folder('d'), link('d/l', target)]) });
    await expectRefused(make('../../outside'), 'BAD_PATH');
    // What fails here is only the forged digest of the tree.
    await expect(applyBundle({ old, patch: make('../d'), new: out })).rejects.toMatchObject({
      code: 'TREE_MISMATCH',
    });
  });

  it('in a loop does no harm', async () => {
    const tree: BriefTree = { a: '-> b', b: '-> a', c: '-> c' };
    const next = writeBriefTree(scratch.file('next'), tree);
    const { patch } = await createBundlePatch(old, next);
    await applyBundle({ old, patch, new: out });
    expect((await verifyBundle({ folder: out, patch })).damages).toEqual([]);
    await applyBundleInPlace({ folder: old, patch });
    expect(readBriefTree(old)).toEqual(tree);
  });
});

describe('a manifest', () => {
  const file = { ...fileAt('f'), size: 5 } as TreeEntry;
  const source = { path: 'keep', size: 1, digest: NO_DIGEST };
  const part = { sources: [], outputs: [0], size: 0, isFallback: false };
  it.each<[string, Partial<BundleManifest>]>([
    ['a file from nowhere', { origins: [{ kind: 'part' }] }],
    ['a file made twice', { origins: [{ kind: 'part' }], parts: [part, part] }],
    ['a file made and copied', { parts: [part] }],
    ['a part that makes nothing', { origins: [{ kind: 'part' }], parts: [part, { ...part, outputs: [] }] }],
    ['an output that is not there', { origins: [{ kind: 'part' }], parts: [{ ...part, outputs: [1] }] }],
    ['a source that is not there', { origins: [{ kind: 'copy', source: 1 }], sources: [source] }],
    [
      'a part from a source that is not there',
      { origins: [{ kind: 'part' }], parts: [{ ...part, sources: [0] }] },
    ],
    ['a full form with a base', { sources: [source], parts: [{ ...part, sources: [0], isFallback: true }] }],
    ['an entry that is removed', { removed: ['f'] }],
    ['sources in another order', { sources: [source, { ...source, path: 'a' }] }],
    ['a source named twice', { sources: [source, source] }],
    ['removed ones in another order', { removed: ['b', 'a'] }],
    ['one removed twice', { removed: ['a', 'a'] }],
  ])('with %s is refused', async (_, change) => {
    await expectRefused(forgeBundle({ manifest: manifestOf([file], change) }), 'BAD_MANIFEST');
  });

  it('with sizes that are not those of the header, or beyond all limits, is refused', async () => {
    const manifest = manifestOf([file]);
    await expectRefused(forgeBundle({ manifest, header: { newSize: 6 } }), 'BAD_MANIFEST');
    const huge = manifestOf([{ ...file, size: Number.MAX_SAFE_INTEGER } as TreeEntry]);
    await expectRefused(forgeBundle({ manifest: huge }), 'NEW_SIZE_LIMIT');
  });

  it('with more entries than any folder has is refused before they are read', async () => {
    const manifest = new Uint8Array(4 + 200_001).fill(0);
    manifest.set([0xc1, 0x9a, 0x0c]);
    await expectRefused(forgeBundle({ manifest: { manifest, digests: new Uint8Array(0) } }), 'ENTRY_LIMIT');
  });

  it('with parts of other sizes than there are is refused', async () => {
    const manifest = manifestOf([file], { origins: [{ kind: 'part' }], parts: [{ ...part, size: 3 }] });
    await expectRefused(forgeBundle({ manifest, parts: new Uint8Array(2) }), 'BAD_STREAM');
    await expectRefused(forgeBundle({ manifest, parts: new Uint8Array(4) }), 'BAD_STREAM');
  });

  it.each(['truncated', 'longer'])('that is %s is refused', async (how) => {
    const good = writeManifest(manifestOf([folder('d'), file], { removed: ['gone'] }));
    for (const key of ['manifest', 'digests'] as const) {
      for (let size = 0; size < good[key].length; size++) {
        const bytes = how === 'longer' ? new Uint8Array([...good[key], 0]) : good[key].subarray(0, size);
        const patch = forgeBundle({ manifest: { ...good, [key]: bytes }, header: { newSize: 5 } });
        await expect(verifyBundle({ folder: old, patch })).rejects.toBeInstanceOf(PatchError);
        if (how === 'longer') break;
      }
    }
  });

  it('with any bytes changed is read as another one or refused (seed 11)', () => {
    const random = new SeededRandom(11);
    const entries = ['a', 'a/b', 'a/c', 'd', 'e', 'f'].map((path, i) =>
      i === 0 ? folder(path) : fileAt(path),
    );
    const origins = entries.map((_, i) =>
      i < 3 ? ({ kind: 'same' } as const) : ({ kind: 'part' } as const),
    );
    const parts = [
      { ...part, outputs: [3, 4], sources: [0] },
      { ...part, outputs: [5] },
    ];
    const good = writeManifest(
      manifestOf(entries, { origins, parts, sources: [source], removed: ['x', 'y'] }),
    );
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < 20_000; i++) {
      const manifest = good.manifest.slice();
      for (let changes = 1 + random.below(3); changes > 0; changes--) {
        manifest[random.below(manifest.length)] = random.oneIn(2) ? random.below(256) : random.below(8);
      }
      try {
        readManifest(manifest, good.digests);
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof PatchError)) throw error;
        outcomes.refused++;
      }
    }
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  });
});

describe('a patch', () => {
  const pair = makeTextPair(4, 40);
  const make = async () => {
    const [before, after] = [scratch.file('before'), scratch.file('after')];
    writeBriefTree(before, { lib: pair.oldBytes, same: 's' });
    writeBriefTree(after, { lib: pair.newBytes, same: 's', l: '-> lib' });
    return { before, ...(await createBundlePatch(before, after)) };
  };

  it('with any byte changed, or cut anywhere, makes nothing', async () => {
    const { before, patch } = await make();
    const random = new SeededRandom(12);
    for (let at = 0; at < patch.length; at++) {
      const changed = patch.slice();
      changed[at]! ^= 1 << random.below(8);
      for (const bytes of [changed, patch.subarray(0, at)]) {
        const failure = await applyBundle({ old: before, patch: bytes, new: out }).then(
          () => undefined,
          (error: unknown) => error,
        );
        // Header fields that say nothing about new may differ, as the digest of old, which may have files more.
        if (failure === undefined) renameSync(out, scratch.file(`made-${at}`));
        else expect(failure).toBeInstanceOf(PatchError);
        if (bytes !== changed) expect(failure).toBeDefined();
      }
    }
    const made = scratch.names().filter((name) => name.startsWith('made-'));
    expect(made.length).toBeLessThan(48);
    for (const name of made)
      expect(readBriefTree(scratch.file(name))).toEqual(readBriefTree(scratch.file('after')));
  });

  it('of a folder is none of a file, and the other way round', async () => {
    const { patch } = await make();
    await expect(applyPatch(pair.oldBytes, patch)).rejects.toBeInstanceOf(PatchError);
    const { createPatch } = await import('../../src/index.js');
    const { patch: ofFile } = await createPatch(pair.oldBytes, pair.newBytes);
    await expectRefused(ofFile, 'UNSUPPORTED_FEATURE');
  });

  it('whose signature is refused is not parsed', async () => {
    const { before, patch } = await make();
    const verifier = { verify: () => Promise.reject(new TypeError('not signed')) };
    await expect(applyBundle({ old: before, patch, new: out, verifier })).rejects.toThrow('not signed');
    expect(scratch.names()).not.toContain('out');
  });
});

describe('a folder that is changed meanwhile', () => {
  const OLD: BriefTree = { 'd/a': '1', 'd/same': 's' };
  const NEW: BriefTree = { 'd/a': '2', 'd/same': 's', 'd/l': '-> a' };
  const prepare = async () => {
    const before = writeBriefTree(scratch.file('before'), OLD);
    const { patch } = await createBundlePatch(before, writeBriefTree(scratch.file('after'), NEW));
    writeBriefTree(scratch.file('outside'), { a: '1', same: 's' });
    resetDisk(disk);
    return { before, patch };
  };

  it('a link in the place of a folder, at any moment, is not written through', async () => {
    for (let k = 1; ; k++) {
      scratch.clean();
      mkdirSync(scratch.path);
      const { before, patch } = await prepare();
      const outside = readBriefTree(scratch.file('outside'));
      let count = 0;
      disk.meanwhile = () => {
        if (++count !== k) return;
        renameSync(`${before}/d`, scratch.file('taken'));
        symlinkSync(scratch.file('outside'), `${before}/d`);
      };
      const failure = await applyBundleInPlace({ folder: before, patch }).then(
        () => undefined,
        (error: unknown) => error,
      );
      resetDisk(disk);
      if (failure !== undefined) expect(failure).toBeInstanceOf(PatchError);
      expect(readBriefTree(scratch.file('outside'))).toEqual(outside);
      if (count < k) {
        expect(readBriefTree(before)).toMatchObject(NEW);
        break;
      }
    }
  });

  it('another file in the place of one that is linked is found out', async () => {
    const { before, patch } = await prepare();
    disk.meanwhile = (operation) => {
      if (operation !== 'linkSync') return;
      unlinkSync(`${before}/d/same`);
      writeFileSync(`${before}/d/same`, 'x');
    };
    await expect(applyBundle({ old: before, patch, new: out })).rejects.toMatchObject({
      code: 'TREE_MISMATCH',
    });
    expect(scratch.names()).not.toContain('out');
  });

  it('a file that is written to while it is linked is found out', async () => {
    const { before, patch } = await prepare();
    utimesSync(`${before}/d/same`, 1000, 1000);
    disk.meanwhile = (operation) => {
      // The very same file, of the same size.
      if (operation === 'linkSync') writeFileSync(`${before}/d/same`, 'x');
    };
    await expect(applyBundle({ old: before, patch, new: out })).rejects.toMatchObject({
      code: 'TREE_MISMATCH',
    });
    expect(scratch.names()).not.toContain('out');
  });

  it('a journal that somebody planted is refused', async () => {
    const { before, patch } = await prepare();
    const journal = scratch.file('.before.deltakit-journal');
    const plan = { schema: 1, remove: [], replace: [], folders: [], files: [], links: [], modes: [] };
    const tries: [unknown, StatusName][] = [
      [{ ...plan, remove: ['../outside/secret'] }, 'BAD_PATH'],
      [{ ...plan, files: ['/etc/passwd'] }, 'BAD_PATH'],
      [{ ...plan, links: [{ path: 'l', target: '/etc' }] }, 'BAD_PATH'],
      [{ ...plan, modes: [{ path: 'd/a', mode: 0o4755 }] }, 'BAD_MANIFEST'],
      [{ ...plan, remove: [7] }, 'BAD_MANIFEST'],
      [{ ...plan, files: undefined }, 'BAD_MANIFEST'],
      [{ ...plan, schema: 2 }, 'UNSUPPORTED_VERSION'],
      [null, 'UNSUPPORTED_VERSION'],
    ];
    mkdirSync(journal);
    for (const [content, code] of tries) {
      writeFileSync(`${journal}/plan`, JSON.stringify(content));
      await expect(applyBundleInPlace({ folder: before, patch })).rejects.toMatchObject({ code });
    }
    writeFileSync(`${journal}/plan`, '{');
    expect(() => recoverBundle(before)).toThrow(/malformed plan/);
    unlinkSync(`${journal}/plan`);
    expect(() => recoverBundle(before)).toThrow(/could not be read/);
    renameSync(journal, scratch.file('elsewhere'));
    symlinkSync(scratch.file('elsewhere'), journal);
    expect(() => recoverBundle(before)).toThrow(/is no folder/);
    expect(readBriefTree(before)).toMatchObject(OLD);
  });
});

describe('what no bundle holds', () => {
  const makePipe = (path: string) => execFileSync('mkfifo', [path]);

  it.each([
    ['a pipe', (path: string) => makePipe(path), 'UNSUPPORTED_ENTRY'],
    ['a set-user-id file', (path: string) => writeMode(path, 0o4755), 'UNSUPPORTED_ENTRY'],
    ['a set-group-id file', (path: string) => writeMode(path, 0o2755), 'UNSUPPORTED_ENTRY'],
    ['a sticky file', (path: string) => writeMode(path, 0o1644), 'UNSUPPORTED_ENTRY'],
    ['a link that leads out', (path: string) => symlinkSync('../outside', path), 'BAD_PATH'],
    ['an absolute link', (path: string) => symlinkSync('/etc', path), 'BAD_PATH'],
    ['a device name', () => writeFileSync(`${old}/nul.txt`, ''), 'BAD_PATH'],
  ])('%s is refused when a patch or manifest is made', async (_, make, code) => {
    make(`${old}/odd`);
    await expect(createBundlePatch(old, old)).rejects.toMatchObject({ code });
    await expect(readFolderTree(old)).rejects.toMatchObject({ code });
  });

  it('a name that is no UTF-8 is refused', async () => {
    const path = Buffer.from(`${old}/\xff`, 'latin1');
    writeFileSync(path, '');
    try {
      await expect(createBundlePatch(old, old)).rejects.toMatchObject({ code: 'BAD_PATH' });
    } finally {
      unlinkSync(path);
    }
  });

  it('names that clash elsewhere are refused when a patch is made', async () => {
    writeBriefTree(old, { 'x/Read': '1', 'x/read': '2' });
    await expect(createBundlePatch(old, old)).rejects.toMatchObject({ code: 'BAD_PATH' });
  });

  it('a pipe in the place of a file is not waited for', async () => {
    const after = writeBriefTree(scratch.file('after'), { keep: 'changed' });
    const { patch } = await createBundlePatch(old, after);
    unlinkSync(`${old}/keep`);
    makePipe(`${old}/keep`);
    await expect(applyBundle({ old, patch, new: out })).rejects.toMatchObject({ code: 'ENTRY_MISMATCH' });
  });

  it.each([0o4755, 0o2755, 0o6777, 0o777])(
    'mode %o of an unchanged file does not get into new',
    async (mode) => {
      writeMode(`${old}/tool`, 0o755);
      const { patch } = await createBundlePatch(old, old);
      chmodSync(`${old}/tool`, mode);
      const { copied } = await applyBundle({ old, patch, new: out });
      expect(copied).toContain('tool');
      expect(statSync(`${out}/tool`).mode & 0o7777).toBe(0o755);
      expect(statSync(`${old}/tool`).mode & 0o7777).toBe(mode);
    },
  );

  function writeMode(path: string, mode: number): void {
    writeFileSync(path, 'x');
    chmodSync(path, mode);
  }
});

describe('the manifest of a folder as JSON', () => {
  it('reads back what was written, and nothing else', async () => {
    writeBriefTree(old, { 'd/f': 'x:run', l: '-> d/f' });
    const tree = await readFolderTree(old);
    const text = writeTreeFile(tree);
    expect(readTreeFile(text)).toEqual(tree);
    const change = (
      edit: (json: { entries: Record<string, unknown>[] } & Record<string, unknown>) => void,
    ) => {
      const json = JSON.parse(text);
      edit(json);
      return JSON.stringify(json);
    };
    const wrong = [
      '',
      '{',
      '[]',
      'null',
      text.replace('deltakit-tree', 'other'),
      text.replace('"schemaVersion": 1', '"schemaVersion": 2'),
      `\ufeff${text}`,
      change((json) => Object.assign(json, { more: 1 })),
      change((json) => Object.assign(json, { entries: {} })),
      change((json) => Object.assign(json, { digest: tree.digest.toUpperCase() })),
      change((json) => json.entries.reverse()),
      change((json) => json.entries.pop()),
      change((json) => json.entries.push(7 as never)),
      change((json) => Object.assign(json.entries[0]!, { type: 'device' })),
      change((json) => Object.assign(json.entries[1]!, { size: -1 })),
      change((json) => Object.assign(json.entries[1]!, { size: 1e300 })),
      change((json) => Object.assign(json.entries[1]!, { size: '5' })),
      change((json) => Object.assign(json.entries[1]!, { executable: 1 })),
      change((json) => Object.assign(json.entries[1]!, { sha256: 'A'.repeat(64) })),
      change((json) => Object.assign(json.entries[1]!, { sha256: 'a'.repeat(40) })),
      change((json) => Object.assign(json.entries[1]!, { mode: 0o4755 })),
      change((json) => Object.assign(json.entries[1]!, { path: '../f' })),
      text.replace('"type"', '"__proto__"'),
    ];
    for (const bad of wrong) expect(() => readTreeFile(bad), bad).toThrow(PatchError);
  });
});
