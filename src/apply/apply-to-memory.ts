import type { ByteSink } from '../bytes/byte-sink.js';
import { bytesAccess } from '../bytes/random-access.js';
import { readPatch } from '../container/patch-reader.js';
import { assertBytes } from '../errors/assert.js';
import type { Steps } from '../progress/run-steps.js';
import { applyImage } from './apply-image.js';
import type { ApplyOptions } from './apply-options.js';
import type { Decoders } from './decoders.js';

/** The steps of applying in memory. */
export function* applyToMemory(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  decoders: Decoders,
  options: ApplyOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  assertBytes(oldBytes, 'oldBytes');
  assertBytes(patch, 'patch');
  const sink = new MemorySink(plausibleSize(readPatch(patch).header.newSize, oldBytes, patch));
  // The bytes leave only after the whole digest matched, so windows need no digest of their own.
  yield* applyImage(bytesAccess(oldBytes), patch, sink, decoders, { checkWindows: false, ...options });
  return sink.take();
}

const LEAST_CAPACITY = 1 << 20;

/** The size of new that a header claims, as far as what the caller holds anyway makes it likely. */
function plausibleSize(newSize: number, oldBytes: Uint8Array, patch: Uint8Array): number {
  return Math.min(newSize, Math.max(LEAST_CAPACITY, 2 * (oldBytes.length + patch.length)));
}

/**
 * New in memory. It begins with room for a likely size, since growing to it by doubling cost a quarter of applying (node-arm64, 43 MB: 0.31 → 0.25 s);
 * beyond that it grows with what was decoded, not with what a header claims.
 */
class MemorySink implements ByteSink {
  private buffer: Uint8Array<ArrayBuffer>;
  private size = 0;

  constructor(capacity: number) {
    this.buffer = new Uint8Array(capacity);
  }

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
    return this.size === this.buffer.length ? this.buffer : this.buffer.slice(0, this.size);
  }
}
