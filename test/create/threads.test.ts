import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPatch, createPatchSync } from '../../src/index.js';
import { CliProgram } from '../support/cli-program.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const { oldBytes, newBytes } = makeCodePair(5, 400_000);
const folder = new ScratchFolder();
let program: CliProgram;
let alone: Uint8Array;

/** Tells each thread that is started; `then` is run with it. */
function watcher(name: string, then = ''): string {
  return program.writeScript(
    name,
    `process.on('worker', (worker) => { process.stderr.write('[thread]'); ${then} });\n`,
  );
}

function diff(preload: string, threads: number, output: string) {
  const args = ['diff', 'old', 'new', '-o', output, '--threads', `${threads}`];
  const { status, stderr } = program.run(folder, args, { preload });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return {
    patch: new Uint8Array(readFileSync(folder.file(output))),
    started: stderr.split('[thread]').length - 1,
  };
}

describe('threads', () => {
  beforeAll(() => {
    program = new CliProgram();
    writeFileSync(folder.file('old'), oldBytes);
    writeFileSync(folder.file('new'), newBytes);
    alone = createPatchSync(oldBytes, newBytes).patch;
  });
  afterAll(() => {
    program.clean();
    folder.clean();
  });

  it.each([1, 2, 3])('the same patch bytes from 1 and 2 threads, and 3: %i', (threads) => {
    const { patch, started } = diff(watcher('watch.mjs'), threads, `patch-${threads}`);
    expect(started).toBe(threads - 1);
    expect(patch).toEqual(alone);
  });

  it('one thread does it all when the others are lost', () => {
    const { patch, started } = diff(watcher('kill.mjs', 'worker.terminate();'), 2, 'patch-lost');
    expect(started).toBe(1);
    expect(patch).toEqual(alone);
  });

  it('is one where the file of a thread does not stand beside the library', async () => {
    expect((await createPatch(oldBytes, newBytes, { threads: 2 })).patch).toEqual(alone);
  });

  it.each([0, 65, 1.5])('refuses %d', async (threads) => {
    await expect(createPatch(oldBytes, newBytes, { threads })).rejects.toThrow(/threads/);
  });
});
