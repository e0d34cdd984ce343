/** Processes that change folders, killed and interrupted in earnest; test/bundle/bundle-interruption.test.ts is exhaustive without processes. */

import type { ChildProcess } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recoverBundle } from '../../src/bundle-entry.js';
import { useFolders } from '../support/cli-fixture.js';
import { makeCodePair } from '../support/make-pair.js';

const cli = useFolders();

const { run } = cli;
const { treeAt } = cli;

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
    cli.program.writeScript(
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
      const hasJournal = existsSync(cli.folder.file('.old.deltakit-journal'));
      seen.add(status === 0 ? 'finished' : hasJournal ? 'journal' : 'before');
      if (seen.has('before') && seen.size === 1) expect(treeAt('old')).toEqual(cli.before);
      if (hasJournal && k % 2 === 0) recoverBundle(cli.folder.file('old'));
      expect(run(['apply', 'old', 'p.dkp', '--in-place', '-q'])).toMatchObject({ status: 0, stderr: '' });
      expect(treeAt('old')).toEqual(cli.after);
      expect(cli.folder.names()).toEqual(['new', 'old', 'p.dkp']);
      rmSync(cli.folder.file('old'), { recursive: true });
      cli.writeOld();
    }
    expect(seen).toContain('before');
    expect(seen).toContain('journal');
  });

  it('leaves nothing that the next call on the same folder does not clear up', () => {
    run(['diff', 'old', 'new', '-o', 'p.dkp']);
    const { status } = run(['apply', 'old', 'p.dkp', '-o', 'out', '-q'], { preload: killScript(12) });
    expect(status).toBe(null);
    expect(cli.folder.names().filter((name) => name.startsWith('.out.'))).toHaveLength(1);
    expect(run(['apply', 'old', 'p.dkp', '-o', 'out', '-q']).status).toBe(0);
    expect(cli.folder.names()).toEqual(['new', 'old', 'out', 'p.dkp']);
  });
});

it('stops all threads and leaves nothing when it is interrupted', async () => {
  const large = makeCodePair(64, 600_000);
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(cli.folder.file(`old/${name}`), large.oldBytes);
    writeFileSync(cli.folder.file(`new/${name}`), Buffer.concat([Buffer.from(name), large.newBytes]));
  }
  const child = cli.program.start(cli.folder, ['diff', 'old', 'new', '-o', 'p.dkp', '--threads', '2', '-v']);
  await new Promise<void>((resolve) => child.stderr!.on('data', () => resolve()));
  child.kill('SIGINT');
  expect(await exitOf(child)).toBe(130);
  expect(cli.folder.names()).toEqual(['new', 'old']);
}, 30_000);

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', (status) => resolve(status)));
}
