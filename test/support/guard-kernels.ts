import type { CommonExports } from '../../src/kernels/kernel-exports.js';
import { KernelInstance } from '../../src/kernels/kernel-instance.js';

const CANARY = 0xa5;
const GUARD_SIZE = 64;

interface Guarded {
  readonly kernel: KernelInstance<CommonExports>;
  readonly start: number;
  readonly end: number;
}

/**
 * Lays known bytes before and behind every block that any kernel instance allocates, and looks after them: whatever a decoder writes outside what it was
 * given is seen, in the library's own use of it. `restore` gives the plain allocator back.
 */
export function guardKernels() {
  const { alloc, release } = KernelInstance.prototype;
  let blocks: Guarded[] = [];
  KernelInstance.prototype.alloc = function (this: KernelInstance<CommonExports>, size: number) {
    const start = alloc.call(this, size + 2 * GUARD_SIZE);
    const end = start + GUARD_SIZE + size;
    this.view(start, GUARD_SIZE).fill(CANARY);
    this.view(end, GUARD_SIZE).fill(CANARY);
    blocks.push({ kernel: this, start, end });
    return start + GUARD_SIZE;
  };
  KernelInstance.prototype.release = function (this: KernelInstance<CommonExports>, mark: number) {
    assertIntact(blocks);
    blocks = blocks.filter(({ kernel, start }) => kernel !== this || start < mark);
    release.call(this, mark);
  };
  return {
    /** Throws when a guard was written to since the last call; blocks so far are forgotten. */
    check(): void {
      const checked = blocks;
      blocks = [];
      assertIntact(checked);
    },
    restore(): void {
      Object.assign(KernelInstance.prototype, { alloc, release });
    },
  };
}

function assertIntact(blocks: readonly Guarded[]): void {
  for (const { kernel, start, end } of blocks) {
    for (const guard of [start, end]) {
      const found = kernel.view(guard, GUARD_SIZE).findIndex((byte) => byte !== CANARY);
      if (found < 0) continue;
      const side = guard === start ? `${GUARD_SIZE - found} bytes before` : `${found} bytes behind`;
      throw new Error(`a kernel wrote ${side} its block of ${end - start - GUARD_SIZE} bytes`);
    }
  }
}
