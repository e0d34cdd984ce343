import { beforeEach, describe, expect, it, vi } from 'vitest';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { createPatchSync } from '../../src/create/create-patch.js';
import { SeededRandom } from '../support/seeded-random.js';

const codedSizes = vi.hoisted(() => [] as number[]);

vi.mock('../../src/entropy/encode-stream.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../src/entropy/encode-stream.js')>();
  return {
    ...original,
    encodeStream(...args: Parameters<typeof original.encodeStream>) {
      codedSizes.push(args[1].length);
      return original.encodeStream(...args);
    },
  };
});

/** Bytes that any coder shrinks to an eighth or less. */
function sentences(random: SeededRandom, size: number): Uint8Array {
  const words = ['the ', 'patch ', 'goes ', 'over ', 'a ', 'base ', 'and ', 'back '];
  let text = '';
  while (text.length < size) text += words[random.below(words.length)];
  return new TextEncoder().encode(text.slice(0, size));
}

describe('new coded alone', () => {
  beforeEach(() => {
    codedSizes.length = 0;
  });

  it('is not tried where what no cover reaches is packed and the rest comes from old', () => {
    const random = new SeededRandom(7);
    const kept = sentences(random, 400_000);
    const old = concatBytes(kept, random.bytes(1_200_000));
    const next = concatBytes(kept, random.bytes(1_200_000));
    const { patch, report } = createPatchSync(old, next);
    expect(report.form).toBe('delta');
    expect(patch.length).toBeLessThan(1_200_400);
    expect(codedSizes).not.toContain(next.length);
  });

  it('is tried where the rest does not come from old', () => {
    const random = new SeededRandom(8);
    const kept = sentences(random, 20_000);
    const old = concatBytes(kept, random.bytes(1_200_000));
    const next = concatBytes(kept, sentences(new SeededRandom(9), 400_000), random.bytes(1_200_000));
    const { report } = createPatchSync(old, next);
    expect(codedSizes).toContain(next.length);
    expect(report.patchSize).toBeLessThan(1_290_000);
  });
});
