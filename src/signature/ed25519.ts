import { concatBytes } from '../bytes/concat-bytes.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { fromHex } from '../bytes/hex.js';
import { type NodeCrypto, nodeCrypto } from '../digest/node-digest.js';
import { patchError } from '../errors/patch-error.js';
import type { KeyPair, Signer } from './signer.js';

/** DER of RFC 8410 round a raw key: PKCS #8 before the 32 bytes of a seed, SPKI before those of a public key. */
const PKCS8_FRONT = fromHex('302e020100300506032b657004220420');
const SPKI_FRONT = fromHex('302a300506032b6570032100');

/** Whether an Ed25519 signature (RFC 8032) over `message` was made with the key; false for keys and signatures of wrong size. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const crypto = needCrypto();
  const key = Buffer.from(concatBytes(SPKI_FRONT, publicKey));
  return crypto.verify(
    null,
    message,
    crypto.createPublicKey({ key, format: 'der', type: 'spki' }),
    signature,
  );
}

/** A new pair of keys, from the system's random source. */
export function generateKeyPair(): KeyPair {
  const crypto = needCrypto();
  const seed = new Uint8Array(crypto.randomBytes(32));
  return { seed, keyId: new Uint8Array(crypto.randomBytes(8)), bytes: publicKeyOf(seed) };
}

/** The public key of a seed. */
export function publicKeyOf(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const crypto = needCrypto();
  const der = crypto.createPublicKey(privateKey(crypto, seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(SPKI_FRONT.length));
}

/** A signer whose key is in memory. Throws SignatureError(BAD_KEY) when the halves of the pair do not belong together. */
export function createKeySigner({ seed, keyId, bytes }: KeyPair): Signer {
  const crypto = needCrypto();
  if (!equalBytes(publicKeyOf(seed), bytes)) {
    throw patchError('BAD_KEY', 'signature', 'the secret key does not belong to its public key');
  }
  const key = privateKey(crypto, seed);
  return { publicKey: bytes, keyId, sign: (message) => new Uint8Array(crypto.sign(null, message, key)) };
}

function privateKey(crypto: NodeCrypto, seed: Uint8Array) {
  return crypto.createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_FRONT, seed)),
    format: 'der',
    type: 'pkcs8',
  });
}

export function needCrypto(): NodeCrypto {
  const crypto = nodeCrypto();
  if (crypto === undefined)
    throw new TypeError('signatures need node:crypto, which this engine does not have');
  return crypto;
}
