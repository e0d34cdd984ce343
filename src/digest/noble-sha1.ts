import { sha1 } from '@noble/hashes/legacy.js';
import type { Hasher } from './hasher.js';
import { wrapNoble } from './noble-digest.js';

/** SHA-1 in plain JavaScript. */
export function createNobleSha1(): Hasher {
  return wrapNoble(sha1.create());
}
