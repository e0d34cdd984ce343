/** Writes the bit streams that `BackwardBits` reads: the lowest bit of a byte first, a set bit behind the last one. */
export class ForwardBits {
  private buffer = new Uint8Array(1 << 12);
  private used = 0;
  private held = 0;
  private heldBits = 0;

  /** The `count` low bits of a number, at most 32. */
  bits(value: number, count: number): void {
    if (count > 16) {
      this.bits(value % 65536, 16);
      this.bits(Math.floor(value / 65536), count - 16);
      return;
    }
    this.held |= value << this.heldBits;
    this.heldBits += count;
    while (this.heldBits >= 8) {
      if (this.used === this.buffer.length) this.grow();
      this.buffer[this.used++] = this.held;
      this.held >>>= 8;
      this.heldBits -= 8;
    }
  }

  /** Marks the end and answers the bytes. */
  finish(): Uint8Array {
    this.bits(1, 1);
    if (this.heldBits > 0) this.bits(0, 8 - this.heldBits);
    return this.buffer.subarray(0, this.used);
  }

  private grow(): void {
    const grown = new Uint8Array(2 * this.buffer.length);
    grown.set(this.buffer);
    this.buffer = grown;
  }
}
