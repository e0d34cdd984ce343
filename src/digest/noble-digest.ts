import { sha256 } from '@noble/hashes/sha2.js';
import type { Hasher } from './hasher.js';

/** SHA-256 in plain JavaScript: for engines that have neither node:crypto nor WebAssembly. */
export function createNobleSha256(): Hasher {
  const hash = sha256.create();
  return {
    update(bytes) {
      hash.update(bytes);
      return this;
    },
    digest: () => new Uint8Array(hash.digest()),
  };
}
