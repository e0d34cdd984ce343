import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { sha256 } from '../../src/digest/digest.js';
import { CliProgram } from '../support/cli-program.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const program = new CliProgram();
const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const DIGEST = toHex(sha256(NEW));
let folder: ScratchFolder;
const folders: ScratchFolder[] = [];

beforeEach(() => {
  folder = new ScratchFolder();
  folders.push(folder);
  writeFileSync(folder.file('old'), OLD);
  writeFileSync(folder.file('new'), NEW);
});
afterAll(() => {
  for (const { clean } of folders.map((each) => ({ clean: () => each.clean() }))) clean();
  program.clean();
});

const run = (...args: string[]) => program.run(folder, args);

describe('deltakit bsdiff and bspatch', () => {
  it('make a patch and apply it, with the operands of bsdiff and bspatch', () => {
    expect(run('bsdiff', 'old', 'new', 'patch')).toMatchObject({ status: 0, stdout: '' });
    expect(run('bspatch', 'old', 'made', 'patch')).toMatchObject({ status: 0, stdout: '' });
    expect(run('digest', 'made').stdout).toBe(`${DIGEST}  made\n`);
    // Both overwrite, as the originals do.
    expect(run('bspatch', 'old', 'made', 'patch', '--expect-digest', DIGEST).status).toBe(0);
    expect(run('bsdiff', 'old', 'new', 'patch', '--format', 'bsdiff43', '--json').status).toBe(0);
    expect(JSON.parse(run('bspatch', 'old', 'made', 'patch', '--json').stdout)).toMatchObject({
      kind: 'apply',
      format: 'bsdiff43',
      newSize: NEW.length,
      proved: false,
    });
  });

  it('answer exit codes by reaction', () => {
    writeFileSync(folder.file('patch'), foreignVector('gen/bsdiff40.debian.patch'));
    expect(run('bspatch', 'old', 'made', 'patch', '--expect-digest', '0'.repeat(64)).status).toBe(8);
    expect(run('bspatch', 'old', 'made', 'patch', '--max-output', '1K').status).toBe(6);
    expect(run('bspatch', 'old', 'made', 'patch', '--expect-digest', 'ff').status).toBe(2);
    writeFileSync(folder.file('patch'), foreignVector('gen/bsdiff40.debian.patch').subarray(0, 500));
    expect(run('bspatch', 'old', 'made', 'patch').status).toBe(4);
    expect(run('bsdiff', 'old', 'new', 'patch', '--format', 'zip').status).toBe(2);
    expect(folder.names()).toEqual(['new', 'old', 'patch']);
  });
});

describe('deltakit apply', () => {
  it("takes other tools' patches, but overwrites only by force", () => {
    writeFileSync(folder.file('patch'), foreignVector('gen/endsley43.mendsley.patch'));
    expect(run('apply', 'old', 'patch', '-o', 'made', '--expect-digest', DIGEST).status).toBe(0);
    expect(run('apply', 'old', 'patch', '-o', 'made').status).toBe(7);
    const piped = run('apply', 'old', 'patch', '-o', '-');
    expect(toHex(sha256(piped.bytes))).toBe(DIGEST);
  });
});

describe('deltakit identify', () => {
  it('says why a format is not applied', () => {
    writeFileSync(folder.file('patch'), foreignVector('gen/rdiff.delta'));
    expect(run('identify', 'patch').stdout).toMatch(/^patch: rdiff delta; not applied: it is made without/);
  });
});

describe('deltakit serve', () => {
  it('serves a folder, as patches where they are asked for, and nothing outside of it', async () => {
    mkdirSync(folder.file('v1'));
    mkdirSync(folder.file('v2'));
    writeFileSync(folder.file('v1/app.bin'), OLD);
    writeFileSync(folder.file('v2/app.bin'), NEW);
    symlinkSync(folder.file('old'), folder.file('v2/link'));
    const child = program.start(folder, ['serve', 'v2', '--old', 'v1', '--port', '0', '--json']);
    try {
      let text = '';
      for await (const piece of child.stdout!) {
        text += piece;
        if (text.trimEnd().endsWith('}')) break;
      }
      const { url } = JSON.parse(text) as { url: string };
      const full = await fetch(`${url}app.bin`);
      expect(toHex(sha256(new Uint8Array(await full.arrayBuffer())))).toBe(DIGEST);
      const patch = await fetch(`${url}app.bin`, {
        headers: {
          'accept-encoding': 'dcz',
          'available-dictionary': `:${Buffer.from(sha256(OLD)).toString('base64')}:`,
        },
      });
      expect(patch.headers.get('content-encoding')).toBe('dcz');
      for (const path of ['link', '..%2Fold', '%2e%2e/old', 'none', ''])
        expect((await fetch(url + path)).status, path).toBe(404);
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      expect(await ended).toBe(130);
    }
  });
});
