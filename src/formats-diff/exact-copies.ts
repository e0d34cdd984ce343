/** Shortest run that is copied: below it the address costs more than the bytes. */
const LEAST_COPY = 6;

/** Receives new piece by piece, in its order. */
export interface CopySink {
  literal(newStart: number, size: number): void;
  copy(newStart: number, oldStart: number, size: number): void;
}

/**
 * Cuts covers, whose bytes may differ here and there, into exact copies of old and literals between them: what formats need that know no
 * differences of bytes. New is told in order and without gaps, from `start` to `end`; covers lie in the order of new without overlap.
 */
export function cutExactCopies(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
  sink: CopySink,
  start = 0,
  end = newBytes.length,
): void {
  let literalStart = start;
  const takeCopy = (newStart: number, oldStart: number, size: number): void => {
    if (newStart > literalStart) sink.literal(literalStart, newStart - literalStart);
    sink.copy(newStart, oldStart, size);
    literalStart = newStart + size;
  };
  for (let i = firstCover(covers, start); i < covers.length; i += 3) {
    const skew = covers[i + 1]! - covers[i]!;
    if (covers[i]! >= end) break;
    let at = Math.max(start, covers[i]!);
    const to = Math.min(end, covers[i]! + covers[i + 2]!);
    while (at < to) {
      while (at < to && newBytes[at] !== oldBytes[at + skew]) at++;
      let stop = at;
      while (stop < to && newBytes[stop] === oldBytes[stop + skew]) stop++;
      if (stop - at >= LEAST_COPY) takeCopy(at, at + skew, stop - at);
      at = stop;
    }
  }
  if (literalStart < end) sink.literal(literalStart, end - literalStart);
}

/** Index of the first cover that ends behind `start`. */
function firstCover(covers: Uint32Array, start: number): number {
  let low = 0;
  let high = covers.length / 3;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (covers[3 * middle]! + covers[3 * middle + 2]! <= start) low = middle + 1;
    else high = middle;
  }
  return 3 * low;
}
