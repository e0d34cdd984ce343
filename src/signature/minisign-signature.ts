import { concatBytes } from '../bytes/concat-bytes.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { MAX_COMMENT_BYTES, type PatchSignature } from '../container/signature-block.js';
import { blake2bDigest } from '../digest/noble-blake2b.js';
import { patchError } from '../errors/patch-error.js';
import { verifyEd25519 } from './ed25519.js';
import { decodeLine, encodeBase64, keyIdText, malformed, splitLines } from './minisign-text.js';
import type { PublicKey, Signer } from './signer.js';

/**
 * Signatures of minisign. The text form, a `.minisig` file:
 *
 *     untrusted comment: ...
 *     base64 of algorithm 2 | key id 8 | signature 64
 *     trusted comment: ...
 *     base64 of an Ed25519 signature over signature | trusted comment
 */
const UNTRUSTED = 'untrusted comment: ';
const TRUSTED = 'trusted comment: ';

/** Text of a `.minisig` file. */
export function writeSignatureFile(signature: PatchSignature): string {
  const { algorithm, keyId, trustedComment, commentSignature } = signature;
  const line = concatBytes(new TextEncoder().encode(algorithm), keyId, signature.signature);
  const lines = [
    `${UNTRUSTED}signature from deltakit, key ${keyIdText(keyId)}`,
    encodeBase64(line),
    `${TRUSTED}${trustedComment}`,
    encodeBase64(commentSignature),
  ];
  return `${lines.join('\n')}\n`;
}

/** Reads a `.minisig` file. Throws SignatureError(SIGNATURE_INVALID). */
export function readSignatureFile(text: string): PatchSignature {
  const what = 'signature file';
  const lines = splitLines(text, 4, what, 'SIGNATURE_INVALID');
  const [first, line, comment, last] = lines as [string, string, string, string];
  const bytes = decodeLine(line, 74, what, 'SIGNATURE_INVALID');
  const algorithm = String.fromCharCode(...bytes.subarray(0, 2));
  const known = algorithm === 'ED' || algorithm === 'Ed' ? algorithm : undefined;
  const isWhole = lines.length === 4 && first.startsWith(UNTRUSTED) && comment.startsWith(TRUSTED);
  if (known === undefined || !isWhole || comment.length > MAX_COMMENT_BYTES)
    throw malformed(what, 'SIGNATURE_INVALID');
  return {
    algorithm: known,
    keyId: bytes.slice(2, 10),
    signature: bytes.slice(10),
    trustedComment: comment.slice(TRUSTED.length),
    commentSignature: decodeLine(last, 64, what, 'SIGNATURE_INVALID'),
  };
}

/** Signs a message as minisign does by default: its BLAKE2b-512, then the trusted comment with the signature. */
export async function signMessage(
  message: Uint8Array,
  signer: Signer,
  trustedComment: string,
): Promise<PatchSignature> {
  const comment = new TextEncoder().encode(trustedComment);
  if (/[\r\n\0]/.test(trustedComment) || comment.length > MAX_COMMENT_BYTES - TRUSTED.length) {
    throw new RangeError('trustedComment: expected one line of at most 8 KiB');
  }
  const signature = await signer.sign(blake2bDigest(message, 64));
  const commentSignature = await signer.sign(concatBytes(signature, comment));
  return { algorithm: 'ED', keyId: signer.keyId, signature, trustedComment, commentSignature };
}

/**
 * Whether a signature holds for a message, by a key that the caller trusts. The algorithm is the signature's word, and both have
 * the same strength: what is checked is always Ed25519 with the trusted key.
 */
function isSignatureValid(message: Uint8Array, signature: PatchSignature, key: PublicKey): boolean {
  if (!equalBytes(signature.keyId, key.keyId)) return false;
  const covered = signature.algorithm === 'ED' ? blake2bDigest(message, 64) : message;
  const comment = new TextEncoder().encode(signature.trustedComment);
  return (
    verifyEd25519(key.bytes, covered, signature.signature) &&
    verifyEd25519(key.bytes, concatBytes(signature.signature, comment), signature.commentSignature)
  );
}

/**
 * The signature of `signatures` that holds for `message`, by one of `keys`.
 *
 * @throws SignatureError SIGNATURE_MISSING there is none · KEY_NOT_TRUSTED none is by one of the keys · SIGNATURE_INVALID
 */
export function findValidSignature(
  message: Uint8Array,
  signatures: readonly PatchSignature[],
  keys: readonly PublicKey[],
): PatchSignature {
  if (signatures.length === 0) throw patchError('SIGNATURE_MISSING', 'signature', 'there is no signature');
  const known = signatures.filter(({ keyId }) => keys.some((key) => equalBytes(key.keyId, keyId)));
  if (known.length === 0) {
    const found = signatures.map(({ keyId }) => keyIdText(keyId)).join(', ');
    const expected = keys.map(({ keyId }) => keyIdText(keyId)).join(', ');
    throw patchError(
      'KEY_NOT_TRUSTED',
      'signature',
      `no signature is by a trusted key: expected ${expected}, found ${found}`,
      { expected, found },
    );
  }
  const valid = known.find((signature) => keys.some((key) => isSignatureValid(message, signature, key)));
  if (valid !== undefined) return valid;
  const keyId = keyIdText(known[0]!.keyId);
  throw patchError('SIGNATURE_INVALID', 'signature', `the signature by key ${keyId} does not hold`, {
    keyId,
  });
}
