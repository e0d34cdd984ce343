/**
 * The faults of storage that an apply of one file must survive, by their numbers in docs/THREATS.md. The oracle is one for all: the destination is
 * exactly what it was or exactly new, nothing else in the folder changed, the code is the stated one, and a run without the fault succeeds.
 */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RandomAccess } from '../../src/bytes/random-access.js';
import { createPatchSync } from '../../src/index.js';
import { applyPatchFile, applyToFile } from '../../src/node/apply-patch-file.js';
import { FileReader } from '../../src/node/file-reader.js';
import { CliProgram } from '../support/cli-program.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import {
  HAS_STRACE,
  mountSmallDisk,
  NO_STRACE,
  runWithFaults,
  runWithLimit,
} from '../support/system-faults.js';

const { oldBytes, newBytes } = makeCodePair(59, 150_000);
const { patch } = createPatchSync(oldBytes, newBytes, { effort: 'fast', reverse: true });
const oldFile = Buffer.from(oldBytes);
const newFile = Buffer.from(newBytes);
let program: CliProgram;
let folder: ScratchFolder;

beforeAll(() => {
  program = new CliProgram();
  if (!HAS_STRACE) process.stderr.write(`${NO_STRACE}\n`);
});
afterAll(() => program.clean());
beforeEach(() => {
  folder = new ScratchFolder();
  fill(folder.path);
});
afterEach(() => folder.clean());

function fill(path: string): void {
  writeFileSync(join(path, 'old'), oldBytes);
  writeFileSync(join(path, 'p.dkp'), patch);
}

const apply = (...flags: string[]) => [program.main, 'apply', 'old', 'p.dkp', '-q', '-o', 'out', ...flags];
const IN_PLACE = ['apply', 'old', 'p.dkp', '-q', '-f', '-o', 'old'];
const isTemporary = (name: string) => /^\.(out|old)\.[0-9a-f]{6}-\d+-[0-9a-f]{12}\.tmp$/.test(name);
const read = (name: string) => readFileSync(folder.file(name));

/** Old and patch as they were, no destination, and nothing left behind. */
function expectUntouched(path = folder.path): void {
  expect(readdirSync(path).sort()).toEqual(['old', 'p.dkp']);
  expect(readFileSync(join(path, 'old')).equals(oldFile)).toBe(true);
  expect(readFileSync(join(path, 'p.dkp')).equals(Buffer.from(patch))).toBe(true);
}

/** A run without the fault makes new. */
async function expectRecovery(
  cwd = folder.path,
  options: { resume?: boolean; force?: boolean } = {},
): Promise<void> {
  const at = (name: string) => join(cwd, name);
  await applyPatchFile({ old: at('old'), patch: at('p.dkp'), new: at('out'), ...options });
  expect(readdirSync(cwd).sort()).toEqual(['old', 'out', 'p.dkp']);
  expect(readFileSync(at('out')).equals(newFile)).toBe(true);
}

/** Kills the program at each of its calls of the system; answers how often, in which states. */
async function killEverywhere(
  calls: readonly string[],
  args: readonly string[],
  check: () => 'old' | 'new',
  again: () => void | Promise<void>,
): Promise<string[]> {
  const states: string[] = [];
  for (const call of calls) {
    for (let k = 1; ; k++) {
      expect(k).toBeLessThan(100);
      const { signal, status } = runWithFaults(args, {
        cwd: folder.path,
        faults: [`${call}:signal=KILL:when=${k}`],
      });
      const state = check();
      await again();
      if (signal === null && status === 0) break;
      expect([signal, status]).toEqual(['SIGKILL', null]);
      states.push(`${call} ${k} ${state}`);
    }
  }
  return states;
}

describe.skipIf(!HAS_STRACE)('faults injected into the system', () => {
  it('1: SIGKILL at every call of an apply: old or new, and the next run makes new', async () => {
    const states = await killEverywhere(
      ['pwrite64', 'fsync', 'link', 'unlink'],
      apply(),
      () => {
        expect(read('old').equals(oldFile)).toBe(true);
        expect(
          folder.names().filter((name) => !['old', 'out', 'p.dkp'].includes(name) && !isTemporary(name)),
        ).toEqual([]);
        if (!existsSync(folder.file('out'))) return 'old';
        expect(read('out').equals(newFile)).toBe(true);
        return 'new';
      },
      async () => {
        if (!existsSync(folder.file('out'))) await expectRecovery();
        folder.clean();
        folder = new ScratchFolder();
        fill(folder.path);
      },
    );
    expect(states).toContain('pwrite64 1 old');
    expect(states).toContain('fsync 1 old');
    expect(states).toContain('fsync 2 new');
  });

  it('2, 3: SIGKILL at every call while an improvement is removed in place, again and again on one folder', async () => {
    writeFileSync(folder.file('old'), newBytes);
    const states = await killEverywhere(
      ['pwrite64', 'fsync', 'rename'],
      [program.main, ...IN_PLACE, '--reverse'],
      () => {
        // Whatever the kills before left, the file is one of the two.
        const found = read('old');
        if (found.equals(oldFile)) return 'new';
        expect(found.equals(newFile)).toBe(true);
        return 'old';
      },
      () => {
        // What was not removed by this run is removed by the next one.
        expect(folder.names().filter((name) => name !== 'old' && name !== 'p.dkp').length).toBeLessThan(2);
        if (read('old').equals(oldFile)) writeFileSync(folder.file('old'), newBytes);
      },
    );
    expect(states).toContain('rename 1 old');
    expect(states).toContain('fsync 2 new');
  });

  it('4: nothing gets its name before its bytes are synced, nor is told before its name is', () => {
    const log = folder.file('calls');
    runWithFaults(apply(), { cwd: folder.path, log, traced: 'pwrite64,fsync,link,linkat,rename,exit_group' });
    const calls = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(folder.path) || line.includes('link(') || line.includes('exit_group'))
      .map((line) => /(\w+)\((?:\d+<([^>]*)>)?/.exec(line)!)
      .map(([, name, path]) =>
        path === undefined ? name : `${name} ${path === folder.path ? 'folder' : 'file'}`,
      );
    // One after another, repeats left out.
    const order = calls.filter((call, i) => call !== calls[i - 1]);
    expect(order).toEqual(['pwrite64 file', 'fsync file', 'link', 'fsync folder', 'exit_group']);
  });

  it.each([
    ['5: EIO at the sync of the file', 'fsync:error=EIO:when=1', 'WRITE_FAILED'],
    ['6: ENOSPC at the first write', 'pwrite64:error=ENOSPC:when=1', 'NO_SPACE'],
    ['6: ENOSPC at the second write', 'pwrite64:error=ENOSPC:when=2', 'NO_SPACE'],
    ['6: ENOSPC at every write from the second on', 'pwrite64:error=ENOSPC:when=2+', 'NO_SPACE'],
    ['8: EDQUOT at a write', 'pwrite64:error=EDQUOT:when=1', 'NO_SPACE'],
    ['8: EFBIG at a write', 'pwrite64:error=EFBIG:when=1', 'NO_SPACE'],
    ['8: EIO at a write', 'pwrite64:error=EIO:when=1', 'WRITE_FAILED'],
    ['8: EACCES at the link', 'link:error=EACCES', 'WRITE_FAILED'],
  ])('%s', async (_, fault, code) => {
    const { status, stderr } = runWithFaults(apply(), { cwd: folder.path, faults: [fault] });
    expect({ status, stderr }).toEqual({ status: 7, stderr: expect.stringContaining(`[${code}]`) });
    expectUntouched();
    await expectRecovery();
  });

  it.each([
    ['8: EBUSY at the rename', 'rename:error=EBUSY'],
    ['8: ETXTBSY at the rename', 'rename:error=ETXTBSY'],
    ['5: EIO at the sync', 'fsync:error=EIO:when=1'],
  ])('%s keeps the file that was to be replaced', (_, fault) => {
    const end = runWithFaults([program.main, ...IN_PLACE], { cwd: folder.path, faults: [fault] });
    expect(end).toMatchObject({ status: 7, stderr: expect.stringContaining('[WRITE_FAILED]') });
    expectUntouched();
  });

  it('1, 3: kills of an apply with a journal, one after another in one folder, end with new', async () => {
    let kills = 0;
    for (const call of ['openat', 'pwrite64', 'fdatasync', 'ftruncate', 'fsync', 'link', 'unlink']) {
      for (const k of [1, 2]) {
        // Opening counts from the files of the destination's own on.
        const fault = call === 'openat' ? 'openat:signal=KILL:when=5' : `${call}:signal=KILL:when=${k}`;
        const { signal } = runWithFaults(apply('--resume', '-f'), { cwd: folder.path, faults: [fault] });
        if (signal === 'SIGKILL') kills++;
        expect(read('old').equals(oldFile)).toBe(true);
        if (existsSync(folder.file('out'))) expect(read('out').equals(newFile)).toBe(true);
      }
    }
    expect(kills).toBeGreaterThan(5);
    await expectRecovery(folder.path, { resume: true, force: true });
  });
});

describe('full and closed disks', () => {
  it('6: a disk that is too small is refused before anything is created', ({ skip }) => {
    const disk = mountSmallDisk('size=2m');
    if (disk === undefined) return skip('no file system may be mounted here');
    try {
      fill(disk.path);
      writeFileSync(join(disk.path, 'ballast'), new Uint8Array(900 << 10));
      const end = runWithLimit('true', apply(), disk.path);
      expect(end).toMatchObject({
        status: 7,
        stderr: expect.stringMatching(/bytes are needed in .*\[NO_SPACE\]/),
      });
      expect(readdirSync(disk.path).sort()).toEqual(['ballast', 'old', 'p.dkp']);
    } finally {
      disk.unmount();
    }
  });

  it('6: a disk that fills while it is written', ({ skip }) => {
    const disk = mountSmallDisk('size=1000k');
    if (disk === undefined) return skip('no file system may be mounted here');
    try {
      fill(disk.path);
      // Somebody else takes the room behind the look at it.
      const preload = program.writeScript(
        'roomy.mjs',
        `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
fs.statfsSync = () => ({ bavail: 1 << 20, blocks: 1 << 20, bsize: 4096 });
syncBuiltinESMExports();
`,
      );
      const end = runWithLimit('true', ['--import', preload, ...apply()], disk.path);
      expect(end).toMatchObject({ status: 7, stderr: expect.stringMatching(/ENOSPC.*\[NO_SPACE\]/) });
      expectUntouched(disk.path);
    } finally {
      disk.unmount();
    }
  });

  it('7: what a crash left on a full disk is removed before room is asked for', async ({ skip }) => {
    const disk = mountSmallDisk('size=2m');
    if (disk === undefined || !HAS_STRACE) return skip('no file system may be mounted here, or no strace');
    try {
      fill(disk.path);
      const killed = runWithFaults(apply(), { cwd: disk.path, faults: ['fsync:signal=KILL:when=1'] });
      expect(killed.signal).toBe('SIGKILL');
      expect(readdirSync(disk.path).filter(isTemporary).length).toBe(1);
      await expectRecovery(disk.path);
    } finally {
      disk.unmount();
    }
  });

  it('7: windows that a crash left on a full disk are written over', async ({ skip }) => {
    const disk = mountSmallDisk('size=2m');
    if (disk === undefined || !HAS_STRACE) return skip('no file system may be mounted here, or no strace');
    try {
      fill(disk.path);
      const args = apply('--resume');
      const killed = runWithFaults(args, { cwd: disk.path, faults: ['fsync:signal=KILL:when=2'] });
      expect(killed.signal).toBe('SIGKILL');
      expect(readdirSync(disk.path)).toContain('.out.deltakit-partial');
      await expectRecovery(disk.path, { resume: true });
    } finally {
      disk.unmount();
    }
  });

  it('7: the temporary file of a process that runs is left alone', () => {
    const mine = folder.file('.out.000000-1-0123456789ab.tmp');
    writeFileSync(mine, 'elsewhere');
    expect(runWithLimit('true', apply(), folder.path).status).toBe(0);
    expect(readFileSync(mine, 'utf8')).toBe('elsewhere');
  });

  it('8: a limit on the size of files, as an error or as the signal that kills', async ({ skip }) => {
    if (process.platform === 'win32') return skip('no ulimit');
    const told = runWithLimit("trap '' XFSZ; ulimit -f 100", apply(), folder.path);
    expect(told).toMatchObject({ status: 7, stderr: expect.stringMatching(/EFBIG.*\[NO_SPACE\]/) });
    expectUntouched();
    runWithLimit('ulimit -f 100', apply(), folder.path);
    expect(existsSync(folder.file('out'))).toBe(false);
    await expectRecovery();
  });

  it('8: a file system that is read-only', ({ skip }) => {
    const disk = mountSmallDisk('size=1m,ro');
    if (disk === undefined) return skip('no file system may be mounted here');
    try {
      const end = runWithLimit('true', apply('-o', join(disk.path, 'out')), folder.path);
      expect(end).toMatchObject({
        status: 7,
        stderr: expect.stringMatching(/(EROFS.*\[WRITE_FAILED\]|\[NO_SPACE\])/),
      });
      expectUntouched();
    } finally {
      disk.unmount();
    }
  });

  it('11: a file that is locked (chattr +i) is refused and stays', async ({ skip }) => {
    if (spawnSync('chattr', ['+i', folder.file('old')]).status !== 0)
      return skip('no file may be locked here');
    try {
      const replacing = { old: folder.file('old'), patch: folder.file('p.dkp'), new: folder.file('old') };
      await expect(applyPatchFile({ ...replacing, force: true })).rejects.toMatchObject({
        name: 'StorageError',
        code: 'WRITE_FAILED',
      });
      expectUntouched();
    } finally {
      spawnSync('chattr', ['-i', folder.file('old')]);
    }
    await expectRecovery();
  });

  it('8: a folder that may not be written to', ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('needs root to become another user');
    chmodSync(folder.path, 0o555);
    const end = program.run(folder, ['apply', 'old', 'p.dkp', '-o', 'out'], { uid: 65534 });
    expect(end).toMatchObject({ status: 7, stderr: expect.stringContaining('[WRITE_FAILED]') });
    expectUntouched();
  });
});

describe('the old file', () => {
  const inProcess = (options: Partial<Parameters<typeof applyPatchFile>[0]> = {}) =>
    applyPatchFile({
      old: folder.file('old'),
      patch: folder.file('p.dkp'),
      new: folder.file('out'),
      ...options,
    });

  it.each([0, 1, oldBytes.length >> 1, oldBytes.length - 1])('9: one bit rotten at byte %i', async (at) => {
    const rotten = oldBytes.slice();
    rotten[at]! ^= 0x10;
    writeFileSync(folder.file('old'), rotten);
    await expect(inProcess()).rejects.toMatchObject({ name: 'MismatchError', code: 'OLD_DIGEST_MISMATCH' });
    expect(folder.names()).toEqual(['old', 'p.dkp']);
    expect(read('old').equals(Buffer.from(rotten))).toBe(true);
  });

  it('10: another mode and time are the same old file', async () => {
    chmodSync(folder.file('old'), 0o400);
    utimesSync(folder.file('old'), 1, 1);
    await inProcess();
    expect(read('out').equals(newFile)).toBe(true);
  });

  it('11: is missing', async () => {
    await expect(inProcess({ old: folder.file('gone') })).rejects.toMatchObject({ code: 'READ_FAILED' });
    expectUntouched();
  });

  it.each([
    [
      'another file under its name',
      true,
      () => {
        writeFileSync(folder.file('other'), 'not old');
        renameSync(folder.file('other'), folder.file('old'));
      },
    ],
    ['cut to nothing', false, () => writeFileSync(folder.file('old'), '')],
    ['full of zeros', false, () => writeFileSync(folder.file('old'), new Uint8Array(oldBytes.length))],
  ])('9, 36: is %s behind its digest', async (_, isRight, change) => {
    const held = new FileReader(folder.file('old'));
    let undigested = held.size;
    let isChanged = false;
    const old: RandomAccess = {
      size: held.size,
      read(offset, into) {
        if (undigested === 0 && !isChanged) {
          isChanged = true;
          change();
        }
        undigested = Math.max(0, undigested - into.length);
        return held.read(offset, into);
      },
    };
    const result = applyToFile(old, patch, { new: folder.file('out') });
    if (isRight) {
      await result;
      expect(read('out').equals(newFile)).toBe(true);
    } else {
      await expect(result).rejects.toMatchObject({
        code: expect.stringMatching(/^(NEW_DIGEST_MISMATCH|READ_FAILED|BAD_STREAM)$/),
      });
      expect(folder.names()).toEqual(['old', 'p.dkp']);
    }
    expect(isChanged).toBe(true);
    held.close();
  });

  it('15: stays readable for who holds it open while it is replaced', async () => {
    const fd = openSync(folder.file('old'), 'r');
    try {
      await inProcess({ new: folder.file('old'), force: true });
      expect(read('old').equals(newFile)).toBe(true);
      const seen = new Uint8Array(fstatSync(fd).size);
      readSync(fd, seen);
      expect(Buffer.from(seen).equals(oldFile)).toBe(true);
    } finally {
      closeSync(fd);
    }
  });

  it('36: the patch is replaced between its check and its use', async () => {
    let swaps = 0;
    const verifier = {
      verify() {
        swaps++;
        writeFileSync(folder.file('p.dkp'), 'another patch altogether');
      },
    };
    await inProcess({ verifier });
    expect(swaps).toBe(1);
    expect(read('out').equals(newFile)).toBe(true);
  });

  it('40: set-user-ID of the replaced file is not handed to other bytes', async () => {
    chmodSync(folder.file('old'), 0o4755);
    await inProcess({ new: folder.file('old'), force: true });
    expect(statSync(folder.file('old')).mode & 0o7777).toBe(0o755);
  });

  it('13: of two applies at once to one destination one wins, the other is told', async () => {
    const outcomes = await Promise.allSettled([inProcess(), inProcess()]);
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason.code] : [],
    );
    expect(failures).toEqual(['DESTINATION_EXISTS']);
    expect(read('out').equals(newFile)).toBe(true);
    expect(folder.names()).toEqual(['old', 'out', 'p.dkp']);
  });

  it('12: the disk holds other bytes than were written', () => {
    const preload = program.writeScript(
      'rot.mjs',
      `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const sync = fs.fsyncSync;
let count = 0;
fs.fsyncSync = (fd) => {
  sync(fd);
  if (++count > 1) return;
  const byte = new Uint8Array(1);
  fs.readSync(fd, byte, 0, 1, 12345);
  byte[0] ^= 4;
  fs.writeSync(fd, byte, 0, 1, 12345);
};
syncBuiltinESMExports();
`,
    );
    const end = runWithLimit('true', ['--import', preload, ...apply()], folder.path);
    expect(end).toMatchObject({
      status: 7,
      stderr: expect.stringMatching(/the disk holds other bytes .*\[WRITE_FAILED\]/s),
    });
    expectUntouched();
  });
});
