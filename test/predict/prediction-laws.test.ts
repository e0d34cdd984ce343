import { describe, expect, test } from 'vitest';
import { REFERENCE_KINDS } from '../../src/predict/reference-kinds.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { buildGoImage, exampleGoProgram, withInsertedGoFunction } from '../support/go-image-builder.js';
import { imageCase, wildCase } from '../support/prediction-cases.js';
import { type PredictionCase, runPrediction } from '../support/prediction-run.js';
import { withInsertedFunction } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';

const SEED = 21;
const PLAIN = REFERENCE_KINDS.indexOf('PLAIN');
const CODE = REFERENCE_KINDS.indexOf('CODE');
const UNCOVERED = 255;
const PAIRS: readonly (readonly [string, () => PredictionCase])[] = [
  ...BUILT_IMAGES.map(({ name, build }) => {
    const program = exampleProgram(SEED, 90, 300);
    const changed = withInsertedFunction(program, new SeededRandom(SEED));
    return [name, () => imageCase(build(program).bytes, build(changed).bytes)] as const;
  }),
  [
    "Go's tables",
    () => {
      const program = exampleGoProgram(SEED, 120);
      return imageCase(buildGoImage(program), buildGoImage(withInsertedGoFunction(program)));
    },
  ],
  ...[1, 2, 3, 4, 5, 6].map(
    (seed) => [`wild bytes, seed ${seed}`, () => wildCase(new SeededRandom(seed), 20_000)] as const,
  ),
];

describe.each(PAIRS)('%s', (_, make) => {
  const pair = make();
  const reference = runPrediction(pair);

  test('causality: a decoder, which has not seen what is to come, predicts what an encoder does', () => {
    expect(runPrediction(pair, { future: 'noise' })).toEqual(reference);
  });

  test('determinism: scalar kernels predict what SIMD kernels do', () => {
    expect(runPrediction(pair, { simd: false })).toEqual(runPrediction(pair, { simd: true }));
  });

  test('determinism: only the block and its margins of old are looked at', () => {
    expect(runPrediction(pair, { tile: 65536 })).toEqual(reference);
  });

  test('causality: what is said about a block does not depend on what follows it', () => {
    const cut = Math.floor(pair.newBytes.length / 128) * 64;
    const newBytes = Uint8Array.from(pair.newBytes);
    newBytes.set(new SeededRandom(5).bytes(newBytes.length - cut), cut);
    const other = runPrediction({ ...pair, newBytes });
    expect(other.predicted.subarray(0, cut)).toEqual(reference.predicted.subarray(0, cut));
    expect(other.kinds.subarray(0, cut)).toEqual(reference.kinds.subarray(0, cut));
    expect(other.hows.subarray(0, cut)).toEqual(reference.hows.subarray(0, cut));
  });
});

/** Wrong bytes of units that were said to be references: as predicted, and as old has them. */
function wrongReferences(pair: PredictionCase): { predicted: number; copied: number } {
  const run = runPrediction(pair);
  const copy = runPrediction({ ...pair, regions: [] });
  const isReference = (kind: number): boolean => kind !== PLAIN && kind !== CODE && kind !== UNCOVERED;
  let predicted = 0;
  let copied = 0;
  pair.newBytes.forEach((byte, at) => {
    if (!isReference(run.kinds[at]!)) return;
    if (run.predicted[at] !== byte) predicted++;
    if (copy.predicted[at] !== byte) copied++;
  });
  return { predicted, copied };
}

// Formats 3 to 5 have pointers of four bytes, which are copied.
const PREDICTED = BUILT_IMAGES.filter(({ name }) => !/format [345]$/.test(name));

test.each(PREDICTED.map((image) => [image.name, image] as const))(
  'of the wrong bytes of copied references, predicting leaves less than a quarter: %s',
  (_, { build }) => {
    const program = exampleProgram(SEED, 90, 300);
    const changed = withInsertedFunction(program, new SeededRandom(SEED));
    const { predicted, copied } = wrongReferences(imageCase(build(program).bytes, build(changed).bytes));
    expect(copied).toBeGreaterThan(100);
    expect(predicted).toBeLessThan(copied / 4);
  },
);
