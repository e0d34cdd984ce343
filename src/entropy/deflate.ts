import { deflateSync, Inflate } from 'fflate';
import type { CommonExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { badStream } from './bad-stream.js';
import type { StreamDecoder } from './codec.js';
import { InputQueue } from './input-queue.js';

/** Coded bytes given to the inflater at once: what they can grow to (1032 times) is the most that waits here. */
const INPUT_PIECE = 1 << 10;

/** Raw deflate (RFC 1951) of bytes. `level` 1..9. */
export function encodeDeflate(
  bytes: Uint8Array,
  level: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9,
): Uint8Array<ArrayBuffer> {
  return deflateSync(bytes, { level }) as Uint8Array<ArrayBuffer>;
}

export class DeflateDecoder implements StreamDecoder {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly input = new InputQueue();
  private readonly inflate: Inflate;
  private readonly piece = new Uint8Array(INPUT_PIECE);
  private waiting: Uint8Array[] = [];
  private front = 0;
  private left: number;
  private ended = false;

  constructor(kernel: KernelInstance<CommonExports>, rawSize: number) {
    this.kernel = kernel;
    this.left = rawSize;
    this.inflate = new Inflate((chunk, final) => {
      if (chunk.length > 0) this.waiting.push(chunk);
      if (final) this.ended = true;
    });
  }

  feed(bytes: Uint8Array, last: boolean): void {
    this.input.feed(bytes, last);
  }

  pull(ptr: number, size: number): number {
    const wanted = Math.min(size, this.left);
    let done = 0;
    while (done < wanted) {
      const chunk = this.waiting[0];
      if (chunk === undefined) {
        if (!this.inflateMore()) break;
        continue;
      }
      const part = chunk.subarray(this.front, this.front + wanted - done);
      this.kernel.write(ptr + done, part);
      done += part.length;
      this.front += part.length;
      if (this.front === chunk.length) {
        this.waiting.shift();
        this.front = 0;
      }
    }
    this.left -= done;
    return done;
  }

  private inflateMore(): boolean {
    if (this.ended) return false;
    const count = this.input.moveTo(this.piece);
    const last = this.input.isEmpty && this.input.isLast;
    if (count === 0 && !last) return false;
    try {
      // fflate keeps what it is given until it is used, so it gets a copy.
      this.inflate.push(this.piece.slice(0, count), last);
    } catch {
      throw badStream('a deflate stream is malformed');
    }
    return true;
  }

  finish(): void {
    while (!this.ended && this.waiting.length === 0 && this.inflateMore()) {}
    if (this.left > 0 || this.waiting.length > 0 || !this.input.isEmpty || !this.ended) {
      throw badStream('a deflate stream has another size than its header says');
    }
  }
}
