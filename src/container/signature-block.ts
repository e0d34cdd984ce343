import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { patchError } from '../errors/patch-error.js';
import { LIMITS } from './format.js';
import { readHeaderFrame } from './patch-header.js';

/**
 * The signature block of a patch (docs/FORMAT.md, section "Signature block"): no bytes, or a count and that many signatures. A
 * signature holds what a `.minisig` file of minisign holds, without the text around it, and covers the signed bytes: everything
 * before the block.
 *
 *     count 1..8 | { algorithm 2 | keyId 8 | signature 64 | trusted comment text | comment signature 64 }
 */
export interface PatchSignature {
  /** `ED`: Ed25519 over the BLAKE2b-512 of the message. `Ed`: over the message itself. */
  readonly algorithm: 'ED' | 'Ed';
  /** Names the key; it proves nothing. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
  readonly trustedComment: string;
  /** Ed25519 over signature and trusted comment. */
  readonly commentSignature: Uint8Array;
}

/** Says whether signatures are to be trusted: keys in memory, a security module or a service stand behind it. */
export interface PatchVerifier {
  /** Returns when one of the signatures covers `signedBytes` and was made by a trusted key; throws SignatureError otherwise. */
  verify(signedBytes: Uint8Array, signatures: readonly PatchSignature[]): void | Promise<void>;
}

const KEY_ID_SIZE = 8;
const SIGNATURE_SIZE = 64;
const MAX_SIGNATURES = 16;
/** Longest trusted comment that minisign takes. */
export const MAX_COMMENT_BYTES = 8192;
const ALGORITHMS = ['ED', 'Ed'] as const;

/** The bytes that signatures cover and the signatures. Nothing of the header's fields was looked at. */
export interface SignedParts {
  readonly signedBytes: Uint8Array;
  readonly signatures: readonly PatchSignature[];
  /** What follows the block. */
  readonly rest: Uint8Array;
}

/** Cuts a patch at its signature block without parsing what the signatures cover. Throws FormatError. */
export function readSignedParts(patch: Uint8Array): SignedParts {
  const { endOffset } = readHeaderFrame(patch);
  const reader = new ByteReader(patch, 'container', endOffset);
  const block = takeSignatureBlock(reader);
  return {
    signedBytes: patch.subarray(0, endOffset),
    signatures: readSignatureBlock(block),
    rest: patch.subarray(reader.offset),
  };
}

/** The block's bytes, its size checked against the limit. */
export function takeSignatureBlock(reader: ByteReader): Uint8Array {
  const size = reader.varint('signature block size');
  if (size > LIMITS.signatureBytes) {
    throw patchError(
      'BAD_HEADER',
      'container',
      `the signature block claims ${size} bytes, the limit is ${LIMITS.signatureBytes}`,
      { expected: LIMITS.signatureBytes, found: size },
    );
  }
  return reader.take(size, 'signature block');
}

export function readSignatureBlock(block: Uint8Array): PatchSignature[] {
  if (block.length === 0) return [];
  const reader = new ByteReader(block, 'signature');
  const count = reader.varint('signature count');
  if (count === 0 || count > MAX_SIGNATURES)
    throw bad(`the signature block claims ${count} signatures`, reader.offset);
  const signatures = Array.from({ length: count }, () => readSignature(reader));
  reader.done('the signature block');
  return signatures;
}

function readSignature(reader: ByteReader): PatchSignature {
  const at = reader.offset;
  const name = String.fromCharCode(...reader.take(2, 'signature algorithm'));
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined)
    throw bad(`the signature at offset ${at} has an algorithm that is not known`, at);
  const keyId = reader.take(KEY_ID_SIZE, 'key id').slice();
  const signature = reader.take(SIGNATURE_SIZE, 'signature').slice();
  const size = reader.varint('size of trusted comment');
  if (size > MAX_COMMENT_BYTES) throw bad(`a trusted comment claims ${size} bytes`, reader.offset);
  const trustedComment = decodeComment(reader.take(size, 'trusted comment'), at);
  const commentSignature = reader.take(SIGNATURE_SIZE, 'comment signature').slice();
  return { algorithm, keyId, signature, trustedComment, commentSignature };
}

function decodeComment(bytes: Uint8Array, at: number): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!/[\r\n\0]/.test(text)) return text;
  } catch {
    // Told below, as is a comment that would not fit into one line of a .minisig file.
  }
  throw bad(`the trusted comment at offset ${at} is no line of UTF-8`, at);
}

/** Bytes of a block, without its size. Throws BAD_HEADER when there are too many signatures. */
function writeSignatureBlock(signatures: readonly PatchSignature[]): Uint8Array<ArrayBuffer> {
  if (signatures.length === 0) return new Uint8Array(0);
  if (signatures.length > MAX_SIGNATURES) throw bad(`a patch holds at most ${MAX_SIGNATURES} signatures`, 0);
  const encoder = new TextEncoder();
  const writer = new ByteWriter().varint(signatures.length);
  for (const { algorithm, keyId, signature, trustedComment, commentSignature } of signatures) {
    const comment = encoder.encode(trustedComment);
    writer.put(encoder.encode(algorithm)).put(keyId).put(signature);
    writer.varint(comment.length).put(comment).put(commentSignature);
  }
  return writer.take();
}

/** The patch with other signatures; signed bytes and body stay as they are. Throws FormatError. */
export function replaceSignatures(
  patch: Uint8Array,
  signatures: readonly PatchSignature[],
): Uint8Array<ArrayBuffer> {
  const { signedBytes, rest } = readSignedParts(patch);
  const block = writeSignatureBlock(signatures);
  const size = signedBytes.length + block.length + rest.length + 8;
  return new ByteWriter(size).put(signedBytes).varint(block.length).put(block).put(rest).take();
}

/** The patch with a signature more; one by the same key is replaced. Throws FormatError. */
export function addSignature(patch: Uint8Array, signature: PatchSignature): Uint8Array<ArrayBuffer> {
  const others = readSignedParts(patch).signatures.filter(({ keyId }) => !equalBytes(keyId, signature.keyId));
  return replaceSignatures(patch, [...others, signature]);
}

function bad(message: string, offset: number) {
  return patchError('BAD_HEADER', 'signature', message, { offset });
}
