import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { CoverSearch, type ImagePair, joinCovers } from '../../src/match/cover-search.js';
import { cutCovers } from '../../src/match/gap-filling.js';
import { matchParameters } from '../../src/match/match-parameters.js';
import { cutRanges, RangeSearch, type ScannedRange } from '../../src/match/range-search.js';
import { editBytes, repetitiveBytes } from '../support/edited-bytes.js';
import { SeededRandom } from '../support/seeded-random.js';

/** The scan alone. */
const parameters = { ...matchParameters(5), gapReach: 0 };
const SIZE = 1_500_000;

function finish<Result>(work: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function load(old: Uint8Array, next: Uint8Array, simd: boolean) {
  const kernel = diffKernels({ simd });
  const pair: ImagePair = {
    oldPtr: kernel.put(old),
    oldSize: old.length,
    newPtr: kernel.put(next),
    newSize: next.length,
  };
  return { kernel, pair };
}

function scanAlone(old: Uint8Array, next: Uint8Array): Uint32Array {
  const { kernel, pair } = load(old, next, true);
  const search = new CoverSearch(kernel, pair, parameters);
  while (!search.step());
  return search.covers();
}

/** As `threads` threads do it, each with an instance of its own; answers too how much of the ranges' own covers was used. */
function scanTogether(old: Uint8Array, next: Uint8Array, threads: number, simd = true) {
  const searches = Array.from({ length: threads }, () => {
    const { kernel, pair } = load(old, next, simd);
    return new RangeSearch(kernel, pair, parameters);
  });
  for (const [part, search] of searches.entries()) finish(search.indexPart(part, threads));
  searches.forEach((search, own) => {
    searches.forEach((other, part) => {
      if (part !== own) search.tablePart(part, threads).bytes.set(other.tablePart(part, threads).bytes);
    });
  });
  const ranges = cutRanges(next.length, threads * 2);
  const scanned = ranges.map(
    ({ start, end }, i): ScannedRange => finish(searches[i % threads]!.scanRange(start, end)),
  );
  const joining = searches[0]!.joinRanges(scanned);
  let steps = 0;
  for (;;) {
    const step = joining.next();
    if (step.done) return { covers: step.value, steps, ranges: ranges.length };
    steps++;
  }
}

/** Covers with filled gaps, as one search finds them and as the ranges of another fill them. */
function fillBoth(old: Uint8Array, next: Uint8Array, scanned: Uint32Array, count: number, simd = true) {
  const whole = matchParameters(5);
  const { kernel, pair } = load(old, next, simd);
  const mark = kernel.mark();
  const alone = new CoverSearch(kernel, pair, whole);
  while (!alone.step());
  kernel.release(mark);
  const search = new RangeSearch(kernel, pair, whole);
  const ranges = cutCovers(scanned, next.length, count);
  // In any order, as threads do them.
  const filled = ranges.toReversed().map((range) => finish(search.fillRange(range)));
  return { alone: alone.covers(), ranges: ranges.length, filled: joinCovers(filled.reverse()) };
}

const random = new SeededRandom(11);
const foreign = random.bytes(SIZE);
const repetitive = repetitiveBytes(random, SIZE);
const periodic = (period: number) => Uint8Array.from({ length: SIZE }, (_, i) => (i % period) * 7);

const PAIRS: readonly (readonly [name: string, old: Uint8Array, next: Uint8Array])[] = [
  ['edited bytes', foreign, editBytes(random, foreign, SIZE)],
  ['edited repetitive bytes', repetitive, editBytes(random, repetitive, SIZE)],
  ['nothing in common', foreign, random.bytes(SIZE)],
  ['equal bytes', foreign, foreign],
  ['a period that differs', periodic(24), periodic(36)],
  ['new shorter than a range', foreign, foreign.subarray(500, 900)],
];

describe.each(PAIRS)('RangeSearch, %s', (_, old, next) => {
  const alone = scanAlone(old, next);
  test.each([1, 2, 3, 5])('finds in %i threads what one scan finds', (threads) => {
    expect(scanTogether(old, next, threads).covers).toEqual(alone);
  });

  test('finds the same with scalar kernels', () => {
    expect(scanTogether(old, next, 2, false).covers).toEqual(alone);
  });

  test.each([1, 4, 9])('fills gaps in %i ranges as in one', (count) => {
    const { alone: whole, filled } = fillBoth(old, next, alone, count, count < 9);
    expect(filled).toEqual(whole);
  });
});

test('ranges of covers are many where gaps are', () => {
  const next = editBytes(random, foreign, SIZE);
  const { filled, ranges } = fillBoth(foreign, next, scanAlone(foreign, next), 5);
  expect(ranges).toBeGreaterThan(1);
  expect(filled.length).toBeGreaterThan(scanAlone(foreign, next).length);
});

test('RangeSearch joins a range where its scan has met the one that arrives, not at its end', () => {
  const { steps, ranges } = scanTogether(foreign, editBytes(random, foreign, SIZE), 2);
  expect(ranges).toBe(4);
  expect(steps).toBe(0);
});

test('cutRanges covers new without a break', () => {
  for (const [size, count] of [
    [0, 3],
    [1, 3],
    [5_000_000, 6],
  ] as const) {
    const ranges = cutRanges(size, count);
    expect(ranges.reduce((at, { start, end }) => (start === at ? end : -1), 0)).toBe(size);
    expect(ranges.length).toBeLessThanOrEqual(count);
  }
});
