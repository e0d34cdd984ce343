import { allocateNew } from './apply-triples.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';

/** Grows new where a format does not say at its start how large it is. */
export class NewBuffer {
  private buffer = new Uint8Array(1 << 16);
  private used = 0;
  private readonly options: ReadOptions;

  constructor(options: ReadOptions) {
    this.options = options;
  }

  /**
   * Makes room for `size` more bytes, zero at first; answers where they begin. Throws LimitError beyond the caller's limit,
   * unless `size` is only the most that may be used; then `cut` looks.
   */
  reserve(size: number, isLimit = false): number {
    const start = this.used;
    const end = start + size;
    if (!isLimit) assertNewSize(end, this.options);
    if (end > this.buffer.length) {
      const grown = allocateNew(
        Math.max(end, Math.min(2 * this.buffer.length, this.options.maxNewSize ?? 2 ** 30)),
      );
      grown.set(this.buffer.subarray(0, start));
      this.buffer = grown;
    }
    this.used = end;
    return start;
  }

  /** View of bytes; stale after the next `reserve`. */
  view(start: number, size: number): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(start, start + size);
  }

  /** What was made so far; stale after the next `reserve`, though its bytes stay as they were. */
  made(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.used);
  }

  /** Gives back room behind `size` bytes that was reserved and not used. */
  cut(size: number): void {
    assertNewSize(size, this.options);
    this.used = size;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.used);
  }
}
