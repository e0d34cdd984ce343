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

/**
 * What fflate's `Inflate` keeps to itself and does not tell otherwise: `s.f` = the final block was begun, `s.l` = the code table of a
 * block not yet ended, `s.p` = used bits of the first byte of `p`, `p` = input not yet used. Whatever follows the final block is
 * silently dropped by it, so that only these fields show bytes left over. fflate is pinned to one version, and the tests of
 * left-over bytes fail when the fields mean something else.
 */
interface InflaterFields {
  readonly s: { readonly f?: number; readonly l?: unknown; readonly p?: number };
  readonly p: Uint8Array;
}

/** Input of an inflater that it did not use, and whether the final block has ended. */
function endOf(inflate: Inflate): { hasEnded: boolean; unused: number } {
  const { s, p } = inflate as unknown as InflaterFields;
  return { hasEnded: Boolean(s.f) && !s.l, unused: p.length - (s.p ? 1 : 0) };
}

/** Inflates a raw deflate stream piece by piece; answers where it ended. Throws BAD_STREAM. */
export function* inflateRaw(bytes: Uint8Array, offset: number): Generator<Uint8Array, number, void> {
  let made: Uint8Array[] = [];
  const inflate = new Inflate((chunk) => {
    if (chunk.length > 0) made.push(chunk);
  });
  for (let at = offset; ; ) {
    if (at >= bytes.length) throw badStream('a deflate stream ends too early');
    const piece = bytes.slice(at, at + INPUT_PIECE);
    try {
      inflate.push(piece);
    } catch {
      throw badStream('a deflate stream is malformed');
    }
    at += piece.length;
    yield* made;
    made = [];
    const { hasEnded, unused } = endOf(inflate);
    if (hasEnded) return at - unused;
  }
}

export class DeflateDecoder implements StreamDecoder {
  private readonly kernel: KernelInstance<CommonExports>;
  private readonly input = new InputQueue();
  private readonly inflate: Inflate;
  private readonly piece = new Uint8Array(INPUT_PIECE);
  private waiting: Uint8Array[] = [];
  private front = 0;
  private left: number;

  constructor(kernel: KernelInstance<CommonExports>, rawSize: number) {
    this.kernel = kernel;
    this.left = rawSize;
    this.inflate = new Inflate((chunk) => {
      if (chunk.length > 0) this.waiting.push(chunk);
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

  /** Inflates one piece of input; false when there is none or the final block has ended. */
  private inflateMore(): boolean {
    if (this.hasEnded()) return false;
    const count = this.input.moveTo(this.piece);
    if (count === 0) return false;
    try {
      // fflate keeps what it is given until it is used, so it gets a copy. It is never told that a piece is the last one:
      // then it could not say whether the final block has ended.
      this.inflate.push(this.piece.slice(0, count));
    } catch {
      throw badStream('a deflate stream is malformed');
    }
    return true;
  }

  private hasEnded(): boolean {
    return endOf(this.inflate).hasEnded;
  }

  finish(): void {
    // Raw bytes may all be there before the end of the final block was read.
    while (this.waiting.length === 0 && this.inflateMore()) {}
    if (this.left > 0 || this.waiting.length > 0 || !this.hasEnded()) {
      throw badStream('a deflate stream has another size than its header says');
    }
    if (!this.input.isEmpty || endOf(this.inflate).unused > 0) {
      throw badStream('bytes follow the end of a deflate stream');
    }
  }
}
