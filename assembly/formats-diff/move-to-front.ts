// Each byte of the last column becomes its place in a list whose last used comes first; runs of place 0 are counted in base 2.
//
//   symbols 0 and 1   digits 1 and 2 of a run's length, the lowest first
//   symbol p + 1      place p
//   highest symbol    the end of the block
//
// Source: bzip2 1.0.8 (its manual describes the stages); J. L. Bentley et al., "A locally adaptive data compression scheme", 1986.
//
// The list is shifted while it is searched: a vector that lacks the byte is stored again with the last byte of the one before it in front,
// so a byte costs a turn for each 16 places (scalar: 8), and no load waits for two stores.

const LIST: usize = memory.data(272, 16);
const SLICE: u32 = 16384;

let out: usize = 0;
let run: u32 = 0;

/** Marks which bytes occur, in 256 bytes at `marks`. */
export function markUsed(bytes: usize, size: u32, marks: usize): void {
  memory.fill(marks, 0, 256);
  let from: u32 = 0;
  for (; from + SLICE < size; from += SLICE) markSlice(bytes + <usize>from, SLICE, marks);
  markSlice(bytes + <usize>from, size - from, marks);
}

function markSlice(bytes: usize, size: u32, marks: usize): void {
  for (let i: u32 = 0; i < size; i++) store<u8>(marks + <usize>load<u8>(bytes + <usize>i), 1);
}

/** Writes the symbols of a column as words of 16 bits and answers how many there are: at most `size` + 1. */
export function moveToFront(bytes: usize, size: u32, marks: usize, symbols: usize): u32 {
  let used: u32 = 0;
  for (let value: u32 = 0; value < 256; value++) {
    if (load<u8>(marks + <usize>value) == 0) continue;
    store<u8>(LIST + <usize>used, <u8>value);
    used++;
  }
  out = symbols;
  run = 0;
  let from: u32 = 0;
  for (; from + SLICE < size; from += SLICE) codeSlice(bytes + <usize>from, SLICE);
  codeSlice(bytes + <usize>from, size - from);
  flushRun();
  putSymbol(used + 1);
  return <u32>(out - symbols) >>> 1;
}

function putSymbol(symbol: u32): void {
  store<u16>(out, <u16>symbol);
  out += 2;
}

function flushRun(): void {
  for (; run > 0; run = (run - 1) >>> 1) putSymbol((run & 1) ^ 1);
}

function codeSlice(bytes: usize, size: u32): void {
  const end = bytes + <usize>size;
  for (let p = bytes; p < end; p++) {
    const value = <u32>load<u8>(p);
    if (value == <u32>load<u8>(LIST)) {
      run++;
      continue;
    }
    if (run != 0) flushRun();
    putSymbol(takePlace(value) + 1);
  }
}

/** The place of a byte that the list holds; it moves to the front. */
function takePlace(value: u32): u32 {
  let base: usize = 0;
  let place: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const wanted = i8x16.splat(<i8>value);
    const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let before = wanted;
    let found = 0;
    while (found == 0) {
      const here = v128.load(LIST + base);
      let shifted = i8x16.shuffle(
        before,
        here,
        15,
        16,
        17,
        18,
        19,
        20,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        29,
        30,
      );
      found = i8x16.bitmask(i8x16.eq(here, wanted));
      if (found != 0) {
        const lane = <u32>ctz<i32>(found);
        place = <u32>base + lane;
        shifted = v128.bitselect(shifted, here, i8x16.le_u(lanes, i8x16.splat(<i8>lane)));
      }
      v128.store(LIST + base, shifted);
      before = here;
      base += 16;
    }
  } else {
    const wanted = <u64>value * 0x0101010101010101;
    let carry = <u64>value;
    let found: u64 = 0;
    while (found == 0) {
      const here = load<u64>(LIST + base);
      let shifted = (here << 8) | carry;
      found = zeroBytes(here ^ wanted);
      if (found != 0) {
        const bit = ctz<u64>(found);
        place = <u32>base + (<u32>bit >>> 3);
        // What lies above the byte that was found stays.
        const above = (<u64>0xfffffffffffffffe) << bit;
        shifted = (here & above) | (shifted & ~above);
      }
      store<u64>(LIST + base, shifted);
      carry = here >>> 56;
      base += 8;
    }
  }
  return place;
}

const LOW_BITS: u64 = 0x7f7f7f7f7f7f7f7f;

/** Bit 7 of each byte that is zero (H. S. Warren, "Hacker's Delight", section 6-1). */
function zeroBytes(x: u64): u64 {
  return ~(((x & LOW_BITS) + LOW_BITS) | x | LOW_BITS);
}
