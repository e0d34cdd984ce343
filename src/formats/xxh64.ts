/**
 * XXH64 with seed 0, zstd's checksum of a frame (Y. Collet, xxHash specification, 0.1.1). Numbers of 64 bits are pairs of 32; products are made
 * of 16-bit digits, since BigInt takes about ten times as long.
 */
interface U64 {
  high: number;
  low: number;
}

const u64 = (high: number, low: number): U64 => ({ high: high >>> 0, low: low >>> 0 });
const P1 = u64(0x9e3779b1, 0x85ebca87);
const P2 = u64(0xc2b2ae3d, 0x27d4eb4f);
const P3 = u64(0x165667b1, 0x9e3779f9);
const P4 = u64(0x85ebca77, 0xc2b2ae63);
const P5 = u64(0x27d4eb2f, 0x165667c5);

function add(a: U64, b: U64): void {
  const low = a.low + b.low;
  a.high = (a.high + b.high + (low > 0xffffffff ? 1 : 0)) >>> 0;
  a.low = low >>> 0;
}

function multiply(a: U64, b: U64): void {
  const [a0, a1] = [a.low & 0xffff, a.low >>> 16];
  const [b0, b1] = [b.low & 0xffff, b.low >>> 16];
  const low = a0 * b0;
  const middle = a1 * b0 + (low >>> 16);
  const other = a0 * b1 + (middle % 65536);
  const carry = a1 * b1 + Math.floor(middle / 65536) + Math.floor(other / 65536);
  a.high = (carry + Math.imul(a.high, b.low) + Math.imul(a.low, b.high)) >>> 0;
  a.low = ((other << 16) | (low & 0xffff)) >>> 0;
}

function rotate(a: U64, count: number): void {
  const { high, low } = a;
  a.high = ((high << count) | (low >>> (32 - count))) >>> 0;
  a.low = ((low << count) | (high >>> (32 - count))) >>> 0;
}

function xor(a: U64, high: number, low: number): void {
  a.high = (a.high ^ high) >>> 0;
  a.low = (a.low ^ low) >>> 0;
}

function shiftXor(a: U64, count: number): void {
  if (count >= 32) xor(a, 0, a.high >>> (count - 32));
  else xor(a, a.high >>> count, (a.low >>> count) | (a.high << (32 - count)));
}

const INPUT = u64(0, 0);

function round(state: U64, view: DataView, at: number): void {
  INPUT.low = view.getUint32(at, true);
  INPUT.high = view.getUint32(at + 4, true);
  multiply(INPUT, P2);
  add(state, INPUT);
  rotate(state, 31);
  multiply(state, P1);
}

/** The low 32 bits of XXH64 of bytes, which is what zstd stores. */
export function xxh64Low(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = bytes.length;
  let at = 0;
  let hash: U64;
  if (size >= 32) {
    const lanes = [u64(P1.high, P1.low), u64(P2.high, P2.low), u64(0, 0), u64(0, 0)] as const;
    add(lanes[0], P2);
    // Minus P1.
    lanes[3].high = ~P1.high >>> 0;
    lanes[3].low = ~P1.low >>> 0;
    add(lanes[3], u64(0, 1));
    for (; at + 32 <= size; at += 32)
      for (let lane = 0; lane < 4; lane++) round(lanes[lane]!, view, at + 8 * lane);
    hash = u64(0, 0);
    for (const [lane, count] of [1, 7, 12, 18].entries()) {
      const turned = u64(lanes[lane]!.high, lanes[lane]!.low);
      rotate(turned, count);
      add(hash, turned);
    }
    for (const lane of lanes) {
      multiply(lane, P2);
      rotate(lane, 31);
      multiply(lane, P1);
      xor(hash, lane.high, lane.low);
      multiply(hash, P1);
      add(hash, P4);
    }
  } else hash = u64(P5.high, P5.low);
  add(hash, u64(Math.floor(size / 2 ** 32), size));
  for (; at + 8 <= size; at += 8) {
    const word = u64(view.getUint32(at + 4, true), view.getUint32(at, true));
    multiply(word, P2);
    rotate(word, 31);
    multiply(word, P1);
    xor(hash, word.high, word.low);
    rotate(hash, 27);
    multiply(hash, P1);
    add(hash, P4);
  }
  if (at + 4 <= size) {
    const word = u64(0, view.getUint32(at, true));
    multiply(word, P1);
    xor(hash, word.high, word.low);
    rotate(hash, 23);
    multiply(hash, P2);
    add(hash, P3);
    at += 4;
  }
  for (; at < size; at++) {
    const word = u64(0, bytes[at]!);
    multiply(word, P5);
    xor(hash, word.high, word.low);
    rotate(hash, 11);
    multiply(hash, P1);
  }
  shiftXor(hash, 33);
  multiply(hash, P2);
  shiftXor(hash, 29);
  multiply(hash, P3);
  shiftXor(hash, 32);
  return hash.low;
}
