import { sha256 } from '@noble/hashes/sha2.js';
import type { Hasher } from './hasher.js';

/** SHA-256 in plain JavaScript: for engines that have neither node:crypto nor WebAssembly. */
export function createNobleSha256(): Hasher {
  return wrapNoble(sha256.create());
}

/** A hash of the package as a hasher. */
export function wrapNoble(hash: { update(bytes: Uint8Array): unknown; digest(): Uint8Array }): Hasher {
  return {
    update(bytes) {
      hash.update(bytes);
      return this;
    },
    digest: () => new Uint8Array(hash.digest()),
  };
}
