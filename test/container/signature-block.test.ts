import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { LIMITS } from '../../src/container/format.js';
import {
  addSignature,
  MAX_COMMENT_BYTES,
  type PatchSignature,
  readSignatureBlock,
  readSignedParts,
  replaceSignatures,
  takeSignatureBlock,
} from '../../src/container/signature-block.js';
import { createPatchSync } from '../../src/index.js';
import { makeTextPair } from '../support/make-pair.js';

const MAX_SIGNATURES = 16;
const { oldBytes, newBytes } = makeTextPair(7, 60);
const { patch } = createPatchSync(oldBytes, newBytes);
const withCode = (code: string) => expect.objectContaining({ code });

function signatureBy(key: number, trustedComment = 'words'): PatchSignature {
  return {
    algorithm: 'ED',
    keyId: new Uint8Array(8).fill(key),
    signature: new Uint8Array(64).fill(key),
    trustedComment,
    commentSignature: new Uint8Array(64).fill(key + 1),
  };
}

/** A block of one signature, some of it as an attacker likes it. */
function blockOf(change: { count?: number; algorithm?: string; comment?: Uint8Array }): Uint8Array {
  const { count = 1, algorithm = 'ED', comment = new Uint8Array(0) } = change;
  const writer = new ByteWriter().varint(count).put(Buffer.from(algorithm)).put(new Uint8Array(72));
  return writer.varint(comment.length).put(comment).put(new Uint8Array(64)).take();
}

describe('a signature block', () => {
  it('gives back what was put in, and is taken out again', () => {
    const signatures = [signatureBy(1), signatureBy(2, 'ü 𝄞')];
    const signed = replaceSignatures(patch, signatures);
    expect(readSignedParts(signed).signatures).toEqual(signatures);
    expect(replaceSignatures(signed, [])).toEqual(patch);
  });

  it('holds one signature by a key, and sixteen in all', () => {
    let signed = patch;
    for (let key = 0; key < MAX_SIGNATURES; key++) signed = addSignature(signed, signatureBy(key));
    signed = addSignature(signed, signatureBy(0, 'once more'));
    const { signatures } = readSignedParts(signed);
    expect(signatures.map(({ keyId }) => keyId[0])).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0,
    ]);
    expect(() => addSignature(signed, signatureBy(99))).toThrow(withCode('BAD_HEADER'));
  });

  it.each([
    ['no signature', { count: 0 }],
    ['more than sixteen', { count: MAX_SIGNATURES + 1 }],
    ['another algorithm', { algorithm: 'RS' }],
    ['a comment of two lines', { comment: Buffer.from('a\nb') }],
    ['a comment with a carriage return', { comment: Buffer.from('a\rb') }],
    ['a comment with a zero', { comment: Buffer.from('a\0b') }],
    ['a comment that is no UTF-8', { comment: Uint8Array.of(0xc3) }],
    ['too long a comment', { comment: new Uint8Array(MAX_COMMENT_BYTES + 1).fill(65) }],
  ])('is refused with %s', (_what, change) => {
    expect(() => readSignatureBlock(blockOf(change))).toThrow(withCode('BAD_HEADER'));
  });

  it('may hold the longest comment, and either algorithm of minisign', () => {
    const comment = new Uint8Array(MAX_COMMENT_BYTES).fill(65);
    expect(readSignatureBlock(blockOf({ comment }))[0]!.trustedComment.length).toBe(MAX_COMMENT_BYTES);
    for (const algorithm of ['ED', 'Ed'])
      expect(readSignatureBlock(blockOf({ algorithm }))[0]!.algorithm).toBe(algorithm);
  });

  it('ends where its last signature does', () => {
    const block = blockOf({});
    for (let size = 1; size < block.length; size++)
      expect(() => readSignatureBlock(block.subarray(0, size))).toThrow(withCode('TRUNCATED'));
    const longer = new Uint8Array([...block, 0]);
    expect(() => readSignatureBlock(longer)).toThrow(withCode('TRAILING_BYTES'));
  });

  it('is no longer than the limit', () => {
    const claiming = (size: number) =>
      takeSignatureBlock(new ByteReader(new ByteWriter().varint(size).take(), 'container'));
    expect(() => claiming(LIMITS.signatureBytes)).toThrow(withCode('TRUNCATED'));
    expect(() => claiming(LIMITS.signatureBytes + 1)).toThrow(withCode('BAD_HEADER'));
  });
});
