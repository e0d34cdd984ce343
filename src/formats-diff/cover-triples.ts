/**
 * Turns covers into bsdiff's control triples.
 *
 * The matcher ends a cover where its bytes begin to differ. In a bsdiff patch a byte that is nearly old's is cheaper as a difference than as a
 * literal, so each gap between two covers is shared out as bsdiff does it: the cover before it goes on and the cover behind it begins
 * earlier while enough of the bytes agree (a reach, by default half as bsdiff has it: the length with the most agreeing minus differing
 * bytes); where both want the same bytes, they are cut where most agree. What neither wants is extra. The time is linear in the gaps.
 *
 * Source: C. Percival, "Naive differences of executable code", 2003.
 */
export interface TripleArrays {
  /** { add, copy, seek } of each triple. */
  readonly control: Float64Array;
  readonly diff: Uint8Array<ArrayBuffer>;
  readonly extra: Uint8Array<ArrayBuffer>;
}

/** What a byte that agrees is worth to a cover that reaches into a gap, and what one costs that differs. */
export interface Reach {
  readonly agree: number;
  readonly differ: number;
}

/** As bsdiff: at least half of the bytes agree. */
export const EVEN_REACH: Reach = { agree: 1, differ: 1 };

/** Triples of covers { newOffset, oldOffset, length } as they are, in the order of new, without overlap. */
export function triplesOf(oldBytes: Uint8Array, newBytes: Uint8Array, wide: Uint32Array): TripleArrays {
  const count = wide.length / 3;
  const triples: number[] = [];
  const coveredSize = sumLengths(wide);
  const diff = new Uint8Array(coveredSize);
  const extra = new Uint8Array(newBytes.length - coveredSize);
  let diffAt = 0;
  let extraAt = 0;
  let add = 0;
  let oldAt = 0;
  let newAt = 0;
  const takeExtra = (end: number): number => {
    extra.set(newBytes.subarray(newAt, end), extraAt);
    extraAt += end - newAt;
    return end - newAt;
  };
  for (let i = 0; i < count; i++) {
    const [newStart, oldStart, length] = [wide[3 * i]!, wide[3 * i + 1]!, wide[3 * i + 2]!];
    if (i > 0 || newStart > 0 || oldStart > 0) triples.push(add, takeExtra(newStart), oldStart - oldAt);
    for (let k = 0; k < length; k++) diff[diffAt + k] = newBytes[newStart + k]! - oldBytes[oldStart + k]!;
    diffAt += length;
    add = length;
    oldAt = oldStart + length;
    newAt = newStart + length;
  }
  if (add > 0 || newAt < newBytes.length) triples.push(add, takeExtra(newBytes.length), 0);
  return { control: Float64Array.from(triples), diff, extra };
}

/** Bytes of new that covers reach. */
export function sumLengths(covers: Uint32Array): number {
  let sum = 0;
  for (let i = 2; i < covers.length; i += 3) sum += covers[i]!;
  return sum;
}

/** Covers that share out the gaps between them. Neighbours on one diagonal whose gap is used up become one. */
export function extendCovers(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
  reach: Reach,
): Uint32Array {
  const count = covers.length / 3;
  const wide = new Uint32Array(covers.length);
  let used = 0;
  for (let i = 0; i <= count; i++) {
    const gapStart = used === 0 ? 0 : wide[used - 3]! + wide[used - 1]!;
    const gapEnd = i === count ? newBytes.length : covers[3 * i]!;
    const beforeOld = used === 0 ? 0 : wide[used - 2]! + wide[used - 1]!;
    const behindOld = i === count ? 0 : covers[3 * i + 1]!;
    const room = gapEnd - gapStart;
    const ahead = Math.min(room, oldBytes.length - beforeOld);
    const behind = Math.min(room, behindOld);
    const onwards = { oldAt: beforeOld, newAt: gapStart, step: 1, most: used === 0 ? 0 : ahead } as const;
    const back = {
      oldAt: behindOld - 1,
      newAt: gapEnd - 1,
      step: -1,
      most: i === count ? 0 : behind,
    } as const;
    let forward = bestReach(oldBytes, newBytes, onwards, reach);
    let backward = bestReach(oldBytes, newBytes, back, reach);
    const overlap = forward + backward - room;
    if (overlap > 0) {
      const cut = cutOverlap(
        oldBytes,
        newBytes,
        beforeOld + forward - overlap,
        behindOld - backward,
        gapEnd - backward,
        overlap,
      );
      forward += cut - overlap;
      backward -= cut;
    }
    if (used > 0) wide[used - 1]! += forward;
    if (i === count) break;
    const [newStart, oldStart, length] = [
      gapEnd - backward,
      behindOld - backward,
      covers[3 * i + 2]! + backward,
    ];
    const isSame =
      used > 0 &&
      wide[used - 3]! + wide[used - 1]! === newStart &&
      wide[used - 2]! + wide[used - 1]! === oldStart;
    if (isSame) {
      wide[used - 1]! += length;
      continue;
    }
    wide[used++] = newStart;
    wide[used++] = oldStart;
    wide[used++] = length;
  }
  return wide.subarray(0, used);
}

/** How many bytes from two places on, in the direction of `step`, agree best on the whole. */
function bestReach(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  start: { readonly oldAt: number; readonly newAt: number; readonly step: 1 | -1; readonly most: number },
  { agree, differ }: Reach,
): number {
  const { step, most } = start;
  let { oldAt, newAt } = start;
  let score = 0;
  let best = 0;
  let length = 0;
  for (let done = 1; done <= most; done++) {
    score += oldBytes[oldAt] === newBytes[newAt] ? agree : -differ;
    oldAt += step;
    newAt += step;
    if (score > best) {
      best = score;
      length = done;
    }
  }
  return length;
}

/** How many of the bytes that both covers want go to the first one. */
function cutOverlap(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  firstOld: number,
  secondOld: number,
  newAt: number,
  size: number,
): number {
  let score = 0;
  let best = 0;
  let cut = 0;
  for (let i = 0; i < size; i++) {
    const value = newBytes[newAt + i];
    if (value === oldBytes[firstOld + i]) score++;
    if (value === oldBytes[secondOld + i]) score--;
    if (score > best) {
      best = score;
      cut = i + 1;
    }
  }
  return cut;
}
