import { type Cover, ScanReference, type ScanRules } from './scan-matches.js';
import { SeedIndexReference } from './seed-index.js';

const MOST_BUCKETS = 2048;
const WAYS = 4;
const PIECE = 8192;
const LEAST_GAP = 16;
const LEAST_REACH = 64;

/** Plain twin of assembly/match/fill-gaps.ts. */
export function fillGapsReference(
  old: Uint8Array,
  next: Uint8Array,
  covers: readonly Cover[],
  rules: ScanRules,
  { reach: mostReach, gapStride }: { readonly reach: number; readonly gapStride: number },
): Cover[] {
  const scan = new ScanReference(old, next, rules);
  let gapStart = 0;
  let oldBehind = 0;
  let delta = 0;
  for (const cover of [...covers, undefined]) {
    const gapEnd = cover === undefined ? next.length : cover[0];
    while (gapEnd - gapStart >= LEAST_GAP) {
      const left = gapEnd - gapStart;
      const size = left > PIECE + PIECE / 2 ? PIECE : left;
      const reach = Math.min(mostReach, LEAST_REACH + size * 4);
      const window = (at: number, before: number, behind: number) =>
        [Math.max(0, at - before), Math.min(old.length, at + behind)] as const;
      const bucketCount = Math.min(MOST_BUCKETS, Math.floor((size + reach) / gapStride));
      const index = new SeedIndexReference(old, {
        bucketCount,
        ways: WAYS,
        stride: gapStride,
        seedSize: rules.seedSize,
      });
      let [from, to] = window(oldBehind, reach, size + reach);
      if (cover !== undefined) {
        const [otherFrom, otherTo] = window(Math.max(0, cover[1] - (left - size)), size + reach, reach);
        if (otherTo < from || otherFrom > to) index.add(otherFrom, otherTo);
        else [from, to] = [Math.min(from, otherFrom), Math.max(to, otherTo)];
      }
      index.add(from, to);
      scan.scanStretch(index, gapStart, gapStart + size, delta);
      gapStart += size;
      delta = scan.delta;
      const behind = gapStart + delta;
      oldBehind = behind < 0 ? old.length : Math.min(behind, old.length);
    }
    if (cover === undefined) break;
    scan.covers.push(cover);
    gapStart = cover[0] + cover[2];
    oldBehind = cover[1] + cover[2];
    delta = cover[1] - cover[0];
  }
  return scan.covers;
}
