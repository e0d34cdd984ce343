// Targets of branches, which mostly stay in their function. The map alone is a poor judge of them: where an old
// function appears twice in new, the longest cover owns it, and the branch's own cover may be the other one. In this
// order:
//
//   1. a target in the branch's own cover keeps its distance (a call only if nothing was learned about it);
//   2. a target in one of the REACH covers before or behind in new moves with that cover: code between two covers was
//      inserted or changed, the function goes on;
//   3. at most `slack` bytes outside the cover the distance is kept, unless a cover holds the target and moved it by less
//      than SHIFT bytes from there;
//   4. the map.
//
// Wrong branches on two version jumps (bun 1.3.13-14, jsc 2.52-2.54): 104,025 and 159,865 with 1, 3 without its
// condition, and 4; 81,578 and 124,891 with all. REACH 4 and 24 are within 2 % of 8. Mapping a target inside the cover was
// far worse (5,330 -> 31,368 on another pair); so was 3 with no slack (6,688) or 4,096 bytes (5,044) before it had a condition.

import { EXACT } from './kinds';
import { isLearned, mapAddress, mappedHow } from './map-address';
import { coverCount, coverIndex, coverOld, coverSize, covers, oldAddressDelta, originOf } from './span';

const REACH: u32 = 8;
export const SLACK: u32 = 512;
const SHIFT: u32 = 512;

let slack: u32 = SLACK;

/** How the last target was mapped (kinds.ts). */
export let branchHow: u8 = EXACT;

/** How far outside its cover a target may lie and keep its distance; `startPredictor` sets the default. */
export function setSlack(bytes: u32): void {
  slack = bytes;
}

/** New address of what a branch at `address`, now at `newAddress`, goes to. */
export function mapBranch(target: u32, address: u32, newAddress: u32): u32 {
  const kept = target - address + newAddress;
  const fromCover = target - oldAddressDelta - coverOld;
  branchHow = EXACT;
  if (fromCover < coverSize) return kept;
  const neighbour = findNeighbour(target - oldAddressDelta);
  if (neighbour != 0) {
    return originOf(target - oldAddressDelta + load<u32>(neighbour) - load<u32>(neighbour, 4));
  }
  const mapped = mapAddress(target);
  if (<u64>(fromCover + slack) < <u64>coverSize + <u64>(2 * slack)) {
    if (mappedHow != EXACT || mapped - kept + SHIFT >= 2 * SHIFT) return kept;
  }
  branchHow = mappedHow;
  return mapped;
}

/** New address of what a call at `address`, now at `newAddress`, goes to. */
export function mapCall(target: u32, address: u32, newAddress: u32): u32 {
  // Nearly all calls stay in a long cover, so the map is asked last.
  if (target - oldAddressDelta - coverOld < coverSize && !isLearned(target)) {
    branchHow = EXACT;
    return target - address + newAddress;
  }
  const mapped = mapAddress(target);
  branchHow = mappedHow;
  return mapped;
}

/** The nearest cover in new, up to REACH away, that holds an old offset; 0 for none. */
function findNeighbour(old: u32): usize {
  for (let step: u32 = 1; step <= REACH; step++) {
    const behind = covers + <usize>(coverIndex + step) * 12;
    if (coverIndex + step < coverCount && old - load<u32>(behind, 4) < load<u32>(behind, 8)) return behind;
    const before = covers + <usize>(coverIndex - step) * 12;
    if (coverIndex - step < coverCount && old - load<u32>(before, 4) < load<u32>(before, 8)) return before;
  }
  return 0;
}
