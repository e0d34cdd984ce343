/** Writes bits from front to back, the highest of a byte first; the twin of `BitInput`. */
export class BitOutput {
  private buffer = new Uint8Array(1 << 16);
  private used = 0;
  private held = 0;
  private heldBits = 0;

  /** The `count` low bits of a number, at most 24. */
  bits(value: number, count: number): void {
    this.held = (this.held << count) | value;
    this.heldBits += count;
    while (this.heldBits >= 8) {
      this.heldBits -= 8;
      if (this.used === this.buffer.length) this.grow();
      this.buffer[this.used++] = this.held >>> this.heldBits;
    }
    this.held &= (1 << this.heldBits) - 1;
  }

  u32(value: number): void {
    this.bits(value >>> 16, 16);
    this.bits(value & 0xffff, 16);
  }

  /** What was written, filled up with zero bits to a whole byte. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.heldBits > 0) this.bits(0, 8 - this.heldBits);
    return this.buffer.slice(0, this.used);
  }

  private grow(): void {
    const grown = new Uint8Array(this.buffer.length * 2);
    grown.set(this.buffer);
    this.buffer = grown;
  }
}
