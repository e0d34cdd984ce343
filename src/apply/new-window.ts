import type { CommonExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** Decoded bytes of new that stay readable behind the point of work: the history of the gap model. */
const HISTORY_SIZE = 64 << 10;
const WINDOW_SIZE = 448 << 10;

/**
 * The stretch of the new image that is being decoded, in linear memory: new byte n stands at base + n. When it
 * is full, `onBytes` gets the finished bytes and the last `HISTORY_SIZE` move to the front.
 */
export class NewWindow {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly onBytes: (bytes: Uint8Array, offset: number) => void;
  private readonly ptr: number;
  private readonly capacity: number;
  /** new[start, …) stands at `ptr`; bytes below `flushed` were given away. */
  private start = 0;
  private flushed = 0;

  constructor(
    kernel: KernelInstance<CommonExports>,
    sliceSize: number,
    onBytes: (bytes: Uint8Array, offset: number) => void,
  ) {
    this.kernel = kernel;
    this.onBytes = onBytes;
    this.capacity = NewWindow.memory(sliceSize);
    this.ptr = kernel.alloc(this.capacity);
  }

  static memory(sliceSize: number): number {
    return HISTORY_SIZE + WINDOW_SIZE + sliceSize;
  }

  /** Makes room for new[offset, offset + slice) and answers the base address, modulo 2^32 and with sign (old-tiles.ts). */
  room(offset: number, sliceSize: number): number {
    if (offset + sliceSize - this.start > this.capacity) {
      this.flush(offset);
      const keep = Math.max(this.start, offset - HISTORY_SIZE);
      this.kernel.view(this.ptr, this.capacity).copyWithin(0, keep - this.start, offset - this.start);
      this.start = keep;
    }
    return (this.ptr - this.start) | 0;
  }

  /** Gives away every byte below `offset`. */
  flush(offset: number): void {
    if (offset <= this.flushed) return;
    const from = this.ptr + this.flushed - this.start;
    this.onBytes(this.kernel.view(from, offset - this.flushed), this.flushed);
    this.flushed = offset;
  }
}
