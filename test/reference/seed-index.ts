/** Plain twin of assembly/match/seed-index.ts: the same table, entry for entry. */

const FIRST = 0x9e3779b97f4a7c15n;
const SECOND = 0xd6e8feb86659fd93n;
const MASK = (1n << 64n) - 1n;

const rotate29 = (x: bigint) => ((x << 29n) | (x >> 35n)) & MASK;

export interface IndexShape {
  readonly bucketCount: number;
  readonly ways: number;
  readonly stride: number;
  readonly seedSize: number;
}

export class SeedIndexReference {
  readonly table: Uint32Array<ArrayBuffer>;
  private readonly old: Uint8Array;
  private readonly shape: IndexShape;
  private readonly indexMask: number;

  constructor(old: Uint8Array, shape: IndexShape) {
    this.old = old;
    this.shape = shape;
    this.table = new Uint32Array(shape.bucketCount * shape.ways);
    const bits = Math.floor(Math.log2(Math.floor(old.length / shape.stride) + 1)) + 1;
    this.indexMask = 2 ** bits - 1;
  }

  /** Adds the seeds that start in [from, to). */
  add(from: number, to: number): void {
    const { stride, seedSize, ways } = this.shape;
    for (let offset = Math.ceil(from / stride) * stride; offset < to; offset += stride) {
      if (offset + seedSize > this.old.length) return;
      const hash = this.hash(this.old, offset);
      if (hash === undefined) continue;
      const bucket = this.bucketOf(hash);
      this.table.copyWithin(bucket + 1, bucket, bucket + ways - 1);
      this.table[bucket] = (hash.low & ~this.indexMask) | (offset / stride + 1);
    }
  }

  /** Offsets of old that may hold the seed at `at` of `bytes`, the newest first. */
  lookUp(bytes: Uint8Array, at: number): number[] {
    const hash = this.hash(bytes, at);
    if (hash === undefined) return [];
    const bucket = this.bucketOf(hash);
    return [...this.table.subarray(bucket, bucket + this.shape.ways)]
      .filter((entry) => entry !== 0 && ((entry ^ hash.low) & ~this.indexMask) >>> 0 === 0)
      .map((entry) => ((entry & this.indexMask) - 1) * this.shape.stride);
  }

  private bucketOf({ high }: { high: number }): number {
    return Number((BigInt(high) * BigInt(this.shape.bucketCount)) >> 32n) * this.shape.ways;
  }

  /** Undefined where both words of the seed are equal: that is no seed. */
  private hash(bytes: Uint8Array, at: number): { high: number; low: number } | undefined {
    const { seedSize } = this.shape;
    const wordSize = Math.min(8, seedSize - 1);
    const first = readWord(bytes, at, wordSize);
    const last = readWord(bytes, at + seedSize - wordSize, wordSize);
    if (first === last) return undefined;
    const hash = ((rotate29((first * FIRST) & MASK) ^ last) * SECOND) & MASK;
    return { high: Number(hash >> 32n), low: Number(hash & 0xffffffffn) };
  }
}

function readWord(bytes: Uint8Array, at: number, size: number): bigint {
  let word = 0n;
  for (let i = size - 1; i >= 0; i--) word = (word << 8n) | BigInt(bytes[at + i]!);
  return word;
}
