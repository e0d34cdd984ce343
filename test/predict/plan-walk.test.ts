import { describe, expect, test } from 'vitest';
import { type OffsetRange, PlanWalk, type WalkPlan } from '../../src/predict/plan-walk.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import type { Region } from '../../src/predict/regions.js';
import { SeededRandom } from '../support/seeded-random.js';

const BASE = 0x1000;

function region(oldStart: number, oldEnd: number, regionClass: Region['regionClass']): Region {
  return { oldStart, oldEnd, regionClass, addressDelta: 0x100 };
}

function plan(fields: Partial<WalkPlan> & { readonly segments?: readonly OffsetRange[] }): WalkPlan {
  return {
    covers: Uint32Array.of(100, 50, 200, 400, 0, 100),
    newSize: 600,
    regions: [region(80, 120, REGION_CLASS.ARM64_CODE), region(120, 200, REGION_CLASS.ELF_POINTERS)],
    holes: [],
    elements: [
      {
        oldRange: { start: 0, end: 600 },
        newRange: { start: 0, end: 600 },
        install: () => {},
        next: {
          kind: 'elf',
          arch: 'arm64',
          base: BASE,
          segments: (fields.segments ?? [{ start: 0, end: 600 }]).map(({ start, end }) => ({
            name: '',
            address: BASE + 0x2000 + start,
            memorySize: end - start,
            fileOffset: start,
            fileSize: end - start,
          })),
          sections: [
            {
              name: '.text',
              address: BASE + 0x2000 + 320,
              size: 40,
              fileOffset: 320,
              executable: true,
              zeroFill: false,
            },
          ],
        },
      },
    ],
    ...fields,
  };
}

function spansOf(one: WalkPlan) {
  const walk = new PlanWalk(one);
  const spans: string[] = [];
  while (walk.next()) {
    const detail =
      walk.kind === 'cover'
        ? `class ${walk.regionClass}`
        : walk.kind === 'gap' && walk.executable
          ? 'code'
          : '';
    spans.push(`${walk.kind} ${walk.newStart}-${walk.newEnd} ${detail}`.trim());
  }
  return spans;
}

test('cuts covers by regions of old, and gaps by code of new', () => {
  expect(spansOf(plan({}))).toEqual([
    'gap 0-100',
    'cover 100-130 class 0',
    'cover 130-170 class 1',
    'cover 170-250 class 3',
    'cover 250-300 class 0',
    'gap 300-320',
    'gap 320-360 code',
    'gap 360-400',
    'cover 400-480 class 0',
    'cover 480-500 class 1',
    'gap 500-600',
  ]);
});

test('cuts regions where segments of new end; code outside them is raw, pointers are not', () => {
  const segments = [
    { start: 140, end: 160 },
    { start: 200, end: 300 },
  ];
  expect(spansOf(plan({ segments })).slice(1, 8)).toEqual([
    'cover 100-130 class 0',
    'cover 130-140 class 0',
    'cover 140-160 class 1',
    'cover 160-170 class 0',
    'cover 170-200 class 3',
    'cover 200-250 class 3',
    'cover 250-300 class 0',
  ]);
});

test('leaves holes out of covers and gaps', () => {
  const holes = [
    { start: 90, end: 110 },
    { start: 150, end: 155 },
    { start: 590, end: 600 },
  ];
  const spans = spansOf(plan({ holes }));
  expect(spans.slice(0, 7)).toEqual([
    'gap 0-90',
    'hole 90-100',
    'hole 100-110',
    'cover 110-130 class 0',
    'cover 130-150 class 1',
    'hole 150-155',
    'cover 155-170 class 1',
  ]);
  expect(spans.at(-1)).toBe('hole 590-600');
});

test('says what follows in old: the place of a cover, behind the last cover in a gap', () => {
  const walk = new PlanWalk(plan({}));
  const hints: number[] = [];
  while (walk.next()) hints.push(walk.oldHint);
  expect(hints).toEqual([0, 50, 80, 120, 200, 250, 270, 310, 0, 80, 100]);
});

test('has addresses relative to the bases', () => {
  const walk = new PlanWalk(plan({}));
  while (walk.next() && walk.regionClass !== REGION_CLASS.ARM64_CODE);
  expect([walk.oldAddressDelta, walk.newAddressDelta]).toEqual([0x100, 0x2000]);
});

describe('random plans', () => {
  test.each([1, 2, 3, 4])('are walked from the first byte to the last without overlap, seed %d', (seed) => {
    const random = new SeededRandom(seed);
    const ranges = (count: number, size: number): OffsetRange[] =>
      Array.from({ length: count }, () => {
        const start = random.below(size);
        return { start, end: Math.min(size, start + random.below(300)) };
      });
    for (let round = 0; round < 50; round++) {
      const newSize = 1 + random.below(4000);
      const covers: number[] = [];
      for (let at = random.below(100); at < newSize; ) {
        const size = 1 + random.below(Math.min(600, newSize - at));
        covers.push(at, random.below(4000), size);
        at += size + random.below(80);
      }
      let last = 0;
      const sorted = ranges(10, 5000).sort((a, b) => a.start - b.start);
      const disjoint = sorted.filter(({ start, end }) => end > start && start >= last && (last = end) > 0);
      const one = plan({
        covers: Uint32Array.from(covers),
        newSize,
        regions: disjoint.map(({ start, end }) => region(start, end, REGION_CLASS.ARM64_CODE)),
        segments: ranges(6, newSize),
        holes: [],
      });
      const walk = new PlanWalk(one);
      let end = 0;
      while (walk.next()) {
        expect(walk.newStart).toBe(end);
        expect(walk.newEnd).toBeGreaterThan(walk.newStart);
        end = walk.newEnd;
      }
      expect(end).toBe(newSize);
    }
  });
});
