import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { readSignedParts } from '../../src/container/signature-block.js';
import { applyPatch, applyPatchSync, createPatchSync, inspectPatch } from '../../src/index.js';
import {
  createKeySigner,
  createPatchVerifier,
  findValidSignature,
  generateKeyPair,
  isSecretKeyEncrypted,
  type PatchSignature,
  readPublicKey,
  readSecretKey,
  readSignatureFile,
  replaceSignatures,
  signMessage,
  signPatch,
  verifySignedPatch,
  writePublicKey,
  writeSecretKey,
  writeSignatureFile,
} from '../../src/signature-entry.js';
import { makeTextPair } from '../support/make-pair.js';
import { MINISIGN_FILES as FILES } from '../support/minisign-files.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const message = new TextEncoder().encode(FILES.message);
const key = readPublicKey(FILES.publicKey);
const signer = createKeySigner(readSecretKey(FILES.secretKey));
const { oldBytes, newBytes } = makeTextPair(5, 300);
const { patch } = createPatchSync(oldBytes, newBytes, { metadata: { product: 'WebKit' } });
const signed = await signPatch(patch, signer);
const folder = new ScratchFolder();
afterAll(() => folder.clean());

const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).name;
  }
  return 'no error';
};

describe('files of minisign', () => {
  it.each([
    ['hashed', 'trusted words', 'ED'],
    ['legacy', 'older words', 'Ed'],
  ] as const)('a %s signature holds', (name, trustedComment, algorithm) => {
    const found = findValidSignature(message, [readSignatureFile(FILES[name])], [key]);
    expect(found).toMatchObject({ trustedComment, algorithm });
  });

  it('the secret key signs what its public key accepts', () => {
    expect(signer.publicKey).toEqual(key.bytes);
    expect(isSecretKeyEncrypted(FILES.secretKey)).toBe(false);
    expect(isSecretKeyEncrypted(FILES.encryptedKey)).toBe(true);
  });

  it('keys come out as they went in', () => {
    expect(writePublicKey(key)).toBe(FILES.publicKey);
    const lineOf = (text: string) => text.split('\n')[1];
    expect(lineOf(writeSecretKey(readSecretKey(FILES.secretKey), undefined))).toBe(lineOf(FILES.secretKey));
    expect(readPublicKey(lineOf(FILES.publicKey)!)).toEqual(key);
  });
});

const hasMinisign = spawnSync('minisign', ['-v']).error === undefined;

describe.skipIf(!hasMinisign)('the minisign program', () => {
  it('accepts a key and a signature made here', async () => {
    const pair = generateKeyPair();
    const signature = await signMessage(patch, createKeySigner(pair), 'made here');
    writeFileSync(folder.file('p.dkp'), patch);
    writeFileSync(folder.file('p.dkp.minisig'), writeSignatureFile(signature));
    writeFileSync(folder.file('k.pub'), writePublicKey(pair));
    const verify = () => spawnSync('minisign', ['-V', '-p', 'k.pub', '-m', 'p.dkp'], { cwd: folder.path });
    const { status, stdout } = verify();
    expect({ status, text: stdout.toString() }).toMatchObject({
      status: 0,
      text: expect.stringContaining('made here'),
    });
    writeFileSync(folder.file('p.dkp'), signed);
    expect(verify().status).toBe(1);
  });

  it('signs with a secret key made here, and the signature goes into the header', () => {
    const pair = generateKeyPair();
    writeFileSync(folder.file('k.key'), writeSecretKey(pair, undefined));
    writeFileSync(folder.file('part'), readSignedParts(patch).signedBytes);
    for (const flags of [[], ['-l']]) {
      const words = ['-S', ...flags, '-s', 'k.key', '-m', 'part', '-t', 'by minisign', '-x', 'part.minisig'];
      expect(spawnSync('minisign', words, { cwd: folder.path }).status).toBe(0);
      const text = spawnSync('cat', ['part.minisig'], { cwd: folder.path }).stdout.toString();
      const attached = replaceSignatures(patch, [readSignatureFile(text)]);
      expect(verifySignedPatch(attached, [pair]).trustedComment).toBe('by minisign');
    }
  });
});

describe('secret keys with a password', () => {
  const pair = generateKeyPair();
  // Both branches of the rule that turns limits into scrypt's parameters.
  const limits = [
    { operations: 32768, memory: 1 << 22 },
    { operations: 1 << 20, memory: 1 << 20 },
  ];

  it.each(limits)('come back with it and not without: %j', (kdf) => {
    const text = writeSecretKey(pair, 'open sesame', kdf);
    expect(readSecretKey(text, 'open sesame')).toEqual(pair);
    expect(codeOf(() => readSecretKey(text, 'open says me'))).toBe('BAD_KEY');
    expect(codeOf(() => readSecretKey(text))).toBe('BAD_KEY');
  });

  it('are refused when they ask for too much', () => {
    const bytes = Buffer.from(FILES.encryptedKey.split('\n')[1]!, 'base64');
    bytes.writeBigUInt64LE(1n << 40n, 46);
    expect(codeOf(() => readSecretKey(`c\n${bytes.toString('base64')}\n`, 'x'))).toBe('BAD_KEY');
  });

  it('are refused when damaged, and no message tells them', () => {
    const bytes = Buffer.from(FILES.secretKey.split('\n')[1]!, 'base64');
    // Algorithm, kdf, checksum algorithm, seed, public key.
    for (const at of [0, 2, 4, 70, 102]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      const text = `untrusted comment: x\n${damaged.toString('base64')}\n`;
      expect([at, codeOf(() => readSecretKey(text))]).toEqual([at, 'BAD_KEY']);
    }
    const tell = () => {
      try {
        readSecretKey(`untrusted comment: x\n${'A'.repeat(212)}\n`);
      } catch (error) {
        return JSON.stringify(error);
      }
      return 'AAAA';
    };
    expect(tell()).not.toContain('AAAA');
  });
});

describe('a signature in the header', () => {
  const verifier = createPatchVerifier([key]);

  it('holds, changes nothing else and is the same each time', async () => {
    expect(verifySignedPatch(signed, [key]).trustedComment).toBe(
      `deltakit patch to ${inspectPatch(patch).newDigest}`,
    );
    expect(await signPatch(signed, signer)).toEqual(signed);
    expect(replaceSignatures(signed, [])).toEqual(patch);
    expect(inspectPatch(signed).signers).toHaveLength(1);
    expect(await applyPatch(oldBytes, signed, { verifier })).toEqual(newBytes);
    expect(applyPatchSync(oldBytes, signed, { verifier })).toEqual(newBytes);
  });

  it('stands beside others: one trusted key is enough', async () => {
    const other = generateKeyPair();
    const both = await signPatch(signed, createKeySigner(other));
    expect(inspectPatch(both).signers).toHaveLength(2);
    for (const each of [key, other]) expect(verifySignedPatch(both, [each]).keyId).toEqual(each.keyId);
  });

  it('covers every byte of header and, by its digest, of the body', async () => {
    const { signedBytes } = readSignedParts(signed);
    for (let at = 0; at < signed.length; at++) {
      const damaged = signed.slice();
      damaged[at]! ^= 1;
      const error = await applyPatch(oldBytes, damaged, { verifier }).catch((reason) => reason);
      expect(error, `byte ${at}`).toHaveProperty('code');
      // Fields are looked at only once the signature held, so a changed field is never told as anything else.
      if (at > 11 && at < signedBytes.length) expect(error.code, `byte ${at}`).toBe('SIGNATURE_INVALID');
    }
  });

  it('is asked for before anything is parsed', async () => {
    expect(await applyPatch(oldBytes, patch, { verifier }).catch(({ code }) => code)).toBe(
      'SIGNATURE_MISSING',
    );
    const stranger = createPatchVerifier([generateKeyPair()]);
    expect(await applyPatch(oldBytes, signed, { verifier: stranger }).catch(({ code }) => code)).toBe(
      'KEY_NOT_TRUSTED',
    );
    const later = { verify: async () => {} };
    expect(codeOf(() => applyPatchSync(oldBytes, signed, { verifier: later }))).toBe('TypeError');
  });

  it('cannot be moved to another patch, key or comment', () => {
    const [signature] = readSignedParts(signed).signatures as [PatchSignature];
    const other = createPatchSync(oldBytes, newBytes).patch;
    expect(codeOf(() => verifySignedPatch(replaceSignatures(other, [signature]), [key]))).toBe(
      'SIGNATURE_INVALID',
    );
    const lies = [
      { ...signature, trustedComment: 'deltakit patch to something else' },
      { ...signature, algorithm: 'Ed' as const },
    ];
    for (const lie of lies) {
      expect(codeOf(() => verifySignedPatch(replaceSignatures(patch, [lie]), [key]))).toBe(
        'SIGNATURE_INVALID',
      );
    }
  });

  it('has an algorithm that the reader knows, and a block without anything over', () => {
    const [signature] = readSignedParts(signed).signatures as [PatchSignature];
    const none = { ...signature, algorithm: 'no' as 'ED' };
    expect(codeOf(() => readSignedParts(replaceSignatures(patch, [none])))).toBe('BAD_HEADER');
    const twoLines = { ...signature, trustedComment: 'a\nb' };
    expect(codeOf(() => readSignedParts(replaceSignatures(patch, [twoLines])))).toBe('BAD_HEADER');
    const many = Array.from({ length: 17 }, () => signature);
    expect(codeOf(() => replaceSignatures(patch, many))).toBe('BAD_HEADER');
    expect(codeOf(() => createPatchVerifier([]))).toBe('RangeError');
  });
});

describe('signature files that lie', () => {
  it.each([
    ['cut', FILES.hashed.split('\n').slice(0, 3).join('\n')],
    ['a line more', `${FILES.hashed}more\n`],
    ['no base64', FILES.hashed.replace('RUSI', 'RU*I')],
    ['no canonical base64', FILES.hashed.replace('GwoK', 'GwpK').replace('gGwo=', 'gGwp=')],
    ['another front', FILES.hashed.replace('trusted comment: trusted', 'comment: trusted')],
  ])('%s', (_name, text) => {
    expect(codeOf(() => readSignatureFile(text))).toBe('SIGNATURE_INVALID');
  });

  it('a comment that was not signed', () => {
    const signature = readSignatureFile(FILES.hashed.replace('trusted words', 'trusted wards'));
    expect(codeOf(() => findValidSignature(message, [signature], [key]))).toBe('SIGNATURE_INVALID');
  });
});
