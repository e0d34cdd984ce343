import { isArm64Code } from '../predict/code-spans.js';
import { wordsOfGap } from '../predict/cut-gap.js';
import { PlanWalk, type WalkPlan } from '../predict/plan-walk.js';

/** Bytes of each gap stream, known from the covers alone. */
export interface GapSizes {
  readonly gapBytes: number;
  readonly gapWords: number;
}

/** Walks new without coding it. A gap may be coded in slices; they end at words, so the sums are the same. */
export function measureGaps(plan: WalkPlan): GapSizes {
  const walk = new PlanWalk(plan);
  let gapBytes = 0;
  let gapWords = 0;
  while (walk.next()) {
    if (walk.kind !== 'gap') continue;
    const { start, end } = wordsOfGap(walk.newStart, walk.newEnd, isArm64Code(walk));
    gapWords += end - start;
    gapBytes += walk.newEnd - walk.newStart - (end - start);
  }
  return { gapBytes, gapWords };
}
