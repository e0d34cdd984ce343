import { ByteReader } from '../bytes/byte-reader.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { SHORT_DIGEST_SIZE } from './format.js';
import { type PatchHeader, readHeader } from './patch-header.js';
import { takeSignatureBlock } from './signature-block.js';

/** A patch cut into its parts; nothing of the body was looked at yet. Views of the patch's bytes. */
export interface PatchParts {
  readonly header: PatchHeader;
  /** The bytes that a signature covers: everything before the signature block. The header names the body's digest. */
  readonly signedBytes: Uint8Array;
  readonly signatures: Uint8Array;
  readonly body: Uint8Array;
}

/** Cuts a patch into header, signature block and body. Throws FormatError. */
export function readPatch(patch: Uint8Array): PatchParts {
  const { header, endOffset } = readHeader(patch);
  const reader = new ByteReader(patch, 'container', endOffset);
  const signatures = takeSignatureBlock(reader);
  const body = reader.take(header.bodySize, 'body');
  reader.done('the patch');
  return { header, signedBytes: patch.subarray(0, endOffset), signatures, body };
}

/** Throws FormatError(BODY_DIGEST_MISMATCH) unless the body is the one that the header names. */
export function assertBodyDigest({ header, body }: PatchParts): void {
  const found = sha256(body).subarray(0, SHORT_DIGEST_SIZE);
  if (equalBytes(found, header.bodyDigest)) return;
  throw patchError(
    'BODY_DIGEST_MISMATCH',
    'container',
    `the patch is damaged: its body has SHA-256 ${toHex(found)}, its header says ${toHex(header.bodyDigest)}`,
    { expected: toHex(header.bodyDigest), found: toHex(found) },
  );
}
