// How far two byte strings agree: exactly (up to the first difference) and approximately (how many of the next
// 32 bytes are equal). The innermost loops of the matcher.

/** Bytes that agree at `a` and `b` before the first difference, at most `limit`. */
export function matchLength(a: usize, b: usize, limit: u32): u32 {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 16 <= limit; i += 16) {
      const different = i8x16.bitmask(i8x16.ne(v128.load(a + <usize>i), v128.load(b + <usize>i)));
      if (different) return i + <u32>ctz<i32>(different);
    }
  } else {
    for (; i + 8 <= limit; i += 8) {
      const different = load<u64>(a + <usize>i) ^ load<u64>(b + <usize>i);
      if (different) return i + (<u32>ctz<u64>(different) >>> 3);
    }
  }
  for (; i < limit; i++) if (load<u8>(a + <usize>i) != load<u8>(b + <usize>i)) break;
  return i;
}

/** How many of the 32 bytes at `a` and `b` are equal. */
export function countEqual32(a: usize, b: usize): u32 {
  if (ASC_FEATURE_SIMD) {
    const front = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
    const back = i8x16.bitmask(i8x16.eq(v128.load(a, 16), v128.load(b, 16)));
    return <u32>popcnt<i32>(front | (back << 16));
  }
  return (
    countEqual8(a, b) + countEqual8(a + 8, b + 8) + countEqual8(a + 16, b + 16) + countEqual8(a + 24, b + 24)
  );
}

// Zero bytes of the difference: the high bit of ((x & 0x7f..) + 0x7f..) | x is set exactly where a byte is not 0.
function countEqual8(a: usize, b: usize): u32 {
  const x = load<u64>(a) ^ load<u64>(b);
  const nonZero = (((x & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f) | x) & 0x8080808080808080;
  return 8 - <u32>popcnt<u64>(nonZero);
}

/** Equal bytes of two strings of any length. */
export function countEqual(a: usize, b: usize, size: u32): u32 {
  let equal: u32 = 0;
  let i: u32 = 0;
  for (; i + 32 <= size; i += 32) equal += countEqual32(a + <usize>i, b + <usize>i);
  for (; i < size; i++) if (load<u8>(a + <usize>i) == load<u8>(b + <usize>i)) equal++;
  return equal;
}
