import type { CommonExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { badStream } from './bad-stream.js';
import type { StreamDecoder } from './codec.js';
import { InputQueue } from './input-queue.js';

/** The codec that leaves bytes as they are. */
export class StoredDecoder implements StreamDecoder {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly input = new InputQueue();
  private left: number;

  constructor(kernel: KernelInstance<CommonExports>, rawSize: number) {
    this.kernel = kernel;
    this.left = rawSize;
  }

  feed(bytes: Uint8Array, last: boolean): void {
    this.input.feed(bytes, last);
  }

  pull(ptr: number, size: number): number {
    const count = this.input.moveTo(this.kernel.view(ptr, Math.min(size, this.left)));
    this.left -= count;
    return count;
  }

  finish(): void {
    if (this.left > 0 || !this.input.isEmpty)
      throw badStream('a stored stream has another size than its header says');
  }
}
