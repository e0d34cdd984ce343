// The encoder's choice of how a cover is told: the cheapest by static costs in 1/16 bit. Costs are a prior of what the
// adaptive models come to; both sides never need to agree on them, yet they are integers, so that a patch is the
// same on every machine.

import { numberCost } from '../entropy/exp-golomb';
import { expectedAt, FAR, HEAD, KNOWN_DELTA, lastNewEnd, planCover } from './cover-model';
import {
  firstFunctionAt,
  holeCount,
  isHole,
  isUnused,
  startsAt,
  unusedBelow,
  unusedCount,
} from './function-starts';
import { DELTA_CAPACITY, findDelta, headCount, headFunction } from './stream-heads';

const HEAD_PRIOR: u32 = 16;
const FUNCTION_PRIOR: u32 = 16;
const BYTES_PRIOR: u32 = 32;
const FAR_PRIOR: u32 = 48;

/** Plans the cover at `cover` and hands it to the model. */
export function choosePlan(cover: usize): void {
  const newOffset = load<u32>(cover);
  const oldOffset = load<u32>(cover, 4);
  const known = findDelta(newOffset - oldOffset);
  if (known < DELTA_CAPACITY) {
    planCover(cover, KNOWN_DELTA, known, false);
    return;
  }
  const gap = newOffset - lastNewEnd();
  const first = firstFunctionAt(oldOffset);
  const byFunction = startsAt(first, oldOffset) && isUnused(first);
  const rank = byFunction ? unusedBelow(first) : 0;

  let origin = FAR;
  let index: u32 = 0;
  let functions = byFunction;
  let best = FAR_PRIOR + (byFunction ? uniformCost(isHole(first) ? holeCount() : unusedCount()) : 16 * 25);
  for (let i: u32 = 0; i < headCount(); i++) {
    const prior = HEAD_PRIOR + (numberCost(i) * 6) / 8;
    if (prior >= best) break;
    const expected = expectedAt(i, gap);
    const distance = oldOffset < expected ? expected - oldOffset : oldOffset - expected;
    const cost = prior + BYTES_PRIOR + bytesCost(distance);
    if (cost < best) {
      best = cost;
      origin = HEAD;
      index = i;
      functions = false;
    }
    if (byFunction) {
      const below = unusedBelow(headFunction(i));
      const passed = rank < below ? 2 * (below - rank) : rank - below;
      const costInFunctions = prior + FUNCTION_PRIOR + numberCost(passed);
      if (costInFunctions < best) {
        best = costInFunctions;
        origin = HEAD;
        index = i;
        functions = true;
      }
    }
  }
  planCover(cover, origin, index, functions);
}

function bytesCost(distance: u32): u32 {
  return numberCost(distance >>> 2);
}

function uniformCost(count: u32): u32 {
  return 16 * (32 - <u32>clz<u32>(count));
}
