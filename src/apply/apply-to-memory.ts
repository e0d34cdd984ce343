import type { ByteSink } from '../bytes/byte-sink.js';
import { bytesAccess } from '../bytes/random-access.js';
import { assertBytes } from '../errors/assert.js';
import type { Steps } from '../progress/run-steps.js';
import { applyImage } from './apply-image.js';
import type { ApplyOptions } from './apply-options.js';
import type { Decoders } from './decoders.js';

/** The steps of applying in memory; the result grows with what was decoded, not with what the header claims. */
export function* applyToMemory(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  decoders: Decoders,
  options: ApplyOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  assertBytes(oldBytes, 'oldBytes');
  assertBytes(patch, 'patch');
  const sink = new MemorySink();
  // The bytes leave only after the whole digest matched, so windows need no digest of their own.
  yield* applyImage(bytesAccess(oldBytes), patch, sink, decoders, { checkWindows: false, ...options });
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
