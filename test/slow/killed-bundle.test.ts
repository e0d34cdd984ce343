/** Processes that change folders, killed and interrupted in earnest; test/bundle/bundle-interruption.test.ts is exhaustive without processes. */

import type { ChildProcess } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recoverBundle } from '../../src/bundle-entry.js';
import { type CliOptions, CliProgram } from '../support/cli-program.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { type BriefTree, readBriefTree, writeBriefTree } from '../support/tree-folder.js';

const code = makeCodePair(61, 8000);
const more = makeCodePair(62, 4000);
const text = makeTextPair(63, 300);
const OLD: BriefTree = {
  'v/A/lib': code.oldBytes,
  'v/A/more': more.oldBytes,
  'v/A/notes': text.oldBytes,
  'v/A/same': 'the same',
  'v/A/gone': 'gone',
  'v/Current': '-> A',
};
const NEW: BriefTree = {
  'v/A/lib': code.newBytes,
  'v/A/more': more.newBytes,
  'v/A/notes': text.newBytes,
  'v/A/same': 'the same',
  'v/A/twin': 'the same',
  'v/A/tool': 'x:run',
  'v/Current': '-> A',
};

let program: CliProgram;
let folder: ScratchFolder;
let before: BriefTree;
let after: BriefTree;

beforeAll(() => {
  program = new CliProgram();
});
afterAll(() => program.clean());
beforeEach(() => {
  folder = new ScratchFolder();
  before = readBriefTree(writeBriefTree(folder.file('old'), OLD));
  after = readBriefTree(writeBriefTree(folder.file('new'), NEW));
});
afterEach(() => folder.clean());

const run = (args: readonly string[], options: CliOptions = {}) => program.run(folder, args, options);
const treeAt = (name: string) => readBriefTree(folder.file(name));

describe('a process that is killed in earnest', () => {
  const CHANGES = [
    'writeSync',
    'fsyncSync',
    'linkSync',
    'renameSync',
    'mkdirSync',
    'unlinkSync',
    'symlinkSync',
    'rmSync',
  ];

  /** Kills the process before its k-th operation that changes the disk. */
  const killScript = (k: number) =>
    program.writeScript(
      `kill-folder-${k}.mjs`,
      `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
let count = 0;
for (const name of ${JSON.stringify(CHANGES)}) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (++count === ${k}) for (process.kill(process.pid, 'SIGKILL'); ; );
    return real(...args);
  };
}
syncBuiltinESMExports();
`,
    );

  it('leaves old or new in place, and the next call makes it new', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    const seen = new Set<string>();
    for (let k = 3, status: number | null = null; status !== 0; k += 9) {
      ({ status } = run(['apply', 'old', 'p.dkp', '--in-place', '-q'], { preload: killScript(k) }));
      const hasJournal = existsSync(folder.file('.old.deltakit-journal'));
      seen.add(status === 0 ? 'finished' : hasJournal ? 'journal' : 'before');
      if (seen.has('before') && seen.size === 1) expect(treeAt('old')).toEqual(before);
      if (hasJournal && k % 2 === 0) recoverBundle(folder.file('old'));
      expect(run(['apply', 'old', 'p.dkp', '--in-place', '-q'])).toMatchObject({ status: 0, stderr: '' });
      expect(treeAt('old')).toEqual(after);
      expect(folder.names()).toEqual(['new', 'old', 'p.dkp']);
      rmSync(folder.file('old'), { recursive: true });
      writeBriefTree(folder.file('old'), OLD);
    }
    expect(seen).toContain('before');
    expect(seen).toContain('journal');
  });

  it('leaves nothing that the next call on the same folder does not clear up', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    const { status } = run(['apply', 'old', 'p.dkp', '-o', 'out', '-q'], { preload: killScript(12) });
    expect(status).toBe(null);
    expect(folder.names().filter((name) => name.startsWith('.out.'))).toHaveLength(1);
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out', '-q']).status).toBe(0);
    expect(folder.names()).toEqual(['new', 'old', 'out', 'p.dkp']);
  });
});

it('stops all threads and leaves nothing when it is interrupted', async () => {
  const large = makeCodePair(64, 600_000);
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(folder.file(`old/${name}`), large.oldBytes);
    writeFileSync(folder.file(`new/${name}`), Buffer.concat([Buffer.from(name), large.newBytes]));
  }
  const child = program.start(folder, ['diff', 'old', 'new', '-o', 'p.dkp', '--threads', '2', '-v']);
  await new Promise<void>((resolve) => child.stderr!.on('data', () => resolve()));
  child.kill('SIGINT');
  expect(await exitOf(child)).toBe(130);
  expect(folder.names()).toEqual(['new', 'old']);
}, 30_000);

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', (status) => resolve(status)));
}
