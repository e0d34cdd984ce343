import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { inspectPatch, type PatchInfo } from '../container/inspect-patch.js';
import { assertBodyDigest, readPatch } from '../container/patch-reader.js';
import { patchError } from '../errors/patch-error.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync, type Steps } from '../progress/run-steps.js';
import { assertFilePatch } from './apply-limits.js';
import { digestOfOld, verifyOldImage } from './verify-old.js';

/** Checks that a patch is whole: its framing, and the digest of its body. Throws FormatError. */
export async function verifyPatch(patch: Uint8Array): Promise<PatchInfo> {
  const info = inspectPatch(patch);
  assertBodyDigest(readPatch(patch));
  return info;
}

/** Checks that an image is the old one of a patch. Throws MismatchError. */
export async function verifyOld(
  old: RandomAccess,
  patch: Uint8Array,
  options: OperationOptions = {},
): Promise<void> {
  return runAsync(verifyOldImage(old, assertFilePatch(readPatch(patch).header)), options);
}

/** Checks that an image is the new one of a patch. Throws VerifyError. */
export async function verifyNew(
  image: RandomAccess,
  patch: Uint8Array,
  options: OperationOptions = {},
): Promise<void> {
  return runAsync(verifyNewSteps(image, patch), options);
}

function* verifyNewSteps(image: RandomAccess, patch: Uint8Array): Steps<void> {
  const header = assertFilePatch(readPatch(patch).header);
  if (image.size !== header.newSize) {
    throw patchError(
      'NEW_SIZE_MISMATCH',
      'verify-new',
      `this is not the new image of the patch: expected ${header.newSize} bytes, found ${image.size}`,
      { expected: header.newSize, found: image.size },
    );
  }
  const found = yield* digestOfOld(image);
  if (equalBytes(found, header.newDigest)) return;
  throw patchError(
    'NEW_DIGEST_MISMATCH',
    'verify-new',
    `this is not the new image of the patch: expected SHA-256 ${toHex(header.newDigest)}, found ${toHex(found)}`,
    { expected: toHex(header.newDigest), found: toHex(found) },
  );
}
