import { type RandomAccess, readFully } from '../bytes/random-access.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { TablePlan } from '../predict/table-plan.js';

/** Where a pair of images is read from. */
export interface ImageSources {
  readonly old: RandomAccess;
  readonly next: RandomAccess;
}

/** The bytes of a pair of images. */
export interface PairBytes {
  readonly oldBytes: Uint8Array;
  readonly newBytes: Uint8Array;
}

/**
 * A pair of images in linear memory. Of files this is the only copy: where kernels rewrite an image it is read again afterwards, which
 * takes as long as to copy it and spares its size in memory.
 */
export class LoadedImages implements PairBytes {
  readonly oldPtr: number;
  readonly oldSize: number;
  readonly newSize: number;
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly sources: ImageSources;
  private readonly bottom: number;
  private newStart: number;

  /** Nobody else has allocated from the kernel since, when `makeRoom` is called. */
  constructor(kernel: KernelInstance<DiffExports>, sources: ImageSources) {
    this.kernel = kernel;
    this.sources = sources;
    this.oldSize = sources.old.size;
    this.newSize = sources.next.size;
    this.bottom = kernel.mark();
    this.oldPtr = kernel.alloc(this.oldSize);
    this.newStart = kernel.alloc(this.newSize);
    this.reload();
  }

  get newPtr(): number {
    return this.newStart;
  }

  /** View of old; stale after the next allocation, so never stored. */
  get oldBytes(): Uint8Array<ArrayBuffer> {
    return this.kernel.view(this.oldPtr, this.oldSize);
  }

  /** View of new; stale after the next allocation. */
  get newBytes(): Uint8Array<ArrayBuffer> {
    return this.kernel.view(this.newStart, this.newSize);
  }

  /** Makes room behind old and in front of new, for the longer images of a plan. */
  makeRoom({ longOldSize, longNewSize, origin }: TablePlan): void {
    const { kernel, newStart, newSize } = this;
    kernel.release(this.bottom);
    kernel.alloc(longOldSize);
    this.newStart = kernel.alloc(longNewSize) + origin;
    kernel.write(this.newStart, kernel.view(newStart, newSize));
  }

  /** The room in front of new that a plan wants, cleared; stale after the next allocation. */
  clearFront({ origin }: TablePlan): Uint8Array<ArrayBuffer> {
    return this.kernel.view(this.newStart - origin, origin).fill(0);
  }

  /** Reads both images again, as they were. */
  reload(): void {
    readFully(this.sources.old, 0, this.oldBytes);
    readFully(this.sources.next, 0, this.newBytes);
  }
}
