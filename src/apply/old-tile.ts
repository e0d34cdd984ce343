import type { RandomAccess } from '../bytes/random-access.js';
import { patchError } from '../errors/patch-error.js';
import type { CommonExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** Bytes around a slice that the predictor may look at: 64 instructions back or ahead, and a vector. */
export const TILE_MARGIN = 320;
/** Least bytes fetched at once, so that many short covers close to each other cost one read. */
const READ_AHEAD = 16 << 10;

/**
 * A window of the old image in linear memory. `need(start, end)` makes old[start - margin, end + margin) readable
 * (as far as old reaches; behind its ends the tile holds zeros) and answers the base address: old byte x stands
 * at base + x. The base may be below zero as a number; addresses in wasm32 wrap, so it is taken modulo 2^32.
 */
export class OldTile {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly old: RandomAccess;
  private readonly ptr: number;
  private readonly capacity: number;
  private start = 0;
  private end = -1;

  constructor(kernel: KernelInstance<CommonExports>, old: RandomAccess, sliceSize: number) {
    this.kernel = kernel;
    this.old = old;
    this.capacity = Math.max(sliceSize + 4 * TILE_MARGIN, READ_AHEAD + 2 * TILE_MARGIN);
    this.ptr = kernel.alloc(this.capacity);
    kernel.zero(this.ptr, this.capacity);
  }

  get oldSize(): number {
    return this.old.size;
  }

  /** Bytes of linear memory that a tile takes. */
  static memory(sliceSize: number): number {
    return Math.max(sliceSize + 4 * TILE_MARGIN, READ_AHEAD + 2 * TILE_MARGIN);
  }

  need(start: number, end: number): number {
    const low = start - TILE_MARGIN;
    const high = end + TILE_MARGIN;
    if (low < this.start || high > this.end) {
      this.start = low;
      this.end = Math.max(high, low + READ_AHEAD + TILE_MARGIN);
      this.load();
    }
    return (this.ptr - this.start) >>> 0;
  }

  private load(): void {
    const from = Math.max(0, this.start);
    const to = Math.min(this.old.size, this.end);
    const view = this.kernel.view(this.ptr, this.end - this.start);
    if (from > this.start) view.fill(0, 0, from - this.start);
    if (to < this.end) view.fill(0, Math.max(0, to - this.start));
    if (to > from) readExactly(this.old, from, view.subarray(from - this.start, to - this.start));
  }
}

/** Fills `into` from old or throws StorageError: old became shorter while it was read. */
export function readExactly(source: RandomAccess, offset: number, into: Uint8Array): void {
  let done = 0;
  while (done < into.length) {
    const count = source.read(offset + done, into.subarray(done));
    if (count <= 0) {
      throw patchError(
        'READ_FAILED',
        'storage',
        `the old image ended at offset ${offset + done} while it was read; its size was ${source.size}`,
        { offset: offset + done, expected: source.size },
      );
    }
    done += count;
  }
}
