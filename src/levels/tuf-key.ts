import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { writeCanonicalJson } from './canonical-json.js';

/** A public key as root metadata lists it. */
export function tufKey(publicKey: Uint8Array) {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: toHex(publicKey) } };
}

/** Id of a key: SHA-256 of its canonical JSON (TUF specification, section 4.2), so that one key has one id. */
export function tufKeyId(publicKey: Uint8Array): string {
  const line = writeCanonicalJson(tufKey(publicKey));
  return toHex(sha256(line.subarray(0, -1)));
}
