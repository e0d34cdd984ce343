import { JumpTableSearch } from './find-jump-tables.js';
import { type PredictKernel, putWords } from './install-map.js';
import { preparePredictor } from './install-predictor.js';
import type { OffsetRange, WalkElement, WalkPlan } from './plan-walk.js';
import { type ElementPrediction, holesOf, type Prediction } from './prediction.js';
import { type EarlySection, placeCovers } from './table-plan.js';
import { listTableRegions, rangesOf } from './table-regions.js';

/** Makes old[start, end) resident, with margins, and sets the kernel's old base. */
export type BringOld = (start: number, end: number) => void;

/**
 * Sets the kernel's predictor up for a pair of files and answers how new is walked. Both wings call it with the same prediction
 * and covers, after the covers are known and before the first block.
 */
export function setUpPrediction(
  kernel: PredictKernel,
  prediction: Prediction,
  covers: Uint32Array,
  bringOld: BringOld,
): WalkPlan {
  const { exports } = kernel;
  exports.setCovers(putWords(kernel, covers), covers.length / 3);
  const state = kernel.alloc(exports.predictorStateSize() >>> 0);
  exports.startPredictor(state);
  const { tables, functionStarts } = prediction;
  const tableRegions = prediction.elements.map(({ index }) => listTableRegions(tables, index));
  const placed = placeCovers(covers, tables);
  const elements = prediction.elements.map((element, i) => ({
    ...prepareElement(kernel, { ...element, functionStarts }, coversWithin(placed, element), state, bringOld),
    tableRanges: rangesOf(tableRegions[i]!),
  }));
  const early = tables.early.flatMap((section): WalkElement[] => {
    const at = prediction.elements.findIndex(({ index }) => index === section.elementIndex);
    return at < 0 ? [] : [earlyElement(section, elements[at]!)];
  });
  return {
    covers,
    newSize: tables.longNewSize,
    regions: [...prediction.elements.flatMap(({ regions }) => regions), ...tableRegions.flat()].sort(
      (a, b) => a.oldStart - b.oldStart,
    ),
    elements: [...early, ...elements],
    holes: holesOf(prediction),
    tableStarts: tables.slots.map(({ newStart }) => newStart),
  };
}

/** An early section as an image of its own that lies where the section will. */
function earlyElement(
  { start, size, address }: EarlySection,
  { oldRange, tableRanges, next, install }: WalkElement,
): WalkElement {
  const segment = { name: '', address, memorySize: size, fileOffset: start, fileSize: size };
  return {
    oldRange,
    tableRanges,
    newRange: { start, end: start + size },
    next: { ...next, segments: [segment], sections: [] },
    install,
  };
}

function prepareElement(
  kernel: PredictKernel,
  element: ElementPrediction & Pick<Prediction, 'functionStarts'>,
  covers: Uint32Array,
  state: number,
  bringOld: BringOld,
): WalkElement {
  const { next, regions, oldRange, newRange } = element;
  const predictor = preparePredictor(kernel, { ...element, covers }, state);
  predictor();
  const search = new JumpTableSearch(kernel, regions);
  for (const scan of search.scans) {
    bringOld(scan.oldStart, scan.oldEnd);
    search.run(scan);
  }
  search.finish();
  const install = () => {
    predictor();
    search.install();
  };
  return { oldRange, newRange, next, install };
}

/** The parts of covers that lie in an element and come from its old one; `covers` itself where that is all of them. */
export function coversWithin(
  covers: Uint32Array,
  { oldRange, newRange }: { readonly oldRange: OffsetRange; readonly newRange: OffsetRange },
): Uint32Array {
  let within: Uint32Array | undefined;
  let size = 0;
  for (let i = 0; i < covers.length; i += 3) {
    const newOffset = covers[i]!;
    const oldOffset = covers[i + 1]!;
    const length = covers[i + 2]!;
    const before = Math.max(0, newRange.start - newOffset, oldRange.start - oldOffset);
    const after = Math.max(0, newOffset + length - newRange.end, oldOffset + length - oldRange.end);
    if (within === undefined) {
      if (before + after === 0 && length > 0) continue;
      within = covers.slice();
      size = i;
    }
    if (before + after >= length) continue;
    within[size] = newOffset + before;
    within[size + 1] = oldOffset + before;
    within[size + 2] = length - before - after;
    size += 3;
  }
  return within?.subarray(0, size) ?? covers;
}
