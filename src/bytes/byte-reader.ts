import { patchError, type Stage } from '../errors/patch-error.js';

const MAX_VARINT_BYTES = 8;

/**
 * Reads a byte string from front to back. Every read checks the bounds and throws
 * `FormatError(TRUNCATED)` with the offset; `done()` refuses bytes that were not read.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly stage: Stage;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, stage: Stage, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.stage = stage;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  private need(size: number, what: string): void {
    if (size > this.remaining) {
      throw patchError(
        'TRUNCATED',
        this.stage,
        `${what} at offset ${this.offset} needs ${size} bytes, ${this.remaining} are left`,
        { offset: this.offset, expected: size, found: this.remaining },
      );
    }
  }

  u8(what: string): number {
    this.need(1, what);
    return this.bytes[this.offset++]!;
  }

  /** View of the next `size` bytes; a copy is the caller's choice. */
  take(size: number, what: string): Uint8Array {
    this.need(size, what);
    const view = this.bytes.subarray(this.offset, this.offset + size);
    this.offset += size;
    return view;
  }

  /** LEB128, at most 8 bytes, at most 2^53 - 1, shortest form only. */
  varint(what: string): number {
    const start = this.offset;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.u8(what);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (i > 0 && byte === 0) break;
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 128;
    }
    throw patchError('BAD_HEADER', this.stage, `${what} at offset ${start} is no valid varint`, {
      offset: start,
    });
  }

  /** Throws `FormatError(TRAILING_BYTES)` unless everything was read. */
  done(what: string): void {
    if (this.remaining !== 0) {
      throw patchError(
        'TRAILING_BYTES',
        this.stage,
        `${what} ends at offset ${this.offset}, but ${this.remaining} bytes follow`,
        { offset: this.offset, found: this.remaining },
      );
    }
  }
}
