import { COVER_FIELDS } from '../predict/slice-size.js';

// Where one cover ends and the next begins, bytes of both sides often agree with both: the end of a function with what stands in front of
// another in old, or its first instructions with those of its neighbour. The matcher ends the first cover as late as it pays. A border at
// the start of a function is better: control names such places in fewer bits, and the map takes addresses of that function where it went.
//
//   new    ... a a a a|b b b b ...          the border moves by up to REACH bytes to where
//   old         a a a a f . .               the first cover ends at a function start, or
//               . . f b b b b               the second begins at one, or both
//
// Each of the two is worth START_WORTH wrong bytes; of borders that are worth the same the one nearest to the matcher's wins. Bytes are compared with every reference
// replaced by what it refers to (predict/normalize-image.ts), so a byte that agrees is one that will be predicted.
// A border is left as soon as moving it on makes more bytes wrong than two starts are worth: time is O(covers) and a few bytes for each.

/** How far a border moves at most. */
const REACH = 256;
/** Wrong bytes that a function start at a border is worth. */
const START_WORTH = 1.5;

/** What a border is moved between. */
interface Border {
  readonly old: Uint8Array;
  readonly next: Uint8Array;
  readonly starts: ReadonlySet<number>;
  /** From new to old along the first and the second cover. */
  readonly first: number;
  readonly second: number;
}

/**
 * Covers, triples (new offset, old offset, size) in the order of new, with borders between those that touch at function starts of old where few bytes
 * get wrong by it. The covers are changed where they are.
 */
export function snapCovers(
  covers: Uint32Array,
  starts: ReadonlySet<number>,
  old: Uint8Array,
  next: Uint8Array,
): void {
  for (let i = COVER_FIELDS; i < covers.length; i += COVER_FIELDS) {
    const [newStart, oldStart, size] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    const [newBefore, oldBefore, sizeBefore] = [covers[i - 3]!, covers[i - 2]!, covers[i - 1]!];
    if (newBefore + sizeBefore !== newStart) continue;
    const border = { old, next, starts, first: oldBefore - newBefore, second: oldStart - newStart };
    const low = Math.max(newBefore + 1, newStart - REACH, newStart - oldStart);
    const high = Math.min(newStart + size - 1, newStart + REACH, old.length - border.first);
    const moved = bestBorder(border, newStart, low, high) - newStart;
    covers[i - 1] = sizeBefore + moved;
    covers[i] = newStart + moved;
    covers[i + 1] = oldStart + moved;
    covers[i + 2] = size - moved;
  }
}

/** The best place in new for a border at `at`, from `low` to `high`. */
function bestBorder(border: Border, at: number, low: number, high: number): number {
  let best = at;
  let most = worthOf(border, at);
  for (const step of [-1, 1]) {
    let wrong = 0;
    for (let place = at + step; place >= low && place <= high; place += step) {
      // The byte that changes sides: from the first cover to the second on the way back.
      const byte = step < 0 ? place : place - 1;
      wrong += step * (isWrong(border, byte, border.first) - isWrong(border, byte, border.second));
      if (wrong > 2 * START_WORTH) break;
      const worth = worthOf(border, place) - wrong;
      if (worth > most || (worth === most && Math.abs(place - at) < Math.abs(best - at))) {
        best = place;
        most = worth;
      }
    }
  }
  return best;
}

/** What function starts at a border are worth, in wrong bytes. */
function worthOf({ starts, first, second }: Border, place: number): number {
  return START_WORTH * ((starts.has(place + first) ? 1 : 0) + (starts.has(place + second) ? 1 : 0));
}

function isWrong({ old, next }: Border, byte: number, way: number): number {
  return old[byte + way] === next[byte] ? 0 : 1;
}
