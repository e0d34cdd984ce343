import { describe, expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { LoadedImages } from '../../src/diff/loaded-images.js';
import { matchAgain } from '../../src/diff/match-images.js';
import { rememberFacts } from '../../src/diff/remember-facts.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import { AddressMapReference } from '../reference/address-map.js';
import { GoTablesReference } from '../reference/go-tables.js';
import { buildGoImage, exampleGoProgram, withInsertedGoFunction } from '../support/go-image-builder.js';
import { imageCase } from '../support/prediction-cases.js';
import { type PredictionCase, runPrediction } from '../support/prediction-run.js';
import { SeededRandom } from '../support/seeded-random.js';

const GO_CLASSES: readonly number[] = [
  REGION_CLASS.GO_OFFSETS,
  REGION_CLASS.GO_RECORDS,
  REGION_CLASS.GO_TREES,
  REGION_CLASS.GO_TYPES,
];

function goCase(seed: number): PredictionCase {
  const program = exampleGoProgram(seed, 150);
  return imageCase(buildGoImage(program), buildGoImage(withInsertedGoFunction(program)));
}

/** The same images, but covers that nobody would choose: short, odd, of anywhere. */
function withWildCovers(pair: PredictionCase, random: SeededRandom): PredictionCase {
  const covers: number[] = [];
  const tables = pair.regions.filter(({ regionClass }) => GO_CLASSES.includes(regionClass));
  const low = Math.min(...tables.map(({ oldStart }) => oldStart));
  const [oldEnd, newEnd] = [pair.old, pair.next].map(({ segments }) => segments[0]!.fileSize) as [
    number,
    number,
  ];
  for (let at = low; at + 300 < newEnd; ) {
    const length = 1 + random.below(300);
    covers.push(at, low + random.below(oldEnd - low - length), length);
    at += length + random.below(20);
  }
  return { ...pair, covers: Uint32Array.from(covers) };
}

function matchTwice({ oldBytes, newBytes, covers }: PredictionCase): Uint32Array {
  const kernel = diffKernels();
  const images = new LoadedImages(kernel, { old: bytesAccess(oldBytes), next: bytesAccess(newBytes) });
  const { oldPtr, oldSize, newPtr, newSize } = images;
  const known = { facts: rememberFacts(images), wordRanges: new Uint32Array(0) };
  const pair = { oldPtr, oldSize, newPtr, newSize, ...known };
  const steps = matchAgain(kernel, images, pair, covers, { effort: 5, image: 'auto' });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe.each([true, false])('SIMD %s', (simd) => {
  const cases: [string, PredictionCase][] = [
    ['a function inserted', goCase(5)],
    ...[1, 2, 3].map((seed): [string, PredictionCase] => [
      `covers of anywhere, seed ${seed}`,
      withWildCovers(goCase(6), new SeededRandom(seed)),
    ]),
  ];
  test.each(cases)('every field is what its twin says: %s', (_, pair) => {
    const run = runPrediction(pair, { simd });
    const { old, next, covers, regions, goRecords } = pair;
    const map = new AddressMapReference(covers, pair.oldBytes.length, old, next);
    const reference = new GoTablesReference(pair.oldBytes, old, next, goRecords!);
    let fields = 0;
    let changed = 0;
    for (let i = 0; i < covers.length; i += 3) {
      const cover = { newOffset: covers[i]!, oldOffset: covers[i + 1]!, length: covers[i + 2]! };
      for (const region of regions.filter(({ regionClass }) => GO_CLASSES.includes(regionClass))) {
        const words = reference.predict(region, cover, map);
        const start = Math.max(region.oldStart, cover.oldOffset);
        const end = Math.min(region.oldEnd, cover.oldOffset + cover.length);
        const delta = cover.newOffset - cover.oldOffset;
        const expected = Int16Array.from(pair.oldBytes.subarray(start, Math.max(start, end)));
        for (const [place, word] of words) {
          for (let byte = 0; byte < 4; byte++) {
            const value = (word >>> (8 * byte)) & 255;
            if (expected[place + byte - delta - start] !== value) changed++;
            expected[place + byte - delta - start] = value;
          }
          fields++;
        }
        const got = run.predicted.subarray(start + delta, start + delta + expected.length);
        expect(got).toEqual(expected);
      }
    }
    expect(fields).toBeGreaterThan(1000);
    expect(changed).toBeGreaterThan(500);
  });
});

test('of the bytes of tables that copying leaves wrong, predicting leaves less than an eighth', () => {
  const first = goCase(9);
  const pair = { ...first, covers: matchTwice(first) };
  const inTables = (predicted: Int16Array): number => {
    let wrong = 0;
    for (const { name, fileOffset, size } of pair.next.sections) {
      if (!['go:functions', 'go:records', 'go:units', '.typelink', '.rodata'].includes(name)) continue;
      for (let at = fileOffset; at < fileOffset + size; at++) {
        if (predicted[at]! >= 0 && predicted[at] !== pair.newBytes[at]) wrong++;
      }
    }
    return wrong;
  };
  const copied = inTables(runPrediction({ ...pair, regions: [] }).predicted);
  expect(copied).toBeGreaterThan(1000);
  expect(inTables(runPrediction(pair).predicted)).toBeLessThan(copied / 8);
});
