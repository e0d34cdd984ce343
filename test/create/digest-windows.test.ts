import { describe, expect, it } from 'vitest';
import { digestedWindowCount } from '../../src/container/patch-header.js';
import type { CodedStreamBytes } from '../../src/container/patch-writer.js';
import { chooseWindowSize } from '../../src/create/digest-windows.js';
import { applyPatchSync, createPatchSync, inspectPatch } from '../../src/index.js';

const MIB = 2 ** 20;

function streamOf(size: number): CodedStreamBytes {
  const bytes = new Uint8Array(size);
  return { name: 'values', kinds: 1, coder: 2, parameters: new Uint8Array(2), rawSize: size * 2, bytes };
}

describe('windows', () => {
  it('are 8 MiB where the streams are long, one up to 16 MiB', () => {
    expect(chooseWindowSize(92 * MIB, [streamOf(100_000)])).toBe(23);
    expect(chooseWindowSize(16 * MIB + 1, [streamOf(100_000)])).toBe(23);
    expect(chooseWindowSize(16 * MIB, [streamOf(100_000)])).toBe(24);
    expect(chooseWindowSize(16 * MIB, [])).toBe(24);
  });

  it('grow to 32 MiB while their digests are more than a quarter of the patch', () => {
    expect(chooseWindowSize(92 * MIB, [streamOf(100)])).toBe(25);
    // Never beyond what readers take by default.
    expect(chooseWindowSize(1000 * MIB, [])).toBe(25);
    const sizes = Array.from({ length: 600 }, (_, size) => chooseWindowSize(92 * MIB, [streamOf(size)]));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(new Set(sizes)).toEqual(new Set([25, 24, 23]));
    // The other three quarters of a patch with 11 digests of 16 bytes: streams, their entries and 110 bytes.
    expect(digestedWindowCount(92 * MIB, 23)).toBe(11);
    expect(sizes.indexOf(23)).toBe(3 * 11 * 16 - 110 - 12);
  });

  it('of a small patch of a large image are found in it, and checked', () => {
    const oldBytes = new Uint8Array(33 * MIB);
    for (let at = 0; at < oldBytes.length; at += 4096) oldBytes[at] = at >> 12;
    const newBytes = oldBytes.slice();
    newBytes[20 * MIB]! ^= 1;
    const { patch, report } = createPatchSync(oldBytes, newBytes, { effort: 'fast', image: 'raw' });
    expect(inspectPatch(patch)).toMatchObject({ windowSize: 16 * MIB, patchSize: report.patchSize });
    expect(inspectPatch(patch).windowDigests).toHaveLength(2);
    expect(Buffer.compare(applyPatchSync(oldBytes, patch), newBytes)).toBe(0);
  });
});

describe('the patch of equal images', () => {
  const image = new Uint8Array(12_345).fill(7);

  it('has no field of new, and its report tells its size', () => {
    const { patch, report } = createPatchSync(image, image);
    expect(patch).toHaveLength(51);
    expect(report.patchSize).toBe(51);
    const { oldDigest, newDigest, windowSize, newSize } = inspectPatch(patch);
    expect({ newDigest, windowSize, newSize }).toEqual({
      newDigest: oldDigest,
      windowSize: 0,
      newSize: 12_345,
    });
    expect(applyPatchSync(image, patch)).toEqual(image);
  });
});
