import type { LzParameters } from '../../src/entropy/codec.js';

/**
 * The lz coder's decoder in plain steps, after docs/FORMAT.md: the slow twin of assembly/entropy/lz-decoder.ts. Input
 * that ends early is padded with zeros, as the encoder leaves them away. Throws when the stream is bad.
 */
export function decodeLzPlainly(
  coded: Uint8Array,
  rawSize: number,
  { lc, lp, pb, dictionaryLog2 }: LzParameters,
): Uint8Array {
  const history = Math.min(2 ** dictionaryLog2, Math.max(4096, rawSize));
  const reader = new RangeReader(coded);
  const out: number[] = [];
  const probabilities = new Map<string, number>();
  const bit = (name: string): number => {
    const p = probabilities.get(name) ?? 1024;
    const value = reader.bit(p);
    probabilities.set(name, value ? p - (p >> 5) : p + ((2048 - p) >> 5));
    return value;
  };
  const tree = (name: string, bits: number): number => {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node * 2 + bit(`${name}/${node}`);
    return node - 2 ** bits;
  };
  const reverseTree = (name: string, bits: number): number => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const next = bit(`${name}/${node}`);
      node = node * 2 + next;
      value += next * 2 ** i;
    }
    return value;
  };
  const length = (name: string, posState: number): number => {
    if (bit(`${name} choice`) === 0) return 2 + tree(`${name} low ${posState}`, 3);
    if (bit(`${name} choice 2`) === 0) return 10 + tree(`${name} mid ${posState}`, 3);
    return 18 + tree(`${name} high`, 8);
  };
  const distance = (matchLength: number): number => {
    const slot = tree(`slot ${Math.min(matchLength - 2, 3)}`, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 + (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + reverseTree(`special ${slot}`, bits);
    return base + reader.direct(bits - 4) * 16 + reverseTree('align', 4);
  };

  let state = 0;
  let reps = [0, 0, 0, 0];
  const back = (d: number) => out[out.length - d - 1]!;
  const checkDistance = (d: number) => {
    if (d >= Math.min(out.length, history)) throw new Error(`distance ${d} at ${out.length}`);
  };
  while (out.length < rawSize) {
    const posState = out.length % 2 ** pb;
    if (bit(`match ${state} ${posState}`) === 0) {
      const previous = out.at(-1) ?? 0;
      const context = (out.length % 2 ** lp) * 2 ** lc + (previous >> (8 - lc));
      let node = 1;
      let match = state < 7 ? -1 : back(reps[0]!);
      while (node < 256) {
        const expected = match < 0 ? -1 : (match >> 7) & 1;
        const next = bit(`literal ${context} ${expected} ${node}`);
        match = expected === next ? (match << 1) & 255 : -1;
        node = node * 2 + next;
      }
      out.push(node - 256);
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let count: number;
    if (bit(`rep ${state}`) === 0) {
      count = length('length', posState);
      reps = [distance(count), ...reps.slice(0, 3)];
      state = state < 7 ? 7 : 10;
    } else {
      if (bit(`rep0 ${state}`) === 0) {
        if (bit(`rep0 long ${state} ${posState}`) === 0) {
          checkDistance(reps[0]!);
          out.push(back(reps[0]!));
          state = state < 7 ? 9 : 11;
          continue;
        }
      } else {
        const index = bit(`rep1 ${state}`) === 0 ? 1 : 2 + bit(`rep2 ${state}`);
        const [chosen] = reps.splice(index, 1);
        reps.unshift(chosen!);
      }
      count = length('rep length', posState);
      state = state < 7 ? 8 : 11;
    }
    checkDistance(reps[0]!);
    if (out.length + count > rawSize) throw new Error('a match is cut by the end');
    for (let i = 0; i < count; i++) out.push(back(reps[0]!));
  }
  reader.finish();
  return Uint8Array.from(out);
}

/** Range decoder over 32-bit numbers kept as safe integers. */
class RangeReader {
  private range = 2 ** 32 - 1;
  private code = 0;
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    for (let i = 0; i < 4; i++) this.code = this.code * 256 + this.next();
  }

  private next(): number {
    return this.bytes[this.at++] ?? 0;
  }

  private normalize(): void {
    if (this.range >= 2 ** 24) return;
    this.range *= 256;
    this.code = this.code * 256 + this.next();
  }

  bit(p: number): number {
    this.normalize();
    const bound = Math.floor(this.range / 2048) * p;
    if (this.code < bound) {
      this.range = bound;
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    return 1;
  }

  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.normalize();
      this.range = Math.floor(this.range / 2);
      const bit = this.code >= this.range ? 1 : 0;
      this.code -= bit * this.range;
      value = value * 2 + bit;
    }
    return value;
  }

  /** Throws unless every byte was used, at most four zeros made up, and the number lies in the last interval. */
  finish(): void {
    this.normalize();
    if (this.at < this.bytes.length) throw new Error('bytes are left over');
    if (this.at > this.bytes.length + 4) throw new Error('the stream ends early');
    if (this.code >= this.range) throw new Error('the number lies outside the interval');
  }
}
