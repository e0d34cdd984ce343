// SHA-256 (FIPS 180-4) over memory that the host owns. A message is absorbed in pieces of any length; what is
// known of it lies in a block of `sha256StateSize()` bytes, so that a host may run many messages side by side
// and copy a state to fork it:
//
//    0  32  chaining value: eight u32
//   32   8  u64: bytes absorbed so far
//   40  64  bytes of the block that is not full yet: the count above modulo 64 of them hold
//  104   8  unused
//
//   startSha256(state)                 an empty message
//   updateSha256(state, ptr, size)     appends bytes
//   finishSha256(state, out)           writes the 32 bytes of the digest; the state is used up
//   updateSha256Lanes(...)             appends whole blocks to four messages at once
//
// Four lanes: the four states' words stand in the lanes of a vector, so one instruction works for four messages;
// 1.7 times the speed of one stream, for folders of files and lists of windows. Without SIMD the four are run
// one after the other, with the same result.
//
// The rounds are in sha256-rounds.ts, which is generated. They are called over at most SLICE_BLOCKS blocks,
// never inlined (two callers), so that the engine can switch to optimised code between two slices: the first
// megabytes matter, since an update agent hashes once.

import { compressLanes, compressScalar, compressVector } from './sha256-rounds';

const BLOCK: u32 = 64;
const STATE_SIZE: u32 = 112;
const LENGTH_AT: usize = 32;
const PENDING_AT: usize = 40;
/** 4 KiB: short enough that little runs in baseline code, long enough that the call costs nothing. */
const SLICE_BLOCKS: u32 = 64;
/** Eight vectors: the chaining values of four lanes. */
const CHAIN: usize = memory.data(128, 16);

export function sha256StateSize(): u32 {
  return STATE_SIZE;
}

export function startSha256(state: usize): void {
  // First 32 bits of the fractional parts of the square roots of the first eight primes (section 5.3.3).
  store<u32>(state, 0x6a09e667);
  store<u32>(state, 0xbb67ae85, 4);
  store<u32>(state, 0x3c6ef372, 8);
  store<u32>(state, 0xa54ff53a, 12);
  store<u32>(state, 0x510e527f, 16);
  store<u32>(state, 0x9b05688c, 20);
  store<u32>(state, 0x1f83d9ab, 24);
  store<u32>(state, 0x5be0cd19, 28);
  store<u64>(state, 0, LENGTH_AT);
}

export function updateSha256(state: usize, ptr: usize, size: u32): void {
  const length = load<u64>(state, LENGTH_AT);
  store<u64>(state, length + <u64>size, LENGTH_AT);
  const pending = <u32>length & (BLOCK - 1);
  if (pending > 0) {
    const missing = BLOCK - pending;
    const taken = size < missing ? size : missing;
    memory.copy(state + PENDING_AT + <usize>pending, ptr, <usize>taken);
    if (taken < missing) return;
    compress(state, state + PENDING_AT, 1);
    ptr += <usize>taken;
    size -= taken;
  }
  let blocks = size / BLOCK;
  while (blocks > 0) {
    const slice = blocks < SLICE_BLOCKS ? blocks : SLICE_BLOCKS;
    compress(state, ptr, slice);
    ptr += <usize>(slice * BLOCK);
    blocks -= slice;
  }
  memory.copy(state + PENDING_AT, ptr, <usize>(size & (BLOCK - 1)));
}

/** Pads the message and writes its digest; `out` may lie anywhere outside the state. */
export function finishSha256(state: usize, out: usize): void {
  const length = load<u64>(state, LENGTH_AT);
  let pending = <u32>length & (BLOCK - 1);
  const block = state + PENDING_AT;
  store<u8>(block + <usize>pending, 0x80);
  pending++;
  if (pending > BLOCK - 8) {
    memory.fill(block + <usize>pending, 0, <usize>(BLOCK - pending));
    compress(state, block, 1);
    pending = 0;
  }
  memory.fill(block + <usize>pending, 0, <usize>(BLOCK - 8 - pending));
  store<u64>(block, bswap<u64>(length << 3), <usize>(BLOCK - 8));
  compress(state, block, 1);
  for (let at: usize = 0; at < 32; at += 4) store<u32>(out + at, bswap<u32>(load<u32>(state + at)));
}

/**
 * Appends `blocks` whole blocks to each of four messages. Their states lie one behind the other at `states`, the
 * addresses of their bytes are four u32 at `inputs`. The caller guarantees that no state has a block begun (the
 * bytes absorbed are a multiple of 64) and calls it over at most 64 KiB at a time.
 */
export function updateSha256Lanes(states: usize, inputs: usize, blocks: u32): void {
  for (let lane: u32 = 0; lane < 4; lane++) {
    const state = states + <usize>(lane * STATE_SIZE);
    store<u64>(state, load<u64>(state, LENGTH_AT) + <u64>blocks * <u64>BLOCK, LENGTH_AT);
    if (!ASC_FEATURE_SIMD) compress(state, <usize>load<u32>(inputs + <usize>(lane << 2)), blocks);
  }
  if (ASC_FEATURE_SIMD) {
    copyChains(states, true);
    compressLanes(
      CHAIN,
      <usize>load<u32>(inputs),
      <usize>load<u32>(inputs, 4),
      <usize>load<u32>(inputs, 8),
      <usize>load<u32>(inputs, 12),
      blocks,
    );
    copyChains(states, false);
  }
}

function compress(state: usize, ptr: usize, blocks: u32): void {
  if (ASC_FEATURE_SIMD) compressVector(state, ptr, blocks);
  else compressScalar(state, ptr, blocks);
}

/** Moves the chaining values of four states into the lanes, or back. */
function copyChains(states: usize, gather: bool): void {
  for (let lane: u32 = 0; lane < 4; lane++) {
    const state = states + <usize>(lane * STATE_SIZE);
    for (let i: u32 = 0; i < 8; i++) {
      const word = state + <usize>(i << 2);
      const place = CHAIN + <usize>((i << 4) + (lane << 2));
      if (gather) store<u32>(place, load<u32>(word));
      else store<u32>(word, load<u32>(place));
    }
  }
}
