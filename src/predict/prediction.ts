import type { RandomAccess } from '../bytes/random-access.js';
import { hashRunsOf, readSignature } from '../image/code-signature.js';
import { detectElements } from '../image/detect-image.js';
import { listFunctionStarts } from '../image/function-starts.js';
import { endOfRun, type HashRun } from '../image/hash-runs.js';
import type { Image } from '../image/image.js';
import { type ImageLayout, RAW_LAYOUT } from '../image/image-layout.js';
import { findPointers, type PointerMarks } from '../image/pointer-locations.js';
import type { OldElement } from '../image/side-table.js';
import type { OffsetRange } from './plan-walk.js';
import { listRegions, type Region, type RegionHints } from './regions.js';

/** What is known of a pair of images before the first byte of new: the same on both sides. */
export interface Prediction {
  readonly old: ImageLayout;
  readonly next: ImageLayout;
  /** Stretches of old that are predicted as what they are. */
  readonly regions: readonly Region[];
  /** Where old has pointers that the loader moves; undefined where they are found by their looks. */
  readonly marks: PointerMarks | undefined;
  /** Offsets at which functions of old start; empty for plain bytes. */
  readonly functionStarts: Uint32Array;
  /** Hashes in new of pages of new: they are made, not sent. */
  readonly hashRuns: readonly HashRun[];
}

/** The prediction of plain bytes: new is what old was. */
export const RAW_PREDICTION: Prediction = {
  old: RAW_LAYOUT,
  next: RAW_LAYOUT,
  regions: [],
  marks: undefined,
  functionStarts: new Uint32Array(0),
  hashRuns: [],
};

/** Old as one element that is an image; undefined for plain bytes, files of several images, and what is not understood. */
export function wholeImage(source: RandomAccess): (OldElement & { readonly image: Image }) | undefined {
  const [element, ...others] = detectElements(source);
  if (others.length > 0 || element === undefined || element.image === null) return undefined;
  const { image } = element;
  return { ...element, image, hashRuns: hashRunsOf(readSignature(source, 0, image)) };
}

/** The prediction for an old image that was understood, the layout of new and its hashes. `source` is old. */
export function imagePrediction(
  source: RandomAccess,
  old: Image,
  next: ImageLayout,
  hashRuns: readonly HashRun[],
): Prediction {
  const marks = old.kind === 'mach-o' ? findPointers(source, 0, old) : undefined;
  const hints = { hasMarks: marks !== undefined, ...symbolTableOf(old) };
  const regions = listRegions(old, hints);
  return { old, next, regions, marks, functionStarts: listFunctionStarts(source, 0, old), hashRuns };
}

/** Mach-O's symbol table, for the regions of an image. */
export function symbolTableOf({ tables }: Image): Pick<RegionHints, 'symbolTable'> {
  const { symbols } = tables;
  if (symbols === undefined) return {};
  return { symbolTable: { offset: symbols.offset, count: Math.floor(symbols.size / 16) } };
}

/** The stretches of new that hash runs fill. */
export function holesOf({ hashRuns }: Prediction): OffsetRange[] {
  return hashRuns.map((run) => ({ start: run.offset, end: endOfRun(run) }));
}
