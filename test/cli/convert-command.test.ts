import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { sha256 } from '../../src/digest/digest.js';
import { CliProgram } from '../support/cli-program.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const program = new CliProgram();
const DIGEST = toHex(sha256(foreignVector('gen/new.bin')));
let folder: ScratchFolder;
const folders: ScratchFolder[] = [];

beforeEach(() => {
  folder = new ScratchFolder();
  folders.push(folder);
  writeFileSync(folder.file('old'), foreignVector('gen/old.bin'));
  writeFileSync(folder.file('new'), foreignVector('gen/new.bin'));
  writeFileSync(folder.file('bsdf2'), foreignVector('gen/bsdf2.bz2-brotli.patch'));
  writeFileSync(folder.file('vcdiff'), foreignVector('gen/xdelta3.lzma.vcdiff'));
});
afterAll(() => {
  for (const each of folders) each.clean();
  program.clean();
});

const run = (...args: string[]) => program.run(folder, args);
const sizeOf = (name: string) =>
  String(readFileSync(folder.file(name)).length).replace(/(?<=.)(?=...$)/, ',');

describe('deltakit convert', () => {
  it('carries a patch over without old', () => {
    const { status, stdout, stderr } = run('convert', 'bsdf2', '--to', 'bsdiff40', '-o', 'patch');
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: `patch: ${sizeOf('patch')} bytes, bsdf2 to bsdiff40, carried over; not tried on old: give it with --old\n`,
    });
    expect(run('apply', 'old', 'patch', '-o', 'made', '--expect-digest', DIGEST).status).toBe(0);
  });

  it('makes a patch anew from old, and proves it', () => {
    const { status, stderr } = run(
      'convert',
      'vcdiff',
      '--to',
      'deltakit',
      '--old',
      'old',
      '-o',
      'patch.dkp',
    );
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        `patch.dkp: ${sizeOf('patch.dkp')} bytes, vcdiff to deltakit, made anew; makes the same new, sha256 ${DIGEST}\n` +
        'deltakit does not hold what was in it: application header\n',
    });
    expect(run('convert', 'patch.dkp', '--to', 'bsdiff43', '--old', 'old', '-o', 'back').stderr).toBe(
      `back: ${sizeOf('back')} bytes, deltakit to bsdiff43, made anew; makes the same new, sha256 ${DIGEST}\n` +
        'bsdiff43 does not hold what was in it: SHA-256 of old and new\n',
    );
    expect(run('bspatch', 'old', 'made', 'back', '--expect-digest', DIGEST).status).toBe(0);
  });

  it('prints JSON', () => {
    expect(
      JSON.parse(run('convert', 'bsdf2', '--to', 'bsdifn40', '--old', 'old', '-o', 'p', '--json').stdout),
    ).toEqual({
      schema: 1,
      kind: 'convert',
      output: 'p',
      from: 'bsdf2',
      to: 'bsdifn40',
      way: 'carried',
      proved: true,
      newDigest: DIGEST,
      dropped: [],
      patchSize: 923,
      resultSize: readFileSync(folder.file('p')).length,
    });
  });

  it('says what is missing, and leaves nothing', () => {
    const missing = run('convert', 'vcdiff', '--to', 'bsdiff40', '-o', 'patch');
    expect(missing).toMatchObject({ status: 3, stdout: '' });
    expect(missing.stderr).toBe(
      'deltakit: from vcdiff to bsdiff40 the patch is made anew, which needs the old file [OLD_MISSING]\n' +
        'Give the old file with --old.\n',
    );
    expect(
      JSON.parse(run('convert', 'vcdiff', '--to', 'bsdiff40', '-o', 'patch', '--json').stdout),
    ).toMatchObject({
      kind: 'error',
      command: 'convert',
      exitCode: 3,
      code: 'OLD_MISSING',
      data: { from: 'vcdiff', to: 'bsdiff40' },
    });
    expect(folder.names()).toEqual(['bsdf2', 'new', 'old', 'vcdiff']);
  });

  it('answers exit codes by reaction', () => {
    const convert = (...args: string[]) => run('convert', ...args).status;
    expect(convert('bsdf2', '--to', 'bsdiff40')).toBe(2);
    expect(convert('bsdf2', '-o', 'p')).toBe(2);
    expect(convert('bsdf2', '--to', 'zip', '-o', 'p')).toBe(2);
    expect(convert('bsdf2', '--to', 'bsdiff40', '--from', 'zip', '-o', 'p')).toBe(2);
    expect(convert('-', '--old', '-', '--to', 'bsdiff40', '-o', 'p')).toBe(2);
    expect(convert('new', '--to', 'bsdiff40', '-o', 'p')).toBe(4);
    expect(convert('bsdf2', '--to', 'bsdiff40', '-o', 'p', '--max-output', '1K')).toBe(6);
    expect(convert('bsdf2', '--to', 'bsdiff40', '-o', 'vcdiff')).toBe(7);
    expect(convert('nothing', '--to', 'bsdiff40', '-o', 'p')).toBe(7);
    const wrong = ['--old', 'old', '--expect-digest', '0'.repeat(64)];
    expect(convert('bsdf2', '--to', 'bsdiff40', '-o', 'p', ...wrong)).toBe(8);
    writeFileSync(folder.file('cut'), foreignVector('gen/bsdiff40.debian.patch').subarray(0, 700));
    expect(convert('cut', '--to', 'bsdiff43', '-o', 'p')).toBe(4);
    expect(folder.names()).toEqual(['bsdf2', 'cut', 'new', 'old', 'vcdiff']);
  });

  it('reads and writes pipes, and overwrites by force', () => {
    const input = foreignVector('gen/endsley43.mendsley.patch');
    const piped = program.run(folder, ['convert', '-', '--to', 'bsdiff40', '-o', '-'], { input });
    expect(piped).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(folder.file('patch'), piped.bytes);
    expect(run('apply', 'old', 'patch', '-o', 'made', '--expect-digest', DIGEST).status).toBe(0);
    expect(run('convert', 'patch', '--to', 'bsdifn40', '-o', 'patch', '-f').status).toBe(0);
    expect(run('identify', 'patch').stdout).toBe('patch: bsdiff 4 patch, uncompressed\n');
  });

  it('refuses patches of folders', () => {
    for (const [name, text] of [
      ['a', 'old'],
      ['b', 'new'],
    ] as const) {
      mkdirSync(folder.file(name));
      writeFileSync(folder.file(`${name}/file`), text);
    }
    expect(run('diff', 'a', 'b', '-o', 'tree.dkp').status).toBe(0);
    const { status, stderr } = run('convert', 'tree.dkp', '--to', 'bsdiff40', '--old', 'old', '-o', 'p');
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr:
        'deltakit: this is the patch of a folder, which deltakit/bundle and the command line apply to a folder [UNSUPPORTED_FEATURE]\n' +
        'Other formats hold no folders. Apply it: deltakit apply OLD_FOLDER PATCH -o NEW_FOLDER\n',
    });
  });
});
