import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPatchSync } from '../../src/index.js';
import { CliProgram } from '../support/cli-program.js';
import { makeTextPair } from '../support/make-pair.js';
import { MINISIGN_FILES as FILES } from '../support/minisign-files.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const { oldBytes, newBytes } = makeTextPair(6, 100);
const { patch } = createPatchSync(oldBytes, newBytes);
const KEY_ID = 'B2C2D1B8E5FFA88';
let program: CliProgram;
let folder: ScratchFolder;

beforeAll(() => {
  program = new CliProgram();
});
beforeEach(() => {
  folder?.clean();
  folder = new ScratchFolder();
  writeFileSync(folder.file('p.dkp'), patch);
  writeFileSync(folder.file('k.pub'), FILES.publicKey);
  writeFileSync(folder.file('k.key'), FILES.secretKey);
});
afterAll(() => {
  folder.clean();
  program.clean();
});
const run = (args: string[], input = '') => {
  const { status, stdout, stderr } = program.run(folder, args, { input });
  return { status, stdout, stderr };
};

describe('deltakit keygen', () => {
  it('writes a pair, the secret half for its owner only, and prints none of it', () => {
    const { status, stdout, stderr } = run(['keygen', '-o', 'mine', '--no-password', '--json']);
    expect(status).toBe(0);
    const keyId = JSON.parse(stdout).keyId as string;
    expect(readFileSync(folder.file('mine.pub'), 'utf8')).toContain(`minisign public key ${keyId}\n`);
    expect(statSync(folder.file('mine.key')).mode & 0o777).toBe(0o600);
    const secret = readFileSync(folder.file('mine.key'), 'utf8').split('\n')[1]!;
    expect(stdout + stderr).not.toContain(secret);
    expect(run(['keygen', '-o', 'mine', '--no-password']).status).toBe(7);
  });

  it('wants to be told how the secret is kept', () => {
    expect(run(['keygen', '-o', 'mine']).status).toBe(2);
    expect(run(['keygen', '--no-password']).status).toBe(2);
    expect(folder.names()).toEqual(['k.key', 'k.pub', 'p.dkp']);
  });
});

describe('deltakit sign and verify --key', () => {
  it('sign in place, and tell who signed', () => {
    expect(run(['sign', 'p.dkp', '--key', 'k.key'])).toEqual({
      status: 0,
      stdout: '',
      stderr: `p.dkp: signed by ${KEY_ID}\n`,
    });
    const { status, stderr } = run(['verify', 'p.dkp', '--key', 'k.pub']);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`^p.dkp: patch, signature ok\nsigned by ${KEY_ID}: deltakit patch to [0-9a-f]{64}\n$`),
    );
    writeFileSync(folder.file('old'), oldBytes);
    expect(run(['apply', 'old', 'p.dkp', '-o', 'new']).status).toBe(0);
    expect(new Uint8Array(readFileSync(folder.file('new')))).toEqual(newBytes);
  });

  it('apply checks who signed the very bytes that it applies, and refuses them before anything is written', () => {
    writeFileSync(folder.file('old'), oldBytes);
    const apply = (...more: string[]) =>
      run(['apply', 'old', 'p.dkp', '-o', 'new', '--key', 'k.pub', ...more]);
    expect(apply()).toMatchObject({ status: 5, stderr: expect.stringContaining('[SIGNATURE_MISSING]') });
    expect(apply('--dry-run').status).toBe(5);
    expect(folder.names()).toEqual(['k.key', 'k.pub', 'old', 'p.dkp']);
    run(['sign', 'p.dkp', '--key', 'k.key']);
    expect(apply().status).toBe(0);
    expect(new Uint8Array(readFileSync(folder.file('new')))).toEqual(newBytes);
  });

  it('apply and heal do so for folders', () => {
    for (const [name, bytes] of [
      ['a', oldBytes],
      ['b', newBytes],
    ] as const) {
      mkdirSync(folder.file(name));
      writeFileSync(folder.file(`${name}/file`), bytes);
    }
    expect(run(['diff', 'a', 'b', '-o', 'f.dkp', '--threads', '1']).status).toBe(0);
    const apply = ['apply', 'a', 'f.dkp', '-o', 'c', '--key', 'k.pub'];
    const heal = ['heal', 'b', '--patch', 'f.dkp', '--key', 'k.pub'];
    for (const args of [apply, heal])
      expect(run(args)).toMatchObject({ status: 5, stderr: expect.stringContaining('[SIGNATURE_MISSING]') });
    run(['sign', 'f.dkp', '--key', 'k.key']);
    for (const args of [apply, heal]) expect(run(args).status).toBe(0);
    expect(new Uint8Array(readFileSync(folder.file('c/file')))).toEqual(newBytes);
  });

  it('take the key from standard input', () => {
    expect(run(['sign', 'p.dkp', '--key', '-', '-o', 's.dkp'], FILES.secretKey).status).toBe(0);
    expect(run(['verify', 's.dkp', '--key', '-'], FILES.publicKey).status).toBe(0);
  });

  it('refuse what is not signed, or by another key, or was changed', () => {
    expect(run(['verify', 'p.dkp', '--key', 'k.pub'])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('[SIGNATURE_MISSING]'),
    });
    run(['keygen', '-o', 'mine', '--no-password']);
    run(['sign', 'p.dkp', '--key', 'k.key']);
    expect(run(['verify', 'p.dkp', '--key', 'mine.pub'])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('[KEY_NOT_TRUSTED]'),
    });
    expect(run(['sign', 'p.dkp', '--key', 'k.pub'])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('[BAD_KEY]'),
    });
  });

  it('work beside the patch, for minisign', () => {
    expect(run(['sign', 'p.dkp', '--key', 'k.key', '--detached', '--comment', 'for you']).status).toBe(0);
    expect(new Uint8Array(readFileSync(folder.file('p.dkp')))).toEqual(patch);
    const words = ['verify', 'p.dkp', '--key', 'k.pub', '--signature', 'p.dkp.minisig', '--json'];
    expect(JSON.parse(run(words).stdout)).toMatchObject({ signer: KEY_ID, trustedComment: 'for you' });
    expect(run(['verify', 'p.dkp', '--signature', 'p.dkp.minisig']).status).toBe(2);
  });

  it('attach a signature that was made elsewhere over the extracted bytes, and no other', () => {
    expect(run(['sign', 'p.dkp', '--extract', '-o', 'part']).status).toBe(0);
    expect(patch.length).toBeGreaterThan(readFileSync(folder.file('part')).length);
    writeFileSync(folder.file('wrong.minisig'), FILES.hashed);
    expect(run(['sign', 'p.dkp', '--attach', 'wrong.minisig', '--key', 'k.pub'])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('[SIGNATURE_INVALID]'),
    });
    expect(new Uint8Array(readFileSync(folder.file('p.dkp')))).toEqual(patch);
  });
});
