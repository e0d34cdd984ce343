import { inspectPatch } from '../container/inspect-patch.js';
import {
  addSignature,
  type PatchSignature,
  type PatchVerifier,
  readSignedParts,
} from '../container/signature-block.js';
import { findValidSignature, signMessage } from './minisign-signature.js';
import type { PublicKey, Signer } from './signer.js';

/**
 * Signs a patch in its header. The signature covers header and, by the body's digest in it, the body. Without `trustedComment` it
 * says what the patch makes, so that the same patch and key give the same bytes.
 *
 * @throws FormatError the patch is none
 */
export async function signPatch(
  patch: Uint8Array,
  signer: Signer,
  trustedComment?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const comment = trustedComment ?? `deltakit patch to ${inspectPatch(patch).newDigest}`;
  const { signedBytes } = readSignedParts(patch);
  return addSignature(patch, await signMessage(signedBytes, signer, comment));
}

/** A verifier of patches that trusts some public keys. Throws RangeError for no key: that would trust nobody. */
export function createPatchVerifier(keys: readonly PublicKey[]): PatchVerifier {
  if (keys.length === 0) throw new RangeError('keys: expected at least one public key');
  return {
    verify(signedBytes, signatures) {
      findValidSignature(signedBytes, signatures, keys);
    },
  };
}

/** Checks the signature in a patch's header and answers it. Throws SignatureError, FormatError. */
export function verifySignedPatch(patch: Uint8Array, keys: readonly PublicKey[]): PatchSignature {
  const { signedBytes, signatures } = readSignedParts(patch);
  return findValidSignature(signedBytes, signatures, keys);
}
