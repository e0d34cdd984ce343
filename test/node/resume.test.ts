/** An apply that is killed goes on where it stopped; scripts/kill-apply.ts does it with real processes and SIGKILL. */

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPatchSync } from '../../src/index.js';
import { applyPatchFile } from '../../src/node/apply-patch-file.js';
import { identityOf } from '../../src/node/process-identity.js';
import { ResumableFile } from '../../src/node/resumable-file.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';

// Three windows of 8 MiB.
const random = new SeededRandom(77);
const oldBytes = new Uint8Array(20 << 20);
for (let at = 0; at < oldBytes.length; at += 2048) oldBytes.set(random.bytes(12), at);
const newBytes = oldBytes.slice();
newBytes.set(random.bytes(64), 17 << 20);
let patch: Uint8Array;
let folder: ScratchFolder;
const PARTIAL = '.out.deltakit-partial';
const JOURNAL = '.out.deltakit-journal';

beforeAll(() => {
  patch = createPatchSync(oldBytes, newBytes, { effort: 'fast' }).patch;
});
beforeEach(() => {
  folder = new ScratchFolder();
  writeFileSync(folder.file('old'), oldBytes);
  writeFileSync(folder.file('patch'), patch);
});
afterEach(() => folder.clean());

const apply = (options: Partial<Parameters<typeof applyPatchFile>[0]> = {}) =>
  applyPatchFile({
    old: folder.file('old'),
    patch: folder.file('patch'),
    new: folder.file('out'),
    resume: true,
    ...options,
  });

/** What a process leaves that was killed behind the first window. */
async function stopMidway(): Promise<void> {
  const file = new ResumableFile(folder.file('out'), patch, false);
  for (let at = 0; at < 9 << 20; at += 300_000) file.write(newBytes.subarray(at, at + 300_000), at);
  file.keep();
  expect(folder.names()).toEqual([JOURNAL, PARTIAL, 'old', 'patch']);
  const text = readFileSync(folder.file(JOURNAL), 'utf8');
  expect(text.trimEnd().split('\n').slice(1)).toEqual(['0']);
  // The process that left this is gone.
  writeFileSync(folder.file(JOURNAL), text.replace(/"pid":\d+/, '"pid":4194303'));
}

it('an apply that is aborted leaves what a later one goes on with', async () => {
  const abort = new AbortController();
  const failure = apply({
    signal: abort.signal,
    onProgress: ({ stage }) => {
      if (stage === 'apply') abort.abort(new Error('power cut'));
    },
  });
  await expect(failure).rejects.toThrow('power cut');
  expect(existsSync(folder.file('out'))).toBe(false);
  await apply();
  expectDone();
});

/** Lets the journal be that of another process. */
function claimJournal(identity: object): void {
  const [head = '', ...rest] = readFileSync(folder.file(JOURNAL), 'utf8').split('\n');
  const claimed = JSON.stringify({ ...JSON.parse(head), ...identity });
  writeFileSync(folder.file(JOURNAL), [claimed, ...rest].join('\n'));
}

function expectDone(): void {
  expect(Buffer.compare(readFileSync(folder.file('out')), newBytes)).toBe(0);
  expect(folder.names()).toEqual(['old', 'out', 'patch']);
}

describe('resuming', () => {
  it('leaves nothing when nothing interrupts', async () => {
    await apply();
    expectDone();
  });

  it('goes on with the windows that are on the disk', async () => {
    await stopMidway();
    const file = new ResumableFile(folder.file('out'), patch, false);
    expect(file.resumedWindows).toBe(1);
    file.keep();
    await apply();
    expectDone();
  });

  it('makes windows anew that the disk lost or the journal only claims', async () => {
    await stopMidway();
    const partial = readFileSync(folder.file(PARTIAL));
    partial[1000]! ^= 1;
    writeFileSync(folder.file(PARTIAL), partial);
    appendFileSync(folder.file(JOURNAL), '1\n2\n999\nnonsense\n12');
    const file = new ResumableFile(folder.file('out'), patch, false);
    expect(file.resumedWindows).toBe(0);
    file.keep();
    await apply();
    expectDone();
  });

  it('begins anew for another patch', async () => {
    await stopMidway();
    const other = createPatchSync(oldBytes, newBytes, { effort: 'fast', metadata: { other: '1' } }).patch;
    writeFileSync(folder.file('patch'), other);
    const file = new ResumableFile(folder.file('out'), other, false);
    expect(file.resumedWindows).toBe(0);
    file.keep();
    await apply();
    expectDone();
  });

  it('is refused when old changed meanwhile, and new does not appear', async () => {
    await stopMidway();
    const changed = oldBytes.slice();
    changed[5]! ^= 1;
    writeFileSync(folder.file('old'), changed);
    await expect(apply()).rejects.toMatchObject({ code: 'OLD_DIGEST_MISMATCH' });
    expect(existsSync(folder.file('out'))).toBe(false);
    writeFileSync(folder.file('old'), oldBytes);
    await apply();
    expectDone();
  });

  it('is refused while another process is at it', async () => {
    await stopMidway();
    claimJournal(identityOf(process.ppid));
    await expect(apply()).rejects.toMatchObject({
      name: 'StorageError',
      code: 'BUSY',
      data: { pid: process.ppid },
    });
  });

  it.each([
    ['another process has its number by now', { began: '1' }],
    ['the machine was started again', { boot: 'another' }],
  ])('goes on when %s', async (_, change) => {
    await stopMidway();
    claimJournal({ ...identityOf(process.ppid), ...change });
    const file = new ResumableFile(folder.file('out'), patch, false);
    expect(file.resumedWindows).toBe(1);
    file.keep();
    await apply();
    expectDone();
  });

  it('leaves nothing of a result that is wrong', async () => {
    const { resealPatch } = await import('../support/reseal-patch.js');
    writeFileSync(folder.file('patch'), resealPatch(patch, { header: { newDigest: new Uint8Array(32) } }));
    await expect(apply()).rejects.toMatchObject({ code: 'NEW_DIGEST_MISMATCH' });
    expect(folder.names()).toEqual(['old', 'patch']);
  });

  it('replaces old in place', async () => {
    await apply({ new: folder.file('old'), force: true });
    expect(Buffer.compare(readFileSync(folder.file('old')), newBytes)).toBe(0);
    expect(folder.names()).toEqual(['old', 'patch']);
  });
});
