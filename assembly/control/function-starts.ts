// Where the functions of old start, and which of them no cover has used yet. Linkers permute functions as wholes, so
// covers begin and end at their starts, and a function is rarely copied twice: among the unused starts the right
// one is named with few bits, and the first unused start behind used ones (the first of a hole) with fewer.
//
//   list:    u32 offsets in old, strictly ascending; may be empty
//   unused:  indices whose start no cover holds (rank-set.ts)
//   holes:   unused indices whose predecessor is used
//
// Everything is derived from old and the covers coded so far, alike on both sides.

import { BAD_CONTROL, OK } from '../common/status';
import {
  hasMember,
  insertMember,
  memberCount,
  rankOf,
  rankSetSize,
  removeRange,
  resetRankSet,
  selectMember,
} from './rank-set';

let list: usize = 0;
let count: u32 = 0;
let unused: usize = 0;
let holes: usize = 0;

/** Bytes of scratch for `functionCount` starts. */
export function functionStartsSize(functionCount: u32): u32 {
  return 2 * ((rankSetSize(functionCount) + 15) & ~15);
}

/** Takes the list; BAD_CONTROL unless it ascends strictly and lies within old. */
export function resetFunctionStarts(scratch: usize, starts: usize, functionCount: u32, oldSize: u32): i32 {
  list = starts;
  count = functionCount;
  unused = scratch;
  holes = scratch + ((rankSetSize(functionCount) + 15) & ~15);
  resetRankSet(unused, functionCount, true);
  resetRankSet(holes, functionCount, false);
  for (let i: u32 = 0; i < functionCount; i++) {
    const start = functionStart(i);
    if (start > oldSize || (i > 0 && start <= functionStart(i - 1))) return BAD_CONTROL;
  }
  return OK;
}

export function functionCount(): u32 {
  return count;
}

export function functionStart(index: u32): u32 {
  return load<u32>(list + ((<usize>index) << 2));
}

/** Index of the first start at or behind `offset`; the count when there is none. */
export function firstFunctionAt(offset: u32): u32 {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (functionStart(middle) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a function starts at `offset`, given `index` = firstFunctionAt(offset). */
export function startsAt(index: u32, offset: u32): bool {
  return index < count && functionStart(index) == offset;
}

export function isUnused(index: u32): bool {
  return hasMember(unused, index);
}

export function unusedCount(): u32 {
  return memberCount(unused);
}

/** Unused starts below `index`. */
export function unusedBelow(index: u32): u32 {
  return rankOf(unused, index);
}

/** Index of the unused start with `rank` unused ones below it; rank < unusedCount(). */
export function unusedAt(rank: u32): u32 {
  return selectMember(unused, rank);
}

export function isHole(index: u32): bool {
  return hasMember(holes, index);
}

export function holeCount(): u32 {
  return memberCount(holes);
}

export function holesBelow(index: u32): u32 {
  return rankOf(holes, index);
}

export function holeAt(rank: u32): u32 {
  return selectMember(holes, rank);
}

/** Marks the starts in [from, to) used. */
export function useFunctions(from: u32, to: u32): void {
  if (from >= to) return;
  removeRange(unused, from, to);
  removeRange(holes, from, to);
  if (to < count && hasMember(unused, to)) insertMember(holes, to);
}
