import type { ByteSink } from '../bytes/byte-sink.js';
import { bytesAccess, type RandomAccess } from '../bytes/random-access.js';
import { reversePatchOf } from '../container/reverse-patch.js';
import { readSignedParts } from '../container/signature-block.js';
import { assertBytes } from '../errors/assert.js';
import { runAsync, runSync, type Steps } from '../progress/run-steps.js';
import { applyImage } from './apply-image.js';
import type { ApplyOptions, ApplyReport } from './apply-options.js';

/**
 * Makes the new image from the old one and a patch. Every byte is proved: the result has the SHA-256 that the
 * patch names, or the promise rejects and there is no result.
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
  return runAsync(applyToMemory(oldBytes, chooseWay(patch, options), options), options);
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

/** `applyPatch` in one go; `signal` is not looked at. */
export function applyPatchSync(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyOptions = {},
): Uint8Array<ArrayBuffer> {
  assertBytes(patch, 'patch');
  if (verifySignature(patch, options) instanceof Promise)
    throw new TypeError('verifier: it answers later, which applyPatchSync cannot wait for');
  return runSync(applyToMemory(oldBytes, chooseWay(patch, options), options), options);
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
  return runAsync(applyImage(old, chooseWay(patch, options), sink, options), options);
}

/** The steps of applying in memory; the result grows with what was decoded, not with what the header claims. */
export function* applyToMemory(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  assertBytes(oldBytes, 'oldBytes');
  assertBytes(patch, 'patch');
  const sink = new MemorySink();
  // The bytes leave only after the whole digest matched, so windows need no digest of their own.
  yield* applyImage(bytesAccess(oldBytes), patch, sink, { checkWindows: false, ...options });
  return sink.take();
}

const FIRST_CAPACITY = 1 << 20;

class MemorySink implements ByteSink {
  private buffer = new Uint8Array(FIRST_CAPACITY);
  private size = 0;

  write(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    if (end > this.buffer.length) {
      const grown = new Uint8Array(Math.max(end, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, this.size));
      this.buffer = grown;
    }
    this.buffer.set(bytes, offset);
    this.size = Math.max(this.size, end);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.size);
  }
}
