import { patchError } from '../errors/patch-error.js';

/** Output of a decoder, piece by piece; a piece is valid until the next one is asked for. The decoder checks its own end. */
export type Chunks = Generator<Uint8Array, void, void>;

/**
 * Reads the output of a decoder from front to back. Nothing is decoded before it is asked for, so what a stream costs is bounded by what is
 * read of it.
 */
export class ChunkSource {
  private readonly chunks: Chunks;
  private readonly what: string;
  private piece: Uint8Array = new Uint8Array(0);
  private at = 0;
  private hasEnded = false;

  constructor(chunks: Chunks, what: string) {
    this.chunks = chunks;
    this.what = what;
  }

  /** Fills `into`; throws when the stream ends before. */
  fill(into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      if (!this.advance()) {
        throw patchError('TRUNCATED', 'formats', `${this.what} ends too early`, {
          expected: into.length,
          found: done,
        });
      }
      const part = Math.min(this.piece.length - this.at, into.length - done);
      into.set(this.piece.subarray(this.at, this.at + part), done);
      this.at += part;
      done += part;
    }
  }

  /** The next byte. */
  u8(): number {
    if (this.at === this.piece.length && !this.advance()) {
      throw patchError('TRUNCATED', 'formats', `${this.what} ends too early`, { expected: 1, found: 0 });
    }
    return this.piece[this.at++]!;
  }

  /** Whether everything was read; decodes on to the end, so that the decoder checks it. */
  isAtEnd(): boolean {
    return !this.advance();
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.advance()) throw patchError('TRAILING_BYTES', 'formats', `${this.what} holds more than is used`);
  }

  private advance(): boolean {
    while (this.at === this.piece.length) {
      if (this.hasEnded) return false;
      const next = this.chunks.next();
      if (next.done === true) {
        this.hasEnded = true;
        return false;
      }
      this.piece = next.value;
      this.at = 0;
    }
    return true;
  }
}

/** Bytes that are not coded, as a decoder's output. */
export function* plainChunks(bytes: Uint8Array): Chunks {
  if (bytes.length > 0) yield bytes;
}
