import type { GoRecords } from '../../src/image/go-records.js';
import type { ImageLayout } from '../../src/image/image-layout.js';
import type { PointerMarks } from '../../src/image/pointer-locations.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { beginSpan } from '../../src/predict/code-spans.js';
import { JumpTableSearch } from '../../src/predict/find-jump-tables.js';
import { preparePredictor } from '../../src/predict/install-predictor.js';
import { PlanWalk, type WalkPlan } from '../../src/predict/plan-walk.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import type { Region } from '../../src/predict/regions.js';

/** A pair of images with all that prediction is made from. */
export interface PredictionCase {
  readonly oldBytes: Uint8Array;
  readonly newBytes: Uint8Array;
  readonly old: ImageLayout;
  readonly next: ImageLayout;
  readonly regions: readonly Region[];
  readonly covers: Uint32Array;
  readonly marks?: PointerMarks | undefined;
  readonly goRecords?: GoRecords | undefined;
  readonly functionStarts?: Uint32Array | undefined;
}

export interface RunOptions {
  readonly simd?: boolean;
  /** Bytes of old that are resident around a slice; everything else in linear memory is `fill`. Default: all of old. */
  readonly tile?: number;
  /** What stands in new before a block is known: the true bytes (an encoder) or noise (a decoder). */
  readonly future?: 'known' | 'noise';
  /** Nothing is learned from wrong blocks. */
  readonly untaught?: boolean;
}

/** What was predicted for each byte of new, and what its unit was said to be; -1 and 255 where no cover is. */
export interface PredictionRun {
  readonly predicted: Int16Array;
  readonly kinds: Uint8Array;
  readonly hows: Uint8Array;
  /** Bytes that were predicted wrong. */
  readonly wrongBytes: number;
  /** Bytes that `makeRight` made up to the first block of a span that taught something, and those of them that were not as predicted. */
  readonly madeBytes: number;
  readonly madeOtherwise: number;
}

/** Classes that `makeRight` makes. */
const RIGHT_CLASSES: readonly number[] = [REGION_CLASS.RAW, REGION_CLASS.ARM64_CODE];

/** Bytes readable around a slice of old, as the kernel wants them. */
const MARGIN = 320;
const NOISE = 0x5b;

/** Predicts all of new block by block and teaches after each, as both wings do. */
export function runPrediction(pair: PredictionCase, options: RunOptions = {}): PredictionRun {
  const { oldBytes, newBytes, covers, regions } = pair;
  const kernel = diffKernels(options.simd === undefined ? {} : { simd: options.simd });
  const { exports } = kernel;
  const tile = options.tile ?? oldBytes.length + 64;
  const windowPtr = kernel.alloc(tile + 2 * MARGIN);
  const newPtr = kernel.alloc(newBytes.length);
  kernel.view(newPtr, newBytes.length).set(options.future === 'noise' ? [] : newBytes);
  if (options.future === 'noise') kernel.view(newPtr, newBytes.length).fill(NOISE);
  const bringOld = (start: number): void => {
    const window = kernel.view(windowPtr, tile + 2 * MARGIN).fill(0);
    const from = Math.max(0, start - MARGIN);
    window.set(oldBytes.subarray(from, start + tile + MARGIN), MARGIN - (start - from));
    exports.setBases(windowPtr + MARGIN - start, newPtr);
  };
  bringOld(0);
  exports.setCovers(kernel.put(new Uint8Array(covers.slice().buffer)), covers.length / 3);
  const { old, next, marks, goRecords, functionStarts } = pair;
  const state = kernel.alloc(exports.predictorStateSize() >>> 0);
  preparePredictor(kernel, { old, next, covers, marks, goRecords, functionStarts }, state)();
  const search = new JumpTableSearch(kernel, regions);
  for (const scan of search.scans) {
    if (scan.oldEnd - scan.oldStart > tile) throw new Error('tiles of this test hold a whole scan');
    bringOld(scan.oldStart);
    search.run(scan);
  }
  search.finish();

  const whole = (bytes: Uint8Array) => ({ start: 0, end: bytes.length });
  const element = {
    oldRange: whole(oldBytes),
    newRange: whole(newBytes),
    next: pair.next,
    install: () => {},
  };
  const plan: WalkPlan = { covers, newSize: newBytes.length, regions, elements: [element], holes: [] };
  const predicted = new Int16Array(newBytes.length).fill(-1);
  const kinds = new Uint8Array(newBytes.length).fill(255);
  const hows = new Uint8Array(newBytes.length).fill(255);
  let wrongBytes = 0;
  let madeBytes = 0;
  let madeOtherwise = 0;
  const walk = new PlanWalk(plan);
  /** The whole span as if it were predicted right; new is left as it was. */
  const makeSpan = (): Uint8Array => {
    const before = kernel.take(newPtr + walk.newStart, walk.newEnd - walk.newStart);
    for (let start = walk.newStart; start < walk.newEnd; ) {
      const end = Math.min(walk.newEnd, start - (start % tile) + tile);
      bringOld(walk.oldHint + start - walk.newStart);
      if (start === walk.newStart) beginSpan(exports, walk);
      exports.makeRight(start, end);
      start = end;
    }
    const made = kernel.take(newPtr + walk.newStart, walk.newEnd - walk.newStart);
    kernel.write(newPtr + walk.newStart, before);
    return made;
  };
  while (walk.next()) {
    if (walk.kind !== 'cover') {
      kernel
        .view(newPtr + walk.newStart, walk.newEnd - walk.newStart)
        .set(newBytes.subarray(walk.newStart, walk.newEnd));
      continue;
    }
    exports.beginCover(walk.coverIndex);
    let made = RIGHT_CLASSES.includes(walk.regionClass) ? makeSpan() : undefined;
    for (let start = walk.newStart; start < walk.newEnd; ) {
      const end = Math.min(walk.newEnd, start - (start % 64) + 64);
      bringOld(walk.oldHint + start - walk.newStart);
      if (start === walk.newStart) beginSpan(exports, walk);
      exports.predictBlock(start, end);
      let wrong = 0;
      const bytes = kernel.view(exports.predictedAddress(), 64);
      const unitKinds = kernel.view(exports.kindAddress(), 16);
      const unitHows = kernel.view(exports.confidenceAddress(), 16);
      for (let at = start; at < end; at++) {
        const place = at % 64;
        predicted[at] = bytes[place]!;
        kinds[at] = unitKinds[place >> 2]!;
        hows[at] = unitHows[place >> 2]!;
        if (bytes[place] !== newBytes[at]) wrong++;
        if (made === undefined) continue;
        madeBytes++;
        if (made[at - walk.newStart] !== bytes[place]) madeOtherwise++;
      }
      if (wrong > 0 && !options.untaught) made = undefined;
      wrongBytes += wrong;
      kernel.view(newPtr + start, end - start).set(newBytes.subarray(start, end));
      if (!options.untaught) exports.teachBlock(start, end, wrong > 0 ? 1 : 0);
      start = end;
    }
  }
  return { predicted, kinds, hows, wrongBytes, madeBytes, madeOtherwise };
}
