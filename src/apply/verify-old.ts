import type { RandomAccess } from '../bytes/random-access.js';
import { createSha256 } from '../digest/digest.js';
import type { Steps } from '../progress/run-steps.js';
import { readExactly } from './old-tiles.js';

const READ_SIZE = 256 << 10;

/** SHA-256 of a whole image, read in pieces. */
export function* digestOfOld(old: RandomAccess): Steps<Uint8Array> {
  const hasher = createSha256();
  const inMemory = 'bytes' in old ? (old.bytes as Uint8Array) : undefined;
  const buffer = inMemory === undefined ? new Uint8Array(Math.min(READ_SIZE, old.size)) : undefined;
  for (let offset = 0; offset < old.size; ) {
    const end = Math.min(old.size, offset + READ_SIZE);
    const piece = inMemory?.subarray(offset, end) ?? buffer!.subarray(0, end - offset);
    if (inMemory === undefined) readExactly(old, offset, piece);
    hasher.update(piece);
    offset = end;
    yield { stage: 'digest', done: offset, total: old.size };
  }
  return hasher.digest();
}
