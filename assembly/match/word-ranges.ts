// Where new holds words of four bytes at multiples of four: machine code that is copied from machine code only whole words at a time, and tables of
// aligned fields. There the matcher looks up words and not bytes, a quarter as often.

let ranges: usize = 0;
let count: u32 = 0;
/** The stretch of new that was asked for last, and whether it is one of the ranges. */
let from: u32 = 0;
let to: u32 = 0;
let isRange: bool = false;

/** Ranges { u32 start · u32 end } in their order, which do not overlap. */
export function setWordRanges(list: usize, size: u32): void {
  ranges = list;
  count = size;
  from = 0;
  to = 0;
}

/** Bytes of the unit that stands at `at`: 4 or 1. */
export function unitAt(at: u32): u32 {
  if (at - from >= to - from) find(at);
  return isRange ? 4 : 1;
}

/** Finds the range, or the stretch between ranges, that `at` lies in. */
function find(at: u32): void {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(ranges + <usize>(middle << 3), 4) > at) high = middle;
    else low = middle + 1;
  }
  const start = low < count ? load<u32>(ranges + <usize>(low << 3)) : 0xffffffff;
  isRange = start <= at;
  from = isRange ? start : low == 0 ? 0 : load<u32>(ranges + <usize>((low - 1) << 3), 4);
  to = isRange ? load<u32>(ranges + <usize>(low << 3), 4) : start;
}
