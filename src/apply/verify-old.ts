import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { type RandomAccess, readFully } from '../bytes/random-access.js';
import type { PatchHeader } from '../container/patch-header.js';
import { createSha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';

const READ_SIZE = 256 << 10;

/** SHA-256 of a whole image, read in pieces. */
export function* digestOfOld(old: RandomAccess): Steps<Uint8Array> {
  const hasher = createSha256();
  const inMemory = 'bytes' in old ? (old.bytes as Uint8Array) : undefined;
  const buffer = inMemory === undefined ? new Uint8Array(Math.min(READ_SIZE, old.size)) : undefined;
  for (let offset = 0; offset < old.size; ) {
    const end = Math.min(old.size, offset + READ_SIZE);
    const piece = inMemory?.subarray(offset, end) ?? buffer!.subarray(0, end - offset);
    if (inMemory === undefined) readFully(old, offset, piece);
    hasher.update(piece);
    offset = end;
    yield { stage: 'digest', done: offset, total: old.size };
  }
  return hasher.digest();
}

/** Throws MismatchError unless old is the image that the patch was made from. */
export function* verifyOldImage(old: RandomAccess, header: PatchHeader): Steps<void> {
  const found = yield* digestOfOld(old);
  if (old.size === header.oldSize && equalBytes(found, header.oldDigest)) return;
  const alreadyApplied = old.size === header.newSize && equalBytes(found, header.newDigest);
  const difference = `expected ${header.oldSize} bytes with SHA-256 ${toHex(header.oldDigest)}, found ${old.size} bytes with SHA-256 ${toHex(found)}`;
  throw patchError(
    old.size === header.oldSize ? 'OLD_DIGEST_MISMATCH' : 'OLD_SIZE_MISMATCH',
    'verify-old',
    alreadyApplied
      ? `the patch is applied already, the file is its new image: ${difference}`
      : `this is not the old image of the patch: ${difference}`,
    {
      expected: toHex(header.oldDigest),
      found: toHex(found),
      expectedSize: header.oldSize,
      foundSize: old.size,
      alreadyApplied,
    },
  );
}
