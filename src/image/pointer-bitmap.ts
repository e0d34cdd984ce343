import type { LayoutSegment } from './image-layout.js';

/** Bytes of the image that one byte of a bitmap stands for. */
const GRAIN = 32;
/** Readable bytes behind a bitmap: the kernel loads four at once. */
const SLACK = 4;

/** Which words of an image are pointers: bit (offset - low) / 4 for low <= offset < high. */
export interface PointerBitmap {
  readonly bitmap: Uint8Array;
  readonly low: number;
  readonly high: number;
}

/** Marks pointers in segments' bytes: 1/32 of what the segments take in the file, cut to what was marked. */
export class PointerMarker {
  count = 0;
  private readonly bitmap: Uint8Array;
  private readonly low: number;
  private readonly high: number;
  private first = Number.MAX_SAFE_INTEGER;
  private last = -1;

  constructor(segments: readonly LayoutSegment[]) {
    this.low = segments.reduce((low, { fileOffset }) => Math.min(low, fileOffset), Number.MAX_SAFE_INTEGER);
    this.high = segments.reduce((high, { fileOffset, fileSize }) => Math.max(high, fileOffset + fileSize), 0);
    this.low -= this.low % GRAIN;
    this.bitmap = new Uint8Array(this.high > this.low ? Math.ceil((this.high - this.low) / GRAIN) : 0);
  }

  /** Marks the pointer at an offset; those off the 4-byte grid cannot be marked and stay unpredicted. */
  mark(offset: number): void {
    if (offset % 4 !== 0 || offset < this.low || offset >= this.high) return;
    this.bitmap[Math.floor((offset - this.low) / GRAIN)]! |= 1 << (((offset - this.low) / 4) & 7);
    this.count++;
    if (offset < this.first) this.first = offset;
    if (offset > this.last) this.last = offset;
  }

  /** The bitmap from the first to the last mark; undefined without one. */
  finish(): PointerBitmap | undefined {
    if (this.last < 0) return undefined;
    const from = Math.floor((this.first - this.low) / GRAIN);
    const to = Math.floor((this.last - this.low) / GRAIN) + 1;
    const bitmap = new Uint8Array(to - from + SLACK);
    bitmap.set(this.bitmap.subarray(from, to));
    return { bitmap, low: this.low + from * GRAIN, high: this.last + 4 };
  }
}
