import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CliProgram } from '../support/cli-program.js';
import { makeCodePair } from '../support/make-pair.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/bundle-cli.mjs', import.meta.url));
const program = new CliProgram();
const dist = dirname(dirname(program.main));
execFileSync(process.execPath, [SCRIPT, dist]);
const main = join(dist, 'bin/main.js');
const folder = new ScratchFolder();
const { oldBytes, newBytes } = makeCodePair(77, 6000);
writeFileSync(folder.file('old'), oldBytes);
writeFileSync(folder.file('new'), newBytes);
afterAll(() => {
  folder.clean();
  program.clean();
});

const run = (...words: string[]) =>
  execFileSync(process.execPath, [main, ...words], { cwd: folder.path, encoding: 'utf8' });

describe('the command line in few files', () => {
  it('creates the patch that the separate files create, with threads too, and applies it', () => {
    program.run(folder, ['diff', 'old', 'new', '-o', 'apart.dkp']);
    const apart = readFileSync(folder.file('apart.dkp'));
    for (const threads of ['1', '2']) {
      run('diff', 'old', 'new', '-o', `${threads}.dkp`, '--threads', threads);
      expect(readFileSync(folder.file(`${threads}.dkp`))).toEqual(apart);
    }
    run('apply', 'old', '1.dkp', '-o', 'out');
    expect(readFileSync(folder.file('out'))).toEqual(Buffer.from(newBytes));
  });

  it('finds what stands beside it: the version and the probe of the bench', () => {
    const { version } = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8')) as {
      version: string;
    };
    expect(run('--version')).toContain(version);
    expect(readdirSync(join(dist, 'bin'))).toContain('usage-probe.js');
  });

  it('tells an error with its code', () => {
    expect(() => run('apply', '1.dkp', '1.dkp', '-o', 'never')).toThrow(
      /OLD_SIZE_MISMATCH|OLD_DIGEST_MISMATCH/,
    );
    expect(folder.names()).not.toContain('never');
  });
});
