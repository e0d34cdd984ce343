import type { ByteSink } from '../bytes/byte-sink.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { reversePatchOf } from '../container/reverse-patch.js';
import { readSignedParts } from '../container/signature-block.js';
import { assertBytes } from '../errors/assert.js';
import { runAsync } from '../progress/run-steps.js';
import { applyImage } from './apply-image.js';
import type { ApplyOptions, ApplyReport } from './apply-options.js';
import { applyToMemory } from './apply-to-memory.js';
import { loadDecoders } from './load-decoders.js';

/**
 * Makes the new image from the old one and a patch. Every byte is proved: the result has the SHA-256 that the
 * patch names, or the promise rejects and there is no result. Bytes that are the new image already come back as they are.
 *
 * @throws FormatError the patch is malformed · SignatureError `verifier` refused it · MismatchError `oldBytes` is not its old image · VerifyError the
 * result is wrong · LimitError a limit was hit · `signal.reason` when aborted
 */
export async function applyPatch(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  assertBytes(patch, 'patch');
  await verifySignature(patch, options);
  const way = chooseWay(patch, options);
  return runAsync(applyToMemory(oldBytes, way, await loadDecoders(way), options), options);
}

/** The patch, or the way back that it holds; its signature was checked. */
export function chooseWay(patch: Uint8Array, { reverse }: ApplyOptions): Uint8Array {
  return reverse ? reversePatchOf(patch) : patch;
}

/** Asks the verifier, if there is one, before anything that the signature covers is parsed. */
export function verifySignature(patch: Uint8Array, { verifier }: ApplyOptions): void | Promise<void> {
  if (verifier === undefined) return;
  const { signedBytes, signatures } = readSignedParts(patch);
  return verifier.verify(signedBytes, signatures);
}

/**
 * Applies a patch from random-access old to a sink in bounded memory. The sink must not commit before this
 * resolves. Errors as `applyPatch`, and StorageError when old cannot be read.
 */
export async function applyPatchTo(
  old: RandomAccess,
  patch: Uint8Array,
  sink: ByteSink,
  options: ApplyOptions = {},
): Promise<ApplyReport> {
  assertBytes(patch, 'patch');
  await verifySignature(patch, options);
  const way = chooseWay(patch, options);
  return runAsync(applyImage(old, way, sink, await loadDecoders(way), options), options);
}
