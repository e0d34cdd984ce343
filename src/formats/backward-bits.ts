/**
 * Reads a bit stream from its end to its start, as zstd stores them: the highest set bit of the last byte marks the end, bits before it
 * are read as numbers whose lowest bit comes last. Reading beyond the start gives zeros; `left` is then negative.
 */
export class BackwardBits {
  private readonly bytes: Uint8Array;
  /** Bits that were not read yet. */
  left: number;

  /** The stream must not be empty, and its last byte not zero: `isValid` tells. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const last = bytes.at(-1) ?? 0;
    this.left = last === 0 ? -1 : 8 * bytes.length - 1 - Math.clz32(last << 24);
  }

  get isValid(): boolean {
    return this.left >= 0;
  }

  /** Up to 32 bits. */
  bits(count: number): number {
    if (count > 16) {
      const high = this.bits(count - 16);
      return high * 65536 + this.bits(16);
    }
    this.left -= count;
    return this.at(this.left, count);
  }

  /** The next bits, without reading them. */
  peek(count: number): number {
    return this.at(this.left - count, count);
  }

  private at(place: number, count: number): number {
    if (place >= 0) {
      const byte = place >>> 3;
      const { bytes } = this;
      const word = (bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16)) >>> (place & 7);
      return word & ((1 << count) - 1);
    }
    // Some of the bits lie before the start.
    const missing = Math.min(count, -place);
    return missing === count ? 0 : this.at(0, count - missing) << missing;
  }
}
