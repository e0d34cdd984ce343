// Adds a diff to old bytes, byte by byte modulo 256: what bsdiff calls the diff block (C. Percival, "Naive
// differences of executable code", 2003). The bulk of applying a patch, bound by memory.
//
// SIMD adds 64 bytes a turn. Scalar adds eight in a register: with the top bit of each byte masked off no carry
// leaves its byte, and the top bit is then the exclusive or of both top bits and the carry that arrived there
// (H. S. Warren, "Hacker's Delight", section 2-18).

const TOP_BITS: u64 = 0x8080808080808080;

/**
 * out[i] = old[i] + diff[i] for `size` bytes. `out` may be `old` or `diff` itself; other overlaps are the caller's
 * error. Writes nothing behind out[size - 1] and reads nothing behind the inputs' ends. The host calls it over at most 64 KiB at a time.
 */
export function addDiff(out: usize, old: usize, diff: usize, size: u32): void {
  let left = size;
  if (ASC_FEATURE_SIMD) {
    for (; left >= 64; left -= 64) {
      const a = i8x16.add(v128.load(old), v128.load(diff));
      const b = i8x16.add(v128.load(old, 16), v128.load(diff, 16));
      const c = i8x16.add(v128.load(old, 32), v128.load(diff, 32));
      const d = i8x16.add(v128.load(old, 48), v128.load(diff, 48));
      v128.store(out, a);
      v128.store(out, b, 16);
      v128.store(out, c, 32);
      v128.store(out, d, 48);
      out += 64;
      old += 64;
      diff += 64;
    }
  }
  for (; left >= 8; left -= 8) {
    const a = load<u64>(old);
    const b = load<u64>(diff);
    store<u64>(out, ((a & ~TOP_BITS) + (b & ~TOP_BITS)) ^ ((a ^ b) & TOP_BITS));
    out += 8;
    old += 8;
    diff += 8;
  }
  for (; left > 0; left--) {
    store<u8>(out++, <u8>(<u32>load<u8>(old++) + <u32>load<u8>(diff++)));
  }
}
