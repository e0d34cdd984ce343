import { JumpTableSearch } from './find-jump-tables.js';
import type { PredictKernel } from './install-map.js';
import { installPredictor } from './install-predictor.js';
import type { WalkPlan } from './plan-walk.js';
import { holesOf, type Prediction } from './prediction.js';

/** Makes old[start, end) resident, with margins, and sets the kernel's old base. */
export type BringOld = (start: number, end: number) => void;

/**
 * Sets the kernel's predictor up for a pair of images and answers how new is walked. Both wings call it with the same prediction
 * and covers, after the covers are known and before the first block.
 */
export function setUpPrediction(
  kernel: PredictKernel,
  prediction: Prediction,
  newSize: number,
  covers: Uint32Array,
  bringOld: BringOld,
): WalkPlan {
  const { old, next, regions, marks } = prediction;
  installPredictor(kernel, { old, next, covers, ...(marks === undefined ? {} : { marks }) });
  const search = new JumpTableSearch(kernel, regions);
  for (const scan of search.scans) {
    bringOld(scan.oldStart, scan.oldEnd);
    search.run(scan);
  }
  search.finish();
  return { covers, newSize, regions, newLayout: next, holes: holesOf(prediction) };
}
