import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PatchError } from '../../src/errors/patch-error.js';
import { decodeBzip2 } from '../../src/formats/bzip2-decode.js';
import { findCodeLengths } from '../reference/code-lengths.js';
import { findLeastRotation, sortSuffixes, transformBlock } from '../reference/sort-rotations.js';
import { encodeBzip2 } from '../support/encode-bzip2.js';
import { hasTool } from '../support/installed-tool.js';
import { SeededRandom } from '../support/seeded-random.js';

function decode(bytes: Uint8Array, isLenient = false): Buffer {
  const pieces: Buffer[] = [];
  // A piece is valid until the next one only.
  for (const piece of decodeBzip2(bytes, 'data', isLenient)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Data of every shape that the stages treat apart: runs around 4 and 259, powers of a word, few and many values. */
function samples(seed: number): [name: string, bytes: Uint8Array][] {
  const random = new SeededRandom(seed);
  const few = (count: number, size: number) => Uint8Array.from({ length: size }, () => random.below(count));
  return [
    ['nothing', new Uint8Array(0)],
    ...[1, 2, 3, 4, 5, 49, 50, 51, 258, 259, 260, 263].map(
      (size) => [`a run of ${size}`, new Uint8Array(size).fill(65)] as [string, Uint8Array],
    ),
    ['a word again and again', Uint8Array.from({ length: 999 }, (_, i) => i % 3)],
    ['every value', Uint8Array.from({ length: 1024 }, (_, i) => i & 255)],
    ['two values', few(2, 5000)],
    ['three values', few(3, 20000)],
    ['noise', random.bytes(70000)],
    ['zeros', new Uint8Array(3e6)],
    ['noise of two blocks', random.bytes(1_000_000)],
  ];
}

describe('the twin sorts rotations', () => {
  it.each([1, 2, 3])('agrees with comparing them, seed %d', (seed) => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 200; round++) {
      const block = Uint8Array.from({ length: 1 + random.below(24) }, () =>
        random.below(1 + random.below(4)),
      );
      const turn = (start: number) => Buffer.concat([block.subarray(start), block.subarray(0, start)]);
      const sorted = [...block.keys()].sort((a, b) => Buffer.compare(turn(a), turn(b)));
      const { last, origin } = transformBlock(block);
      expect([...last]).toEqual(sorted.map((start) => turn(start)[block.length - 1]));
      expect(turn(sorted[origin]!)).toEqual(turn(0));
      expect(turn(findLeastRotation(block))).toEqual(turn(sorted[0]!));
    }
  });

  it('sorts suffixes as comparing them does', () => {
    const random = new SeededRandom(9);
    for (let round = 0; round < 200; round++) {
      const text = Uint8Array.from({ length: random.below(40) }, () => random.below(3));
      const sorted = [...text.keys()].sort((a, b) => Buffer.compare(text.subarray(a), text.subarray(b)));
      expect([...sortSuffixes(text, text.length, 255)]).toEqual(sorted);
    }
  });
});

describe('code lengths of the twin', () => {
  it('make a full code within the limit', () => {
    for (const counts of [[1], [1, 1], [0, 0, 5], Array.from({ length: 258 }, (_, i) => 2 ** (i % 30))]) {
      if (counts.length < 2) continue;
      const lengths = findCodeLengths(Uint32Array.from(counts), counts.length, 17);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(17);
      expect(lengths.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1);
    }
  });
});

describe('bzip2', () => {
  it.each(samples(1))('round trip: %s', (_, bytes) => {
    expect(Buffer.compare(decode(encodeBzip2(bytes)), Buffer.from(bytes))).toBe(0);
  });

  it.skipIf(!hasTool('bzip2'))('agrees with bzip2 in both directions', () => {
    for (const [name, bytes] of samples(2)) {
      const options = { maxBuffer: 1 << 27 };
      const back = execFileSync('bzip2', ['-dc'], { ...options, input: encodeBzip2(bytes) });
      expect(Buffer.compare(back, Buffer.from(bytes)), name).toBe(0);
      const theirs = execFileSync('bzip2', ['-1c'], { ...options, input: bytes });
      expect(Buffer.compare(decode(theirs), Buffer.from(bytes)), name).toBe(0);
    }
  });

  it('checks every checksum, and the end', () => {
    const text = 'a patch of a patch of a patch';
    const good = encodeBzip2(new TextEncoder().encode(text));
    let refused = 0;
    for (let bit = 32; bit < (good.length - 1) * 8; bit++) {
      const damaged = good.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      try {
        // Codes that no symbol uses may change without a trace.
        expect(decode(damaged).toString(), `bit ${bit}`).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(PatchError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(8 * good.length * 0.8);
    for (let size = 0; size < good.length; size++)
      expect(() => decode(good.subarray(0, size)), `${size} bytes`).toThrow(PatchError);
    const longer = Uint8Array.from([...good, 0]);
    expect(() => decode(longer)).toThrow(expect.objectContaining({ code: 'TRAILING_BYTES' }));
    expect(decode(longer, true).toString()).toBe(text);
  });
});
