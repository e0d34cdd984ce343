/** Grows a byte string from front to back; the twin of `ByteReader`. */
export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  private used = 0;

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  get size(): number {
    return this.used;
  }

  private reserve(size: number): void {
    if (this.used + size <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.used + size));
    grown.set(this.buffer.subarray(0, this.used));
    this.buffer = grown;
  }

  u8(value: number): this {
    this.reserve(1);
    this.buffer[this.used++] = value;
    return this;
  }

  put(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
    return this;
  }

  /** LEB128 of a safe non-negative integer. */
  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`varint: ${value} is out of range`);
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    return this.u8(rest);
  }

  /** What was written. It is not copied where it fills the capacity that was asked for. */
  take(): Uint8Array<ArrayBuffer> {
    return this.used === this.buffer.length ? this.buffer : this.buffer.slice(0, this.used);
  }
}
