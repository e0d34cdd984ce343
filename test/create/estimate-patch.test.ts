import { describe, expect, it } from 'vitest';
import { createPatchSync, estimatePatch, estimatePatchSync } from '../../src/index.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { makeCodePair, makeTextPair, type Pair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';
import { insertFunction } from '../support/vector-set.js';

function noise(seed: number, size: number): Uint8Array {
  const random = new SeededRandom(seed);
  return Uint8Array.from({ length: size }, () => random.below(256));
}

const built = BUILT_IMAGES[0]!.build;
const PAIRS: readonly (readonly [string, { oldBytes: Uint8Array; newBytes: Uint8Array }])[] = [
  ['code', makeCodePair(3, 60_000)],
  ['text', makeTextPair(4, 6000)],
  ['text from nothing', { oldBytes: new Uint8Array(5), newBytes: makeTextPair(4, 6000).newBytes }],
  [
    'an image',
    {
      oldBytes: built(exampleProgram(61, 400)).bytes,
      newBytes: built(insertFunction(exampleProgram(61, 400))).bytes,
    },
  ],
  ['noise', { oldBytes: noise(1, 300_000), newBytes: noise(2, 300_000) }],
];

describe.each(PAIRS)('the estimate of %s', (_, { oldBytes, newBytes }) => {
  it.each(['fast', 'default', 'max'] as const)('is within 10 %% of the patch, effort %s', (effort) => {
    const estimate = estimatePatchSync(oldBytes, newBytes, { effort });
    const { patch, report } = createPatchSync(oldBytes, newBytes, { effort, verify: false });
    expect(estimate.form).toBe(report.form);
    expect(Math.abs(estimate.patchSize / patch.length - 1)).toBeLessThan(0.1);
  });
});

describe('estimatePatch', () => {
  const pair: Pair = makeTextPair(9, 300);

  it('is exact for equal images', async () => {
    const { oldBytes } = pair;
    const estimate = await estimatePatch(oldBytes, oldBytes);
    expect(estimate).toMatchObject({ form: 'same', gapBytes: 0 });
    expect(estimate.patchSize).toBe(createPatchSync(oldBytes, oldBytes).patch.length);
  });

  it('refuses what createPatch refuses', async () => {
    await expect(estimatePatch('no' as never, pair.newBytes)).rejects.toThrow(TypeError);
    const options = { effort: 12 as never };
    await expect(estimatePatch(pair.oldBytes, pair.newBytes, options)).rejects.toThrow(RangeError);
  });
});
