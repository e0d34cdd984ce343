// How long and how well two stretches of bytes agree: the innermost loops of matching.
//
// SIMD compares 16 bytes a turn. Scalar compares 8: the exclusive or of two words has a zero byte where they agree,
// found exactly by adding 0x7f to the low seven bits of each byte (H. S. Warren, "Hacker's Delight", section 6-1).
// Loads may pass the given size by 15 bytes, which every buffer's slack allows; what lies there never counts.

const LOW_BITS: u64 = 0x7f7f7f7f7f7f7f7f;

/** Bit 7 of each byte that is zero in `x`. */
function zeroBytes(x: u64): u64 {
  return ~(((x & LOW_BITS) + LOW_BITS) | x | LOW_BITS);
}

/** Bytes that agree from the start on, at most `size`. */
export function matchLength(a: usize, b: usize, size: u32): u32 {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i < size; i += 16) {
      const differ = i8x16.bitmask(i8x16.ne(v128.load(a + i), v128.load(b + i)));
      if (differ != 0) {
        i += <u32>ctz<i32>(differ);
        break;
      }
    }
  } else {
    for (; i < size; i += 8) {
      const differ = load<u64>(a + i) ^ load<u64>(b + i);
      if (differ != 0) {
        i += <u32>ctz<u64>(differ) >>> 3;
        break;
      }
    }
  }
  return i < size ? i : size;
}

/** Bytes that agree before `a` and `b`, going backward, at most `size`. */
export function matchLengthBackward(a: usize, b: usize, size: u32): u32 {
  let i: u32 = 0;
  for (; i + 8 <= size; i += 8) {
    const differ = load<u64>(a - i - 8) ^ load<u64>(b - i - 8);
    if (differ != 0) return i + (<u32>clz<u64>(differ) >>> 3);
  }
  while (i < size && load<u8>(a - i - 1) == load<u8>(b - i - 1)) i++;
  return i;
}

/** Bytes among `size` that agree. */
export function countEqual(a: usize, b: usize, size: u32): u32 {
  let count: u32 = 0;
  let left = size;
  if (ASC_FEATURE_SIMD) {
    for (; left >= 16; left -= 16) {
      count += <u32>popcnt<i32>(i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))));
      a += 16;
      b += 16;
    }
    if (left != 0) {
      const equal = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
      count += <u32>popcnt<i32>(equal & ((1 << left) - 1));
    }
  } else {
    for (; left >= 8; left -= 8) {
      count += <u32>popcnt<u64>(zeroBytes(load<u64>(a) ^ load<u64>(b)));
      a += 8;
      b += 8;
    }
    if (left != 0) {
      const equal = zeroBytes(load<u64>(a) ^ load<u64>(b));
      count += <u32>popcnt<u64>(equal & (((<u64>1) << (left << 3)) - 1));
    }
  }
  return count;
}

/** Bit i of the result tells whether byte i of 32 agrees. */
export function equalMask(a: usize, b: usize): u32 {
  if (ASC_FEATURE_SIMD) {
    const low = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
    const high = i8x16.bitmask(i8x16.eq(v128.load(a, 16), v128.load(b, 16)));
    return <u32>(low | (high << 16));
  } else {
    let mask = eightBits(load<u64>(a) ^ load<u64>(b));
    mask |= eightBits(load<u64>(a, 8) ^ load<u64>(b, 8)) << 8;
    mask |= eightBits(load<u64>(a, 16) ^ load<u64>(b, 16)) << 16;
    return mask | (eightBits(load<u64>(a, 24) ^ load<u64>(b, 24)) << 24);
  }
}

/** One bit for each byte of `x`: is it zero? The product moves bit 7 of byte i to bit 56 + i. */
function eightBits(x: u64): u32 {
  return <u32>(((zeroBytes(x) >>> 7) * 0x0102040810204080) >>> 56);
}
