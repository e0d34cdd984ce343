import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyPatchFile, createPatchFile, PatchError } from '../../src/node-entry.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const { oldBytes, newBytes } = makeCodePair(31, 5000);
let folder: ScratchFolder;
let paths: { old: string; new: string; patch: string; out: string };

beforeEach(async () => {
  folder = new ScratchFolder();
  paths = {
    old: folder.file('old'),
    new: folder.file('new'),
    patch: folder.file('p.dkp'),
    out: folder.file('out'),
  };
  writeFileSync(paths.old, oldBytes);
  writeFileSync(paths.new, newBytes);
  await createPatchFile(paths);
});
afterEach(() => folder.clean());

async function codeOf(running: Promise<unknown>): Promise<string> {
  try {
    await running;
  } catch (error) {
    if (error instanceof PatchError) return error.code;
    throw error;
  }
  return 'none';
}

const apply = (change: object = {}) =>
  applyPatchFile({ old: paths.old, patch: paths.patch, new: paths.out, ...change });

describe('patches of files', () => {
  it('give the new file, and leave nothing else', async () => {
    const report = await apply();
    expect(readFileSync(paths.out)).toEqual(Buffer.from(newBytes));
    expect(report.newSize).toBe(newBytes.length);
    expect(folder.names()).toEqual(['new', 'old', 'out', 'p.dkp']);
  });

  it('replace old in place', async () => {
    await apply({ new: paths.old, force: true });
    expect(readFileSync(paths.old)).toEqual(Buffer.from(newBytes));
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('take a patch that is in memory already', async () => {
    await apply({ patch: new Uint8Array(readFileSync(paths.patch)) });
    expect(readFileSync(paths.out)).toEqual(Buffer.from(newBytes));
  });

  it('do not overwrite unless forced, and say so before the work', async () => {
    writeFileSync(paths.out, 'precious');
    const stages: string[] = [];
    const onProgress = ({ stage }: { stage: string }) => stages.push(stage);
    expect(await codeOf(apply({ onProgress }))).toBe('DESTINATION_EXISTS');
    expect(readFileSync(paths.out, 'utf8')).toBe('precious');
    expect(await codeOf(createPatchFile({ ...paths, onProgress }))).toBe('DESTINATION_EXISTS');
    expect(stages).toEqual([]);
    await apply({ force: true });
    expect(readFileSync(paths.out)).toEqual(Buffer.from(newBytes));
  });

  it('follow a linked destination once and keep the link', async () => {
    writeFileSync(folder.file('real'), 'x');
    symlinkSync(folder.file('real'), paths.out);
    await apply({ force: true });
    expect(readFileSync(folder.file('real'))).toEqual(Buffer.from(newBytes));
    expect(folder.names()).toEqual(['new', 'old', 'out', 'p.dkp', 'real']);
  });

  it('keep the permissions of the file that they replace, but no set-user-ID', async () => {
    chmodSync(paths.old, 0o4751);
    await apply({ new: paths.old, force: true });
    expect(readFileSync(paths.old)).toEqual(Buffer.from(newBytes));
    expect(statSync(paths.old).mode & 0o7777).toBe(0o751);
  });

  it('count a link that leads nowhere as something that exists', async () => {
    symlinkSync(folder.file('nowhere'), paths.out);
    expect(await codeOf(apply())).toBe('DESTINATION_EXISTS');
    expect(await codeOf(apply({ force: true }))).toBe('WRITE_FAILED');
    expect(lstatSync(paths.out).isSymbolicLink()).toBe(true);
    expect(existsSync(folder.file('nowhere'))).toBe(false);
  });

  it('replace regular files only, even when forced', async ({ skip }) => {
    mkdirSync(paths.out);
    expect(await codeOf(apply({ force: true }))).toBe('WRITE_FAILED');
    // A pipe of the test's own stands for devices: a real one would be lost where this fails and runs as root.
    const pipe = folder.file('pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) skip('there is no mkfifo');
    symlinkSync(pipe, folder.file('link'));
    for (const path of [pipe, folder.file('link')]) {
      expect(await codeOf(apply({ new: path, force: true }))).toBe('WRITE_FAILED');
    }
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  it('leave a file alone that appears at the destination while they work', async () => {
    const onProgress = () => writeFileSync(paths.out, 'precious');
    expect(await codeOf(apply({ onProgress }))).toBe('DESTINATION_EXISTS');
    expect(readFileSync(paths.out, 'utf8')).toBe('precious');
    expect(folder.names()).toEqual(['new', 'old', 'out', 'p.dkp']);
  });

  it('refuse a wrong old file and write nothing', async () => {
    expect(await codeOf(apply({ old: paths.patch }))).toBe('OLD_SIZE_MISMATCH');
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('done once more on the file that they made change nothing', async () => {
    const before = readFileSync(paths.new);
    const report = await applyPatchFile({ ...paths, old: paths.new, new: paths.new, force: true });
    expect(report.alreadyApplied).toBe(true);
    expect(readFileSync(paths.new)).toEqual(before);
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('leave nothing when new turns out wrong after bytes were written', async () => {
    const patch = readFileSync(paths.patch);
    // The digest of new stands behind the sizes and the digest of old; a patch that lies about it makes all its bytes first.
    const lie = Buffer.from(patch);
    const at = patch.indexOf(Buffer.from(await digestOf(newBytes)));
    expect(at).toBeGreaterThan(0);
    lie[at]! ^= 1;
    writeFileSync(paths.patch, lie);
    expect(await codeOf(apply())).toBe('NEW_DIGEST_MISMATCH');
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('name paths that cannot be read or written', async () => {
    expect(await codeOf(apply({ old: folder.file('missing') }))).toBe('READ_FAILED');
    expect(await codeOf(apply({ old: folder.path }))).toBe('READ_FAILED');
    expect(await codeOf(apply({ new: folder.file('no/such/out') }))).toBe('WRITE_FAILED');
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });

  it('refuse a pipe as old instead of waiting for a writer', async ({ skip }) => {
    if (spawnSync('mkfifo', [folder.file('pipe')]).status !== 0) skip('there is no mkfifo');
    expect(await codeOf(apply({ old: folder.file('pipe') }))).toBe('READ_FAILED');
  });

  it('throw TypeError for what is no path', async () => {
    await expect(apply({ new: 7 as never })).rejects.toThrow(TypeError);
    await expect(apply({ old: undefined as never })).rejects.toThrow(TypeError);
  });

  it.runIf(process.getuid?.() !== 0)('report a folder that may not be written', async () => {
    mkdirSync(folder.file('locked'));
    chmodSync(folder.file('locked'), 0o555);
    expect(await codeOf(apply({ new: folder.file('locked/out') }))).toBe('WRITE_FAILED');
    chmodSync(folder.file('locked'), 0o755);
  });

  it('stop when aborted, and leave nothing', async () => {
    const reason = new Error('stop');
    const abort = new AbortController();
    const running = apply({ signal: abort.signal, onProgress: () => abort.abort(reason) });
    await expect(running).rejects.toBe(reason);
    expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
  });
});

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}
