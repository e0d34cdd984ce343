/** Repeatable random numbers (xorshift32) for tests; the seed belongs into the name of the test that uses them. */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b9) | 1;
  }

  u32(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }

  /** Uniform in 0 .. count - 1. */
  below(count: number): number {
    return Math.floor((this.u32() / 4294967296) * count);
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  /** Spread over all magnitudes up to 2^bits. */
  skewed(bits: number): number {
    return Math.floor(2 ** (this.below(bits * 16) / 16));
  }

  bytes(size: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: size }, () => this.u32() & 255);
  }
}
