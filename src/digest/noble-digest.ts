import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Hasher } from './hasher.js';

/** SHA-256 in plain JavaScript: for engines that have neither node:crypto nor WebAssembly. */
export function createNobleSha256(): Hasher {
  return wrap(sha256.create());
}

/** SHA-1 in plain JavaScript. */
export function createNobleSha1(): Hasher {
  return wrap(sha1.create());
}

function wrap(hash: { update(bytes: Uint8Array): unknown; digest(): Uint8Array }): Hasher {
  return {
    update(bytes) {
      hash.update(bytes);
      return this;
    },
    digest: () => new Uint8Array(hash.digest()),
  };
}
