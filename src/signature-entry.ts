/** `deltakit/signature`: keys and signatures, compatible with minisign. */
export {
  addSignature,
  type PatchSignature,
  type PatchVerifier,
  readSignedParts,
  replaceSignatures,
} from './container/signature-block.js';
export * from './errors/index.js';
export { createKeySigner, generateKeyPair } from './signature/ed25519.js';
export {
  isSecretKeyEncrypted,
  type KdfLimits,
  readPublicKey,
  readSecretKey,
  writePublicKey,
  writeSecretKey,
} from './signature/minisign-key.js';
export {
  findValidSignature,
  readSignatureFile,
  signMessage,
  writeSignatureFile,
} from './signature/minisign-signature.js';
export { createPatchVerifier, signPatch, verifySignedPatch } from './signature/sign-patch.js';
export type { KeyPair, PublicKey, Signer } from './signature/signer.js';
