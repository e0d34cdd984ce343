// Where the function of a frame record starts and how long it is, told by other things than old's record.
//
//   start   some linkers leave nothing between functions, and records stand in the order of their functions: a function starts where that
//           of the record before ended (41,602 of 41,668 on a version jump)
//   range   covers say where functions of old start in new; a function reaches to the next such place (35,800 of 37,538; old's range is
//           right for 16,922)
//
// Each of the two competes with what old's record says by a score, -8..8; at 0 and below old's record wins, so that images whose functions are aligned
// stay as they were. Everything is taught by true bytes of new, block by block: within a block a record goes on from what was predicted of the one
// before, at its end from what was right.
//
// The list of starts is the host's: ascending addresses, no two alike. It is searched by halves, so any list is harmless.

const LIMIT: i32 = 8;

let starts: usize = 0;
let startCount: u32 = 0;

/** New address at which the function of the record under way starts. */
let recordStart: u32 = 0;
/** New address at which that of the last record ended; 0 = not known. */
let lastEnd: u32 = 0;
/** New offset at which the last span of records ended. */
let spanBorder: u32 = 0;
let startScore: i32 = 0;
let rangeScore: i32 = 0;

export function resetFrameChain(): void {
  startCount = 0;
  lastEnd = 0;
  spanBorder = 0;
  startScore = 0;
  rangeScore = 0;
}

/** Installs where functions of old start in new, `count` ascending addresses. */
export function setFrameStarts(table: usize, count: u32): void {
  starts = table;
  startCount = count;
}

/** Begins a span of records. Records between it and the last one are those of new functions: it goes on at the next old one. */
export function openFrameChain(spanStart: u32, spanEnd: u32): void {
  if (spanStart != spanBorder && lastEnd != 0) {
    recordStart = lastEnd;
    lastEnd += measuredRange(0);
  }
  spanBorder = spanEnd;
}

/** Where the record before ended; 0 when that is not known. */
export function chainedStart(): u32 {
  return lastEnd;
}

/** The better guess at a start, of what old's record says and where the record before ended. */
export function chooseStart(moved: u32): u32 {
  recordStart = startScore > 0 && lastEnd != 0 ? lastEnd : moved;
  return recordStart;
}

/** How far it is from the start of the record's function to the next function; `otherwise` when that is not known. */
export function measuredRange(otherwise: u32): u32 {
  let low: u32 = 0;
  let high = startCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(starts + ((<usize>middle) << 2)) <= recordStart) low = middle + 1;
    else high = middle;
  }
  return low < startCount ? load<u32>(starts + ((<usize>low) << 2)) - recordStart : otherwise;
}

/** Whether measured ranges are the better ones. */
export function isMeasured(): bool {
  return rangeScore > 0;
}

/** The better guess at a range, of old's and the measured one. */
export function chooseRange(old: u32, measured: u32): u32 {
  const range = isMeasured() ? measured : old;
  lastEnd = recordStart + range;
  return range;
}

function scored(score: i32, isPlain: bool, isOther: bool): i32 {
  if (isPlain == isOther) return score;
  if (isPlain) return score > -LIMIT ? score - 1 : score;
  return score < LIMIT ? score + 1 : score;
}

/** Teaches a start, with what old's record and the one before said of it. */
export function teachStart(moved: u32, chained: u32, actual: u32): void {
  startScore = scored(startScore, moved == actual, chained != 0 && chained == actual);
  recordStart = actual;
}

/** Teaches a range. */
export function teachRange(old: u32, measured: u32, actual: u32): void {
  rangeScore = scored(rangeScore, old == actual, measured == actual);
  lastEnd = recordStart + actual;
}
