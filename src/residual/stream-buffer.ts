import type { StreamDecoder } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import type { CommonExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/**
 * Decoded bytes of one stream, kept ready in linear memory: a buffer that is filled from the stream's decoder
 * and used up from the front.
 */
export class StreamBuffer {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly decoder: StreamDecoder;
  private readonly ptr: number;
  private readonly capacity: number;
  private start: number;
  private filled: number;
  /** Raw bytes that the decoder has not handed out yet. */
  private left: number;

  constructor(
    kernel: KernelInstance<CommonExports>,
    decoder: StreamDecoder,
    rawSize: number,
    capacity: number,
  ) {
    this.kernel = kernel;
    this.decoder = decoder;
    this.capacity = Math.min(capacity, rawSize);
    this.ptr = kernel.alloc(this.capacity);
    this.start = this.ptr;
    this.filled = this.ptr;
    this.left = rawSize;
  }

  get position(): number {
    return this.start;
  }

  get end(): number {
    return this.filled;
  }

  /** Tells that the bytes before `position` were used. */
  advanceTo(position: number): void {
    this.start = position;
  }

  /** Fills the buffer as far as it holds: afterwards it has `capacity` bytes or the rest of the stream. */
  refill(): void {
    if (this.left === 0) return;
    const kept = this.filled - this.start;
    this.kernel.view(this.ptr, this.capacity).copyWithin(0, this.start - this.ptr, this.filled - this.ptr);
    this.start = this.ptr;
    this.filled = this.ptr + kept;
    const wanted = Math.min(this.capacity - kept, this.left);
    const count = this.decoder.pull(this.filled, wanted);
    if (count !== wanted) {
      throw patchError('TRUNCATED', 'entropy', `a stream ends ${this.left - count} bytes early`, {
        expected: this.left,
        found: count,
      });
    }
    this.filled += count;
    this.left -= count;
  }

  /** Throws FormatError unless the stream was used up exactly. */
  finish(): void {
    const unused = this.filled - this.start + this.left;
    if (unused !== 0) {
      throw patchError('BAD_STREAM', 'residual', `${unused} bytes of a stream were not used`, {
        found: unused,
      });
    }
    this.decoder.finish();
  }
}
