import type { RandomAccess } from '../bytes/random-access.js';
import { hashRunsOf, readSignature } from '../image/code-signature.js';
import { detectElements, type Element } from '../image/detect-image.js';
import { listFunctionStarts } from '../image/function-starts.js';
import { findGoRecords, type GoRecords } from '../image/go-records.js';
import { endOfRun, type HashRun } from '../image/hash-runs.js';
import type { Image } from '../image/image.js';
import { type ImageLayout, placeLayout } from '../image/image-layout.js';
import { findPointers, type PointerMarks } from '../image/pointer-locations.js';
import type { NewElement, OldElement } from '../image/side-table.js';
import type { ReferencePlaces } from './install-predictor.js';
import type { OffsetRange } from './plan-walk.js';
import { listRegions, type Region, type RegionHints } from './regions.js';

/** An image of new and the image of old that it is predicted from. All offsets count from the first byte of the file. */
export interface ElementPrediction {
  readonly oldRange: OffsetRange;
  readonly newRange: OffsetRange;
  readonly old: ImageLayout;
  readonly next: ImageLayout;
  /** Stretches of old that are predicted as what they are. */
  readonly regions: readonly Region[];
  /** Where old has pointers that the loader moves; undefined where they are found by their looks. */
  readonly marks: PointerMarks | undefined;
  /** Where old has the fields of Go's tables, when it has them. */
  readonly goRecords: GoRecords | undefined;
  /** Hashes in new of pages of new, counted from the element's first byte: they are made, not sent. */
  readonly hashRuns: readonly HashRun[];
}

/** What is known of a pair of files before the first byte of new: the same on both sides. */
export interface Prediction {
  /** In the order of new. What lies between them is plain bytes: new is what old was. */
  readonly elements: readonly ElementPrediction[];
  /** Offsets at which functions of old start, ascending; empty for plain bytes. */
  readonly functionStarts: Uint32Array;
}

export const RAW_PREDICTION: Prediction = { elements: [], functionStarts: new Uint32Array(0) };

/** The elements of old with what their signatures say of hashes. */
export function listOldElements(source: RandomAccess): OldElement[] {
  return detectElements(source).map((element) => {
    const { offset, image } = element;
    const hashRuns = image === null ? [] : hashRunsOf(readSignature(source, offset, image));
    return { ...element, hashRuns };
  });
}

/** The prediction of new's elements from those of old that they are paired with. `source` is old. */
export function predictElements(
  source: RandomAccess,
  old: readonly OldElement[],
  next: readonly NewElement[],
): Prediction {
  const elements = next.flatMap((element) => {
    const from = old[element.oldIndex];
    return from?.image == null ? [] : [predictElement(source, { ...from, image: from.image }, element)];
  });
  if (elements.length === 0) return RAW_PREDICTION;
  return { elements, functionStarts: joinStarts(source, old) };
}

type OldImage = Element & { readonly image: Image };

function predictElement(source: RandomAccess, from: OldImage, element: NewElement): ElementPrediction {
  const { offset, image } = from;
  const { marks, goRecords, hints } = describeImage(source, from);
  const old = placeLayout(image, offset);
  return {
    oldRange: { start: offset, end: offset + from.size },
    newRange: { start: element.offset, end: element.offset + element.size },
    old,
    next: placeLayout(element.layout, element.offset),
    regions: listRegions(old, hints),
    marks,
    goRecords,
    hashRuns: element.hashRuns,
  };
}

/** Where an image has pointers and Go's tables, and what its regions need to know. Offsets count from the first byte of the file. */
export function describeImage(
  source: RandomAccess,
  { offset, image }: OldImage,
): ReferencePlaces & { readonly hints: RegionHints } {
  const marks = image.kind === 'mach-o' ? placeMarks(findPointers(source, offset, image), offset) : undefined;
  const goRecords = findGoRecords(source, offset, image);
  const { symbols } = image.tables;
  const hasMarks = marks !== undefined;
  if (symbols === undefined) return { marks, goRecords, hints: { hasMarks } };
  const symbolTable = { offset: symbols.offset + offset, count: Math.floor(symbols.size / 16) };
  return { marks, goRecords, hints: { hasMarks, symbolTable } };
}

function placeMarks(marks: PointerMarks | undefined, origin: number): PointerMarks | undefined {
  return marks && { ...marks, low: marks.low + origin, high: marks.high + origin };
}

function joinStarts(source: RandomAccess, old: readonly OldElement[]): Uint32Array {
  const lists = old.flatMap(({ offset, image }) =>
    image === null ? [] : [listFunctionStarts(source, offset, image).map((start) => start + offset)],
  );
  const joined = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    // The end of an element may be the start of the next.
    const isTwice = at > 0 && joined[at - 1] === list[0];
    joined.set(isTwice ? list.subarray(1) : list, at);
    at += list.length - (isTwice ? 1 : 0);
  }
  return joined.subarray(0, at);
}

/** The stretches of new that hash runs fill. */
export function holesOf({ elements }: Prediction): OffsetRange[] {
  return elements.flatMap(({ newRange, hashRuns }) =>
    hashRuns.map((run) => ({ start: newRange.start + run.offset, end: newRange.start + endOfRun(run) })),
  );
}
