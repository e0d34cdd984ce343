/**
 * Plain twin of assembly/entropy/{binary-coder,adaptive-bit,exp-golomb,uniform-number}.ts: an interval coder of bits, a
 * writer and a reader in one, and the numbers built from it. Written for reading: it is the coder that docs/FORMAT.md
 * describes.
 */

/** A counter: probability of a 1 in 1/2^18, and how often it was used. */
export interface Counter {
  p: number;
  uses: number;
}

const HALF_OF_18 = 131072;
const USE_LIMIT = 30;

export function freshCounter(): Counter {
  return { p: HALF_OF_18, uses: 0 };
}

export function freshCounters(count: number): Counter[] {
  return Array.from({ length: count }, freshCounter);
}

/** Moves by 1 / (uses + 1.6) of the way to 0 or to the greatest p. */
export function updateCounter(counter: Counter, bit: number): void {
  const rate = Math.floor(81920 / (counter.uses * 10 + 16));
  const target = bit ? 262143 : 0;
  counter.p += Math.trunc(((target - counter.p) * rate) / 8192);
  if (counter.uses < USE_LIMIT) counter.uses++;
}

export class BitCoder {
  /** Bytes written; only of a writer. */
  readonly written: number[] = [];
  private readonly source: Uint8Array | undefined;
  private low = 0;
  private high = 0xffffffff;
  private code = 0;
  private read = 0;

  /** Without a source a writer, else a reader. */
  constructor(source?: Uint8Array) {
    this.source = source;
    if (source) for (let i = 0; i < 4; i++) this.code = this.code * 256 + this.nextByte();
  }

  /** Whether bytes behind the end were needed. */
  get overran(): boolean {
    return this.source !== undefined && this.read >= this.source.length + 4;
  }

  private nextByte(): number {
    return this.source![this.read++] ?? 0;
  }

  codeBit(bit: number, p: number): number {
    const middle = this.low + Math.floor(((this.high - this.low) * p) / 65536);
    const coded = this.source ? (this.code <= middle ? 1 : 0) : bit;
    if (coded) this.high = middle;
    else this.low = middle + 1;
    while (Math.floor(this.low / 2 ** 24) === Math.floor(this.high / 2 ** 24)) {
      if (this.source) this.code = (this.code % 2 ** 24) * 256 + this.nextByte();
      else this.written.push(Math.floor(this.high / 2 ** 24));
      this.low = (this.low % 2 ** 24) * 256;
      this.high = (this.high % 2 ** 24) * 256 + 255;
    }
    return coded;
  }

  codeCounted(bit: number, counter: Counter): number {
    const p = Math.min(65512, Math.max(24, Math.floor(counter.p / 4)));
    const coded = this.codeBit(bit, p);
    updateCounter(counter, coded);
    return coded;
  }

  /** The ending: the top byte of `high`, which followed by zeros lies inside the interval. */
  private get ending(): number {
    return Math.floor(this.high / 2 ** 24);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from([...this.written, this.ending]);
  }

  /** Whether a reader stands exactly at the end that a writer would have written. */
  get finished(): boolean {
    return this.read === this.source!.length + 3 && this.source!.at(-1) === this.ending;
  }

  /** Adaptive exp-Golomb. `model`: 32 counters of the length, 8 of the upper bits for each length. */
  codeNumber(value: number, model: readonly Counter[]): number {
    const digits = (value + 1).toString(2).slice(1);
    let size = 0;
    while (size < 31 && this.codeCounted(size < digits.length ? 1 : 0, model[size]!)) size++;
    let result = 1;
    for (let i = 0; i < size; i++) {
      const bit = Number(digits[i] ?? 0);
      const coded = i < 3 ? this.codeCounted(bit, model[32 + 8 * size + result]!) : this.codeBit(bit, 32768);
      result = result * 2 + coded;
    }
    return result - 1;
  }

  /** Uniform over 0 .. count - 1: each bit has the share of the values that are left. */
  codeUniform(value: number, count: number): number {
    let from = 0;
    for (let left = count > 1 ? (count - 1).toString(2).length : 0; left > 0; left--) {
      const half = 2 ** (left - 1);
      const zeros = Math.min(half, count - from);
      const ones = Math.max(0, Math.min(half, count - from - half));
      if (ones === 0) continue;
      const p = zeros === ones ? 32768 : Math.max(1, Math.floor((ones * 65536) / (zeros + ones)));
      if (this.codeBit(value >= from + half ? 1 : 0, p)) from += half;
    }
    return from;
  }
}
