// Binary arithmetic coder for modelled bits, one source for both directions: `codeBit(bit, p)` writes `bit`
// when encoding and answers the bit read when decoding, so a model that is written once cannot disagree with
// itself.
//
// Interval coder without carries (M. Mahoney, "Data Compression Explained", section 4.1): the interval
// [low, high] of 32-bit numbers is split in the ratio of the 16-bit probability that the bit is 1; leading
// bytes on which both ends agree are shifted out. Integers only. Worst case 2^-16 of the interval is lost per
// bit when the ends straddle a byte boundary.
//
// Only one coded stream is open at a time; `saveCoder`/`restoreCoder` park one while another runs (32 bytes).
//
// The encoder ends with as few bytes as name a number inside the interval; the decoder reads zeros behind the
// end, and `coderFinished` accepts a stream only if between 1 and 4 bytes were pending at its end.

import { BAD_STREAM, OK } from '../common/status';

let encoding: bool = false;
let low: u32 = 0;
let high: u32 = 0xffffffff;
let code: u32 = 0;
let ptr: usize = 0;
let end: usize = 0;
let overrun: u32 = 0;

/** Whether the open stream is written (true) or read (false). */
export function isEncoding(): bool {
  return encoding;
}

/** Opens a stream for writing at `out`; the caller guarantees room (see `coderPosition`). */
export function startEncoder(out: usize): void {
  encoding = true;
  low = 0;
  high = 0xffffffff;
  ptr = out;
}

/** Opens a stream of `size` bytes at `source` for reading. */
export function startDecoder(source: usize, size: u32): void {
  encoding = false;
  low = 0;
  high = 0xffffffff;
  code = 0;
  overrun = 0;
  ptr = source;
  end = source + <usize>size;
  for (let i = 0; i < 4; i++) code = (code << 8) | nextByte();
}

/** Address behind the last byte written or read. */
export function coderPosition(): usize {
  return ptr;
}

function nextByte(): u32 {
  if (ptr < end) return <u32>load<u8>(ptr++);
  overrun++;
  return 0;
}

/** Codes one bit with the probability `p` / 65536 that it is 1; `p` in 1..65535. */
export function codeBit(bit: i32, p: u32): i32 {
  const middle = low + <u32>((<u64>(high - low) * <u64>p) >>> 16);
  if (!encoding) bit = code <= middle ? 1 : 0;
  if (bit) high = middle;
  else low = middle + 1;
  while ((low ^ high) >>> 24 == 0) {
    if (encoding) store<u8>(ptr++, <u8>(high >>> 24));
    else code = (code << 8) | nextByte();
    low <<= 8;
    high = (high << 8) | 255;
  }
  return bit;
}

/** Ends a written stream with the shortest byte string inside the interval; answers its end address. */
export function finishEncoder(): usize {
  // Shortest prefix b such that b followed by zeros is at least low: the decoder pads with zeros.
  for (let bits: u32 = 24; ; bits -= 8) {
    const mask: u32 = bits == 0 ? 0 : <u32>(((<u64>1) << bits) - 1);
    const candidate = (high >>> bits) << bits;
    if (candidate >= low || mask == 0) {
      for (let shift: i32 = 24; shift >= <i32>bits; shift -= 8) store<u8>(ptr++, <u8>(candidate >>> shift));
      return ptr;
    }
  }
}

/** OK when a read stream was used up exactly, BAD_STREAM when bytes are missing or left over. */
export function coderFinished(): i32 {
  return ptr == end && overrun <= 3 ? OK : BAD_STREAM;
}

/** Parks the coder's state in 32 bytes at `block`. */
export function saveCoder(block: usize): void {
  store<u32>(block, encoding ? 1 : 0);
  store<u32>(block, low, 4);
  store<u32>(block, high, 8);
  store<u32>(block, code, 12);
  store<u32>(block, <u32>ptr, 16);
  store<u32>(block, <u32>end, 20);
  store<u32>(block, overrun, 24);
}

export function restoreCoder(block: usize): void {
  encoding = load<u32>(block) != 0;
  low = load<u32>(block, 4);
  high = load<u32>(block, 8);
  code = load<u32>(block, 12);
  ptr = <usize>load<u32>(block, 16);
  end = <usize>load<u32>(block, 20);
  overrun = load<u32>(block, 24);
}
