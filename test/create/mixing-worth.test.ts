import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/bytes/equal-bytes.js';
import { applyPatchSync, createPatchSync } from '../../src/index.js';
import { SeededRandom } from '../support/seeded-random.js';

const OLD_SIZE = 64 << 10;
const GAP_SIZE = 224 << 10;

/** Records of four fields that go on from one another: much for a model of bytes, little for an lz coder. */
function makeRecords(random: SeededRandom, size: number): Uint8Array {
  const records = new Uint8Array(size);
  for (let at = 0; at < size; at += 4) {
    const first = 16 * random.below(4);
    records.set([first, first ^ random.below(3), random.below(40), first + random.below(5)], at);
  }
  return records;
}

/** Old, and new that is old with something new behind it; the coder of that at the highest effort. */
function coderOfGap(gap: Uint8Array, kept: Uint8Array): string | undefined {
  const next = new Uint8Array(kept.length + gap.length);
  next.set(kept);
  next.set(gap, kept.length);
  const { patch, report } = createPatchSync(kept, next, { effort: 'max' });
  expect(equalBytes(applyPatchSync(kept, patch), next)).toBe(true);
  return report.streams.find(({ name }) => name === 'gapBytes')?.coder;
}

describe('a long gap at the highest effort', () => {
  const random = new SeededRandom(2311);
  const kept = random.bytes(OLD_SIZE);

  it('is mixed where that saves more than it takes to apply', () => {
    expect(coderOfGap(makeRecords(random, GAP_SIZE), kept)).toBe('mix');
  });

  it('is left alone where it was packed', () => {
    expect(coderOfGap(random.bytes(GAP_SIZE), kept)).toBe('stored');
  });

  it('is not mixed for a thousandth of it', () => {
    // Bytes without one bit pattern in 64: all that a model finds is log2(64 / 63) of 8 bits.
    const gap = random.bytes(GAP_SIZE).map((byte) => (byte < 252 ? byte : byte - 128));
    expect(coderOfGap(gap, kept)).not.toBe('mix');
  });
});
