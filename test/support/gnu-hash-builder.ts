import { ByteBuilder } from './byte-builder.js';

const SYMBOL_OFFSET = 1;
const SHIFT = 6;

/** Names in the order that .gnu.hash wants of the symbols behind the first: by bucket. */
export function orderForHash(names: readonly string[]): string[] {
  const count = bucketCount(names.length);
  const keyed = names.map((name, i) => ({ name, bucket: hashName(name) % count, i }));
  return keyed.sort((a, b) => a.bucket - b.bucket || a.i - b.i).map(({ name }) => name);
}

/** ELF's .gnu.hash of names in that order: header, Bloom filter of one word, buckets, chains. */
export function buildGnuHash(names: readonly string[]): Uint8Array {
  const count = bucketCount(names.length);
  const hashes = names.map(hashName);
  let bloom = 0n;
  for (const hash of hashes) bloom |= (1n << BigInt(hash % 64)) | (1n << BigInt((hash >>> SHIFT) % 64));
  const out = new ByteBuilder().u32(count, SYMBOL_OFFSET, 1, SHIFT).u64(bloom);
  for (let bucket = 0; bucket < count; bucket++) {
    const first = hashes.findIndex((hash) => hash % count === bucket);
    out.u32(first < 0 ? 0 : first + SYMBOL_OFFSET);
  }
  hashes.forEach((hash, i) => {
    const isLast = i + 1 === hashes.length || hashes[i + 1]! % count !== hash % count;
    out.u32(((hash & ~1) | (isLast ? 1 : 0)) >>> 0);
  });
  return out.bytes();
}

function bucketCount(names: number): number {
  return Math.max(1, Math.ceil(names / 4));
}

/** Bernstein's hash: h = 33 h + c from 5381 on. */
function hashName(name: string): number {
  let hash = 5381;
  for (const letter of name) hash = (Math.imul(hash, 33) + letter.charCodeAt(0)) >>> 0;
  return hash;
}
