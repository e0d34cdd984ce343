// bzip2's checksum: CRC-32 of polynomial 0x04c11db7, the highest bit of a byte first, four bytes a turn.
//
// Source: D. V. Sarwate, "Computation of cyclic redundancy checks via table look-up", 1988; bzip2's crctable.c for the polynomial.

const POLYNOMIAL: u32 = 0x04c11db7;
const SLICE: u32 = 65536;

/** What a byte does to the state when 0, 1, 2 or 3 more follow it in the word: 256 words for each. */
const TABLES: usize = memory.data(4 * 1024, 16);

export function initBzip2Crc(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let value = i << 24;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (<i32>value < 0 ? POLYNOMIAL : 0);
    store<u32>(TABLES + <usize>(i << 2), value);
  }
  for (let i: u32 = 0; i < 768; i++) {
    const value = load<u32>(TABLES + <usize>(i << 2));
    store<u32>(TABLES + <usize>(i << 2), (value << 8) ^ entry(0, value >>> 24), 1024);
  }
}

function entry(table: usize, byte: u32): u32 {
  return load<u32>(TABLES + (table << 10) + <usize>(byte << 2));
}

/** State after more bytes; the first state is all ones, the checksum is the complement of the last one. */
export function updateBzip2Crc(state: u32, ptr: usize, size: u32): u32 {
  let crc = state;
  let at: u32 = 0;
  for (; at + SLICE < size; at += SLICE) crc = crcOfSlice(crc, ptr + <usize>at, SLICE);
  return crcOfSlice(crc, ptr + <usize>at, size - at);
}

function crcOfSlice(state: u32, ptr: usize, size: u32): u32 {
  let crc = state;
  let p = ptr;
  let left = size;
  for (; left >= 4; left -= 4) {
    crc ^= bswap<u32>(load<u32>(p));
    crc =
      entry(3, crc >>> 24) ^ entry(2, (crc >>> 16) & 255) ^ entry(1, (crc >>> 8) & 255) ^ entry(0, crc & 255);
    p += 4;
  }
  for (; left > 0; left--) crc = (crc << 8) ^ entry(0, (crc >>> 24) ^ <u32>load<u8>(p++));
  return crc;
}
