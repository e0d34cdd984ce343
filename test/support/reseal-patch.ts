import type { PatchHeader } from '../../src/container/patch-header.js';
import { readHeader, writeHeader } from '../../src/container/patch-header.js';
import { readPatch } from '../../src/container/patch-reader.js';
import { sha256 } from '../../src/digest/digest.js';

/**
 * A patch with another body and header fields, whose body digest is right again: what an attacker who can write patches would
 * send, and the only way past the digest to the decoders.
 */
export function resealPatch(
  patch: Uint8Array,
  change: { readonly body?: Uint8Array; readonly header?: Partial<PatchHeader> },
): Uint8Array<ArrayBuffer> {
  const { header } = readHeader(patch);
  const body = change.body ?? readPatch(patch).body;
  const sealed = writeHeader({
    ...header,
    bodySize: body.length,
    bodyDigest: sha256(body).subarray(0, 16),
    ...change.header,
  });
  const result = new Uint8Array(sealed.length + 1 + body.length);
  result.set(sealed);
  result.set(body, sealed.length + 1);
  return result;
}
