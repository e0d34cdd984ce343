import { patchError } from '../errors/patch-error.js';

/** Reads bits from front to back, the highest of a byte first, as bzip2 stores them. */
export class BitInput {
  private readonly bytes: Uint8Array;
  private at: number;
  private held = 0;
  private heldBits = 0;
  private readonly what: string;

  constructor(bytes: Uint8Array, offset: number, what: string) {
    this.bytes = bytes;
    this.at = offset;
    this.what = what;
  }

  /** 0 to 24 bits as a number. */
  bits(count: number): number {
    while (this.heldBits < count) {
      if (this.at >= this.bytes.length) {
        throw patchError('TRUNCATED', 'formats', `${this.what}: bzip2 data ends too early`, {
          offset: this.at,
        });
      }
      this.held = ((this.held << 8) | this.bytes[this.at++]!) >>> 0;
      this.heldBits += 8;
    }
    this.heldBits -= count;
    const value = this.held >>> this.heldBits;
    this.held = this.heldBits === 0 ? 0 : this.held & ((1 << this.heldBits) - 1);
    return value;
  }

  /** 32 bits, unsigned. */
  u32(): number {
    return this.bits(16) * 65536 + this.bits(16);
  }

  /** Offset of the byte behind the last one that was begun; the rest of that byte is left out. */
  get byteOffset(): number {
    return this.at - (this.heldBits >>> 3);
  }
}
