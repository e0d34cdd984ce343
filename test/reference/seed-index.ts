/** Plain twin of assembly/match/seed-index.ts: the same table, entry for entry. */

const FIRST = 0x9e3779b97f4a7c15n;
const SECOND = 0xd6e8feb86659fd93n;
const MASK = (1n << 64n) - 1n;

const rotate29 = (x: bigint) => ((x << 29n) | (x >> 35n)) & MASK;

export class SeedIndexReference {
  readonly table: Uint32Array<ArrayBuffer>;
  private readonly old: Uint8Array;
  private readonly bucketCount: number;
  private readonly ways: number;
  private readonly stride: number;
  private readonly seedSize: number;
  private readonly indexMask: number;

  constructor(old: Uint8Array, bucketCount: number, ways: number, stride: number, seedSize: number) {
    this.old = old;
    this.bucketCount = bucketCount;
    this.ways = ways;
    this.stride = stride;
    this.seedSize = seedSize;
    this.table = new Uint32Array(bucketCount * ways);
    const bits = Math.floor(Math.log2(Math.floor(old.length / stride) + 1)) + 1;
    this.indexMask = 2 ** bits - 1;
    for (let offset = 0; offset + seedSize <= old.length; offset += stride) this.add(offset);
  }

  /** Offsets of old that may hold the seed at `at` of `bytes`, the newest first. */
  lookUp(bytes: Uint8Array, at: number): number[] {
    const hash = this.hash(bytes, at);
    const bucket = this.bucketOf(hash);
    return [...this.table.subarray(bucket, bucket + this.ways)]
      .filter((entry) => entry !== 0 && ((entry ^ hash.low) & ~this.indexMask) >>> 0 === 0)
      .map((entry) => ((entry & this.indexMask) - 1) * this.stride);
  }

  private add(offset: number): void {
    const isRun = (i: number) => this.old[offset + i] === this.old[offset + i - this.stride];
    if (offset >= this.stride && [0, 1, 2, 3, 4, 5, 6, 7].every(isRun)) return;
    const hash = this.hash(this.old, offset);
    const bucket = this.bucketOf(hash);
    this.table.copyWithin(bucket + 1, bucket, bucket + this.ways - 1);
    this.table[bucket] = (hash.low & ~this.indexMask) | (offset / this.stride + 1);
  }

  private bucketOf({ high }: { high: number }): number {
    return Number((BigInt(high) * BigInt(this.bucketCount)) >> 32n) * this.ways;
  }

  private hash(bytes: Uint8Array, at: number): { high: number; low: number } {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = view.getBigUint64(at, true);
    const last = view.getBigUint64(at + this.seedSize - 8, true);
    const hash = ((rotate29((first * FIRST) & MASK) ^ last) * SECOND) & MASK;
    return { high: Number(hash >> 32n), low: Number(hash & 0xffffffffn) };
  }
}
