import type { Hasher } from './hasher.js';
import { createNobleSha1 } from './noble-sha1.js';
import { createNodeSha1, nodeCrypto } from './node-digest.js';

/**
 * A new SHA-1 of no bytes yet. Only to make hashes that some file format stores; nothing here trusts them.
 */
export function createSha1(): Hasher {
  const crypto = nodeCrypto();
  return crypto === undefined ? createNobleSha1() : createNodeSha1(crypto);
}
