import { equalBytes } from '../bytes/equal-bytes.js';
import { fromHex, toHex } from '../bytes/hex.js';
import type { PatchHeader } from '../container/patch-header.js';
import { patchError } from '../errors/patch-error.js';
import type { ApplyOptions } from './apply-options.js';

/** Throws MismatchError(UNEXPECTED_PATCH) unless the patch names the digests that the caller expects. */
export function assertExpectedDigests(header: PatchHeader, expect: ApplyOptions['expect']): void {
  compare('old', header.oldDigest, expect?.oldDigest);
  compare('new', header.newDigest, expect?.newDigest);
}

function compare(side: 'old' | 'new', found: Uint8Array, expected: string | Uint8Array | undefined): void {
  if (expected === undefined) return;
  const bytes = typeof expected === 'string' ? fromHex(expected) : expected;
  if (equalBytes(bytes, found)) return;
  throw patchError(
    'UNEXPECTED_PATCH',
    'container',
    `the patch is for another ${side} image: expected SHA-256 ${toHex(bytes)}, the patch names ${toHex(found)}`,
    { side, expected: toHex(bytes), found: toHex(found) },
  );
}
