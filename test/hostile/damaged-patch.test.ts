import { describe, expect, it } from 'vitest';
import { readPatch } from '../../src/container/patch-reader.js';
import { applyPatchSync, createPatchSync, inspectPatch, PatchError } from '../../src/index.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { resealPatch } from '../support/reseal-patch.js';
import { SeededRandom } from '../support/seeded-random.js';

const code = makeCodePair(11, 600);
const text = makeTextPair(12, 60);
const random = new SeededRandom(13);
const unrelated = { oldBytes: random.bytes(64), newBytes: makeTextPair(14, 40).newBytes };

const PATCHES = [
  { name: 'delta of code, lz', ...code, patch: createPatchSync(code.oldBytes, code.newBytes).patch },
  {
    name: 'delta of text, deflate',
    ...text,
    patch: createPatchSync(text.oldBytes, text.newBytes, { effort: 0 }).patch,
  },
  { name: 'stored', ...unrelated, patch: createPatchSync(unrelated.oldBytes, unrelated.newBytes).patch },
  {
    name: 'same',
    oldBytes: code.oldBytes,
    newBytes: code.oldBytes,
    patch: createPatchSync(code.oldBytes, code.oldBytes).patch,
  },
];

/** Applies a damaged patch: a PatchError or the right bytes, never anything else. Answers whether it was refused. */
function refuses(oldBytes: Uint8Array, newBytes: Uint8Array, patch: Uint8Array): boolean {
  let result: Uint8Array;
  try {
    result = applyPatchSync(oldBytes, patch, { maxNewSize: 1 << 20, memoryLimit: 64 << 20 });
  } catch (error) {
    if (error instanceof PatchError && error.name !== 'KernelError') return true;
    throw error;
  }
  expect(Buffer.compare(result, newBytes)).toBe(0);
  return false;
}

describe.each(PATCHES)('a damaged patch ($name)', ({ oldBytes, newBytes, patch }) => {
  it('with any one bit flipped is refused', () => {
    const survivors: number[] = [];
    for (let bit = 0; bit < patch.length * 8; bit++) {
      const damaged = patch.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      if (!refuses(oldBytes, newBytes, damaged)) survivors.push(bit >>> 3);
    }
    // Optional features and declared numbers (window size, memory, dictionary) may change without harm to the bytes.
    expect(new Set(survivors).size).toBeLessThanOrEqual(12);
    expect(Math.max(0, ...survivors)).toBeLessThan(inspectPatch(patch).headerSize);
  });

  it('with any one bit of the body flipped and its digest mended is refused or right', () => {
    const { body } = readPatch(patch);
    for (let bit = 0; bit < body.length * 8; bit++) {
      const damaged = body.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      refuses(oldBytes, newBytes, resealPatch(patch, { body: damaged }));
    }
  });

  it('cut at any length is refused', () => {
    for (let size = 0; size < patch.length; size++) {
      expect(refuses(oldBytes, newBytes, patch.subarray(0, size))).toBe(true);
    }
  });

  it('with bytes behind its end is refused', () => {
    for (const extra of [1, 2, 100]) {
      const longer = new Uint8Array(patch.length + extra);
      longer.set(patch);
      expect(() => applyPatchSync(oldBytes, longer)).toThrow(
        expect.objectContaining({ code: 'TRAILING_BYTES' }),
      );
    }
  });
});

describe('noise', () => {
  it('behind a right magic is refused', () => {
    const noise = new SeededRandom(15);
    for (let i = 0; i < 2000; i++) {
      const patch = noise.bytes(40 + noise.below(200));
      patch.set(PATCHES[0]!.patch.subarray(0, 9 + noise.below(6)));
      expect(refuses(code.oldBytes, code.newBytes, patch)).toBe(true);
    }
  });

  it('in the body, several bytes at once, is refused or right', () => {
    const noise = new SeededRandom(16);
    for (let i = 0; i < 1500; i++) {
      const { patch, oldBytes, newBytes } = PATCHES[i % 3]!;
      const body = readPatch(patch).body.slice();
      for (let n = 1 + noise.below(6); n > 0; n--) body[noise.below(body.length)] = noise.below(256);
      refuses(oldBytes, newBytes, resealPatch(patch, { body }));
    }
  });
});
