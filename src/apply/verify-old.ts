import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { type RandomAccess, readFully } from '../bytes/random-access.js';
import type { PatchHeader } from '../container/patch-header.js';
import { createSha256 } from '../digest/digest.js';
import { type PatchError, patchError } from '../errors/patch-error.js';
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
  if (!isOldImage(old, header, found)) throw mismatch(old, header, found);
}

/**
 * Which image of the patch this is: the old one, or the new one when the patch is applied already. Throws MismatchError when it is neither.
 */
export function* recogniseImage(image: RandomAccess, header: PatchHeader): Steps<'old' | 'new'> {
  const found = yield* digestOfOld(image);
  if (isOldImage(image, header, found)) return 'old';
  if (isNewImage(image, header, found)) return 'new';
  throw mismatch(image, header, found);
}

function isOldImage(image: RandomAccess, { oldSize, oldDigest }: PatchHeader, digest: Uint8Array): boolean {
  return image.size === oldSize && equalBytes(digest, oldDigest);
}

function isNewImage(image: RandomAccess, { newSize, newDigest }: PatchHeader, digest: Uint8Array): boolean {
  return image.size === newSize && equalBytes(digest, newDigest);
}

function mismatch(old: RandomAccess, header: PatchHeader, digest: Uint8Array): PatchError {
  const { oldSize } = header;
  const [expected, found] = [toHex(header.oldDigest), toHex(digest)];
  const alreadyApplied = isNewImage(old, header, digest);
  const difference = `expected ${oldSize} bytes with SHA-256 ${expected}, found ${old.size} bytes with SHA-256 ${found}`;
  return patchError(
    old.size === oldSize ? 'OLD_DIGEST_MISMATCH' : 'OLD_SIZE_MISMATCH',
    'verify-old',
    alreadyApplied
      ? `the patch is applied already, the file is its new image: ${difference}`
      : `this is not the old image of the patch: ${difference}`,
    { expected, found, expectedSize: oldSize, foundSize: old.size, alreadyApplied },
  );
}
