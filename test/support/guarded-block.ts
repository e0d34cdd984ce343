import type { CommonExports } from '../../src/kernels/kernel-exports.js';
import type { KernelInstance } from '../../src/kernels/kernel-instance.js';

const CANARY = 0xa5;
const GUARD_SIZE = 64;

/** A block of kernel memory between two guards of known bytes, to see writes outside it. */
export class GuardedBlock {
  readonly ptr: number;
  readonly size: number;
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly start: number;

  /** `skew` moves the block off its 16-byte boundary. */
  constructor(kernel: KernelInstance<CommonExports>, size: number, skew = 0) {
    this.kernel = kernel;
    this.size = size;
    this.start = kernel.alloc(skew + size + 2 * GUARD_SIZE);
    this.ptr = this.start + GUARD_SIZE + skew;
    kernel.view(this.start, skew + size + 2 * GUARD_SIZE).fill(CANARY);
  }

  write(bytes: Uint8Array): void {
    this.kernel.write(this.ptr, bytes);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.kernel.take(this.ptr, this.size);
  }

  /** Whether both guards still hold their bytes. */
  isIntact(): boolean {
    const isCanary = (byte: number) => byte === CANARY;
    return (
      this.kernel.view(this.start, this.ptr - this.start).every(isCanary) &&
      this.kernel.view(this.ptr + this.size, GUARD_SIZE).every(isCanary)
    );
  }
}
