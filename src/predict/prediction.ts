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
import { holesOfTables, planTables, type TablePlan } from './table-plan.js';

/** An image of new and the image of old that it is predicted from. All offsets count from the first byte of the file. */
export interface ElementPrediction {
  /** Place among the elements of new. */
  readonly index: number;
  readonly oldRange: OffsetRange;
  readonly newRange: OffsetRange;
  /** The image of old and the layout of new as they are, their offsets counted from their own first bytes. */
  readonly image: Image;
  readonly layout: ImageLayout;
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
  /** Tables that are made anew; offsets of elements in new are those of the longer new. */
  readonly tables: TablePlan;
}

/** The prediction of plain bytes. */
export function rawPrediction(oldSize: number, newSize: number): Prediction {
  return { elements: [], functionStarts: new Uint32Array(0), tables: planTables(oldSize, newSize, []) };
}

/** The elements of old with what their signatures say of hashes. */
export function listOldElements(source: RandomAccess): OldElement[] {
  return detectElements(source).map((element) => {
    const { offset, image } = element;
    const hashRuns = image === null ? [] : hashRunsOf(readSignature(source, offset, image));
    return { ...element, hashRuns };
  });
}

/** What is to be known of old's images. */
export interface ImageFacts {
  describe(element: ImageElement): DescribedImage;
  /** Starts of functions, by their offsets in the file. */
  functionStarts(element: ImageElement): Uint32Array;
}

/** Facts that are read from a file. */
export function factsFrom(source: RandomAccess): ImageFacts {
  return {
    describe: (element) => describeImage(source, element),
    functionStarts: ({ offset, image }) =>
      listFunctionStarts(source, offset, image).map((start) => start + offset),
  };
}

/** The prediction of new's elements from those of old that they are paired with; none when there are no such. `source` is old. */
export function predictElements(
  source: RandomAccess,
  old: readonly OldElement[],
  next: readonly NewElement[],
  facts: ImageFacts = factsFrom(source),
): Prediction | undefined {
  const newSize = next.reduce((sum, { size }) => sum + size, 0);
  const tables = planTables(source.size, newSize, next);
  const elements = next.flatMap((element, index) => {
    const from = old[element.oldIndex];
    return from?.image == null
      ? []
      : [predictElement(facts, { ...from, image: from.image }, element, index, tables.origin)];
  });
  if (elements.length === 0) return undefined;
  return { elements, functionStarts: joinStarts(facts, old), tables };
}

export type ImageElement = Element & { readonly image: Image };

function predictElement(
  facts: ImageFacts,
  from: ImageElement,
  element: NewElement,
  index: number,
  origin: number,
): ElementPrediction {
  const { offset, image } = from;
  const { marks, goRecords, hints } = facts.describe(from);
  const old = placeLayout(image, offset);
  const newStart = origin + element.offset;
  return {
    index,
    image,
    layout: element.layout,
    oldRange: { start: offset, end: offset + from.size },
    newRange: { start: newStart, end: newStart + element.size },
    old,
    next: placeLayout(element.layout, newStart),
    regions: listRegions(old, hints),
    marks,
    goRecords,
    hashRuns: element.hashRuns,
  };
}

export type DescribedImage = ReferencePlaces & { readonly hints: RegionHints };

/** Where an image has pointers and Go's tables, and what its regions need to know. Offsets count from the first byte of the file. */
export function describeImage(source: RandomAccess, { offset, image }: ImageElement): DescribedImage {
  const marks = image.kind === 'mach-o' ? placeMarks(findPointers(source, offset, image), offset) : undefined;
  const goRecords = findGoRecords(source, offset, image);
  const { symbols } = image.tables;
  const hasMarks = marks !== undefined;
  const hasGoTypes = (goRecords?.typeFields.length ?? 0) > 0;
  if (symbols === undefined) return { marks, goRecords, hints: { hasMarks, hasGoTypes } };
  const symbolTable = { offset: symbols.offset + offset, count: Math.floor(symbols.size / 16) };
  return { marks, goRecords, hints: { hasMarks, hasGoTypes, symbolTable } };
}

function placeMarks(marks: PointerMarks | undefined, origin: number): PointerMarks | undefined {
  return marks && { ...marks, low: marks.low + origin, high: marks.high + origin };
}

function joinStarts(facts: ImageFacts, old: readonly OldElement[]): Uint32Array {
  const lists = old.flatMap(({ image, ...element }) =>
    image === null ? [] : [facts.functionStarts({ ...element, image })],
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

/** The stretches of new that are filled in another way: hashes of pages, and sections that are coded early. */
export function holesOf({ elements, tables }: Prediction): OffsetRange[] {
  const hashes = elements.flatMap(({ newRange, hashRuns }) =>
    hashRuns.map((run) => ({ start: newRange.start + run.offset, end: newRange.start + endOfRun(run) })),
  );
  return joinRanges([...hashes, ...holesOfTables(tables)]);
}

/** Sorts ranges; those that overlap become one. */
function joinRanges(ranges: OffsetRange[]): OffsetRange[] {
  ranges.sort((a, b) => a.start - b.start || a.end - b.end);
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}
