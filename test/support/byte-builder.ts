/** Grows a byte string of little-endian numbers, front to back, with fields that are set later. */
export class ByteBuilder {
  private buffer = new Uint8Array(1024);
  private view = new DataView(this.buffer.buffer);
  size = 0;

  u8(...values: number[]): this {
    for (const value of values) this.reserve(1).setUint8(this.size++, value);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.reserve(2).setUint16(this.skip(2), value, true);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.reserve(4).setUint32(this.skip(4), value, true);
    return this;
  }

  u32be(...values: number[]): this {
    for (const value of values) this.reserve(4).setUint32(this.skip(4), value);
    return this;
  }

  u64(...values: (number | bigint)[]): this {
    for (const value of values) {
      this.reserve(8).setBigUint64(this.skip(8), BigInt.asUintN(64, BigInt(value)), true);
    }
    return this;
  }

  uleb(value: number): this {
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    return this.u8(rest);
  }

  put(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.skip(bytes.length));
    return this;
  }

  /** Latin letters, then zeros up to `size`; without a size one zero. */
  text(text: string, size = text.length + 1): this {
    return this.put(Uint8Array.from({ length: size }, (_, i) => (i < text.length ? text.charCodeAt(i) : 0)));
  }

  /** Zeros up to a multiple of `align`. */
  align(align: number): this {
    return this.padTo(roundUp(this.size, align));
  }

  padTo(size: number): this {
    if (size < this.size) throw new RangeError(`already ${this.size} bytes, more than ${size}`);
    this.reserve(size - this.size);
    this.size = size;
    return this;
  }

  setU32(offset: number, value: number): this {
    this.view.setUint32(offset, value, true);
    return this;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.size);
  }

  /** Makes room for `count` zero bytes behind the end. */
  private reserve(count: number): DataView {
    if (this.size + count > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.size + count, this.buffer.length * 2));
      grown.set(this.buffer);
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    return this.view;
  }

  private skip(count: number): number {
    this.size += count;
    return this.size - count;
  }
}

export function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
