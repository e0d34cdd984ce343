import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { createSha256, type DigestOptions, sha256 } from '../../src/digest/digest.js';
import { sha256Many } from '../../src/digest/digest-many.js';
import { SHA256_VECTORS } from '../reference/sha256-vectors.js';
import { SeededRandom } from '../support/seeded-random.js';

const random = new SeededRandom(7);
const BYTES = random.bytes(200_000);
const opensslHex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const SOURCES: readonly DigestOptions[] = [
  {},
  { source: 'node' },
  { source: 'kernel', simd: false },
  { source: 'kernel', simd: true },
  { source: 'noble' },
];

describe.each(SOURCES)('sha256 %o', (options) => {
  test.each(SHA256_VECTORS)('$name', ({ message, digest }) => {
    expect(toHex(sha256(message, options))).toBe(digest);
  });

  test('bytes in pieces round the tile of 64 KiB', () => {
    for (const size of [1, 63, 65535, 65536, 65537, 131072, 131073]) {
      const hasher = createSha256(options);
      expect(hasher.update(BYTES.subarray(0, size))).toBe(hasher);
      hasher.update(new Uint8Array(0)).update(BYTES.subarray(size));
      expect(toHex(hasher.digest()), `split at ${size}`).toBe(opensslHex(BYTES));
    }
  });

  test('a digest is 32 bytes in memory of its own', () => {
    const digest = sha256(BYTES, options);
    expect(digest.length).toBe(32);
    expect(digest.buffer.byteLength).toBe(32);
    expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
  });

  test('hashers do not disturb one another', () => {
    const [one, two] = [createSha256(options), createSha256(options)];
    one.update(BYTES.subarray(0, 70));
    two.update(BYTES.subarray(100, 300));
    one.update(BYTES.subarray(70, 90));
    expect(toHex(two.digest())).toBe(opensslHex(BYTES.subarray(100, 300)));
    expect(toHex(one.digest())).toBe(opensslHex(BYTES.subarray(0, 90)));
  });

  test('a used up hasher and wrong arguments are refused', () => {
    const hasher = createSha256(options);
    hasher.digest();
    expect(() => hasher.update(BYTES)).toThrow(TypeError);
    expect(() => hasher.digest()).toThrow(TypeError);
    expect(() => createSha256(options).update('abc' as never)).toThrow(/bytes: expected a Uint8Array/);
    expect(() => sha256Many([BYTES, [1] as never], options)).toThrow(/messages\[1\]/);
  });

  test('many messages of different lengths come back in their order', () => {
    const lengths = [0, 1, 63, 64, 65, 127, 128, 16383, 16384, 16385, 40_000, 65536, 65537, 100_000, 130_001];
    for (let count = 0; count <= 9; count++) {
      const messages = Array.from({ length: count }, () => {
        const size = lengths[random.below(lengths.length)]!;
        return BYTES.subarray(random.below(1000)).subarray(0, size);
      });
      expect(sha256Many(messages, options).map(toHex), `${count} messages`).toEqual(messages.map(opensslHex));
    }
    const all = lengths.map((size) => BYTES.subarray(1, 1 + size));
    expect(sha256Many(all, options).map(toHex)).toEqual(all.map(opensslHex));
  });

  test('many messages of one length, and many of few bytes', () => {
    const equal = [...Array(11).keys()].map((i) => BYTES.subarray(i * 5000, i * 5000 + 20_000));
    expect(sha256Many(equal, options).map(toHex)).toEqual(equal.map(opensslHex));
    const short = [...Array(100).keys()].map((i) => BYTES.subarray(i, 2 * i));
    expect(sha256Many(short, options).map(toHex)).toEqual(short.map(opensslHex));
  });
});
