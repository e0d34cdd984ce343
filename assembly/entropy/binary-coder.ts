// Binary arithmetic coder for modelled bits, one source for both directions: `codeBit(bit, p)` writes `bit`
// when encoding and answers the bit read when decoding, so a model that is written once cannot disagree with
// itself.
//
// Interval coder without carries (M. Mahoney, "Data Compression Explained", section 4.1): the interval
// [low, high] of 32-bit numbers is split in the ratio of the 16-bit probability that the bit is 1; leading
// bytes on which both ends agree are shifted out. Integers only. When the ends straddle a byte boundary the
// interval can become as small as two numbers, and a bit then costs up to one bit whatever its probability; that
// is rare.
//
// Only one coded stream is open at a time; `saveCoder`/`restoreCoder` park one while another runs (32 bytes).
//
// The end is canonical. The ends of the interval always differ in their top byte, so the top byte of `high`, followed by
// zeros, lies inside: that byte is the whole ending. The decoder reads zeros behind the end, and `coderFinished` accepts
// a stream only if its last byte is just that one. So every bit sequence has one coded form, and a stream that lost,
// gained or changed its last bytes is refused.

import { BAD_STREAM, OK } from '../common/status';

/** Bytes that the decoder holds ahead of the bit it codes. */
const AHEAD: u32 = 4;

let encoding: bool = false;
let low: u32 = 0;
let high: u32 = 0xffffffff;
let code: u32 = 0;
let ptr: usize = 0;
let end: usize = 0;
/** Zeros read behind the end. */
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
  for (let i: u32 = 0; i < AHEAD; i++) code = (code << 8) | nextByte();
}

/** Goes on writing at `out`: the host took what was written so far. */
export function moveEncoder(out: usize): void {
  ptr = out;
}

/** Address behind the last byte written or read. */
export function coderPosition(): usize {
  return ptr;
}

/** Whether a read stream needs bytes behind its end, so that its end can only be wrong. Loops stop on this. */
export function coderOverran(): bool {
  return overrun >= AHEAD;
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
  high = select<u32>(middle, high, bit != 0);
  low = select<u32>(low, middle + 1, bit != 0);
  while ((low ^ high) >>> 24 == 0) {
    if (encoding) store<u8>(ptr++, <u8>(high >>> 24));
    else code = (code << 8) | nextByte();
    low <<= 8;
    high = (high << 8) | 255;
  }
  return bit;
}

/** Ends a written stream with one byte; answers its end address. */
export function finishEncoder(): usize {
  store<u8>(ptr++, <u8>(high >>> 24));
  return ptr;
}

/** OK when a read stream ended exactly as `finishEncoder` ends it, else BAD_STREAM. */
export function coderFinished(): i32 {
  const exact = ptr == end && overrun == AHEAD - 1 && code == (high >>> 24) << 24;
  return exact ? OK : BAD_STREAM;
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

/** Takes up the stream that `saveCoder` parked at `block`. */
export function restoreCoder(block: usize): void {
  encoding = load<u32>(block) != 0;
  low = load<u32>(block, 4);
  high = load<u32>(block, 8);
  code = load<u32>(block, 12);
  ptr = <usize>load<u32>(block, 16);
  end = <usize>load<u32>(block, 20);
  overrun = load<u32>(block, 24);
}
