import { equalBytes } from '../bytes/equal-bytes.js';
import { fromHex, toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';

/** SHA-256 digests that a caller knows from elsewhere, as bytes or in hexadecimal: most formats carry none. */
export interface ExpectedDigests {
  readonly oldDigest?: string | Uint8Array | undefined;
  readonly newDigest?: string | Uint8Array | undefined;
}

/** Throws MismatchError(OLD_DIGEST_MISMATCH) unless old is the expected file. */
export function assertOldDigest(oldBytes: Uint8Array, expect: ExpectedDigests | undefined): void {
  compare(oldBytes, expect?.oldDigest, 'old');
}

/** Throws VerifyError(NEW_DIGEST_MISMATCH) unless new is the expected file. */
export function assertNewDigest(newBytes: Uint8Array, expect: ExpectedDigests | undefined): void {
  compare(newBytes, expect?.newDigest, 'new');
}

function compare(bytes: Uint8Array, wanted: string | Uint8Array | undefined, side: 'old' | 'new'): void {
  if (wanted === undefined) return;
  const expected = typeof wanted === 'string' ? fromHex(wanted) : wanted;
  const found = sha256(bytes);
  if (equalBytes(expected, found)) return;
  throw patchError(
    side === 'old' ? 'OLD_DIGEST_MISMATCH' : 'NEW_DIGEST_MISMATCH',
    side === 'old' ? 'verify-old' : 'verify-new',
    `the ${side} file is not the expected one: expected SHA-256 ${toHex(expected)}, found ${toHex(found)}`,
    { side, expected: toHex(expected), found: toHex(found) },
  );
}
