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

/** Mixes a word of input on its own. */
function scramble(word: U64): void {
  multiply(word, P2);
  rotate(word, 31);
  multiply(word, P1);
}

/** Takes a prepared word into the hash. */
function take(hash: U64, { high, low }: U64, turn: number, factor: U64): void {
  xor(hash, high, low);
  rotate(hash, turn);
  multiply(hash, factor);
}

/** Bytes of a stripe: a word for each of four lanes. */
const STRIPE = 32;

/** The hash of all whole stripes, which end at `end`. */
function hashStripes(view: DataView, end: number): U64 {
  const lanes = [u64(P1.high, P1.low), u64(P2.high, P2.low), u64(0, 0), u64(~P1.high, ~P1.low)] as const;
  add(lanes[0], P2);
  // The negative of P1.
  add(lanes[3], u64(0, 1));
  const word = u64(0, 0);
  for (let at = 0; at < end; at += 8) {
    const lane = lanes[(at >>> 3) & 3]!;
    word.low = view.getUint32(at, true);
    word.high = view.getUint32(at + 4, true);
    multiply(word, P2);
    add(lane, word);
    rotate(lane, 31);
    multiply(lane, P1);
  }
  const hash = u64(0, 0);
  for (const [lane, count] of [1, 7, 12, 18].entries()) {
    const turned = u64(lanes[lane]!.high, lanes[lane]!.low);
    rotate(turned, count);
    add(hash, turned);
  }
  for (const lane of lanes) {
    scramble(lane);
    xor(hash, lane.high, lane.low);
    multiply(hash, P1);
    add(hash, P4);
  }
  return hash;
}

/** Takes the bytes from `start` on, fewer than a stripe: by eight, by four, one by one. */
function takeRest(hash: U64, view: DataView, start: number): void {
  const end = view.byteLength;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const word = u64(view.getUint32(at + 4, true), view.getUint32(at, true));
    scramble(word);
    take(hash, word, 27, P1);
    add(hash, P4);
  }
  if (at + 4 <= end) {
    const word = u64(0, view.getUint32(at, true));
    multiply(word, P1);
    take(hash, word, 23, P2);
    add(hash, P3);
    at += 4;
  }
  for (; at < end; at++) {
    const word = u64(0, view.getUint8(at));
    multiply(word, P5);
    take(hash, word, 11, P1);
  }
}

/** The low 32 bits of XXH64 of bytes, which is what zstd stores. */
export function xxh64Low(bytes: Uint8Array): number {
  const size = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const striped = size - (size % STRIPE);
  const hash = striped > 0 ? hashStripes(view, striped) : u64(P5.high, P5.low);
  add(hash, u64(Math.floor(size / 2 ** 32), size));
  takeRest(hash, view, striped);
  shiftXor(hash, 33);
  multiply(hash, P2);
  shiftXor(hash, 29);
  multiply(hash, P3);
  shiftXor(hash, 32);
  return hash.low;
}
