/**
 * SHA-256 of many messages by the wasm kernels, four at once: each of four lanes has a quarter of a tile and the state of one message. A step
 * runs the lanes as far as all four have whole blocks; a message that ends is padded on its own and the next one
 * takes its lane. Messages are taken longest first, so the lanes run dry together; when fewer than four are
 * left, each is finished on its own (three filled lanes are no faster than one stream after the other).
 */

import { SHA256_SIZE } from './hasher.js';
import { absorb, type Sha256Kernel, TILE } from './kernel-digest.js';

const BLOCK = 64;
const LANES = 4;
const LANE_TILE = TILE / LANES;

/** Digests of many messages, in their order; frees what it takes of `kernel`'s memory. */
export function hashManyWithKernel(
  kernel: Sha256Kernel,
  messages: readonly Uint8Array[],
): Uint8Array<ArrayBuffer>[] {
  const mark = kernel.mark();
  const stateSize = kernel.exports.sha256StateSize();
  const states = kernel.alloc(LANES * stateSize);
  const inputs = kernel.alloc(LANES * 4);
  const out = kernel.alloc(SHA256_SIZE);
  const tiles = kernel.alloc(TILE);
  const digests = new Array<Uint8Array<ArrayBuffer>>(messages.length);
  const order = messages.map((_, index) => index);
  order.sort((a, b) => messages[b]!.length - messages[a]!.length || a - b);
  let next = 0;

  const lanes = [0, 1, 2, 3].map((lane) => {
    const tile = tiles + lane * LANE_TILE;
    kernel.view32(inputs, LANES)[lane] = tile;
    return { state: states + lane * stateSize, tile, index: -1, rest: new Uint8Array(0) };
  });
  type Lane = (typeof lanes)[number];

  /** Gives the lane the next message that has a whole block; shorter ones are done with on the way. */
  const startNext = (lane: Lane): boolean => {
    while (next < order.length) {
      lane.index = order[next++]!;
      lane.rest = messages[lane.index]! as Uint8Array<ArrayBuffer>;
      kernel.exports.startSha256(lane.state);
      if (lane.rest.length >= BLOCK) return true;
      finish(lane);
    }
    return false;
  };
  const finish = (lane: Lane): void => {
    absorb(kernel, lane.state, lane.tile, LANE_TILE, lane.rest);
    kernel.exports.finishSha256(lane.state, out);
    digests[lane.index] = kernel.take(out, SHA256_SIZE);
  };

  let running = lanes.filter(startNext);
  while (running.length === LANES) {
    const shortest = Math.min(LANE_TILE, ...running.map((lane) => lane.rest.length));
    const size = shortest - (shortest % BLOCK);
    for (const lane of running) {
      kernel.write(lane.tile, lane.rest.subarray(0, size));
      lane.rest = lane.rest.subarray(size);
    }
    kernel.exports.updateSha256Lanes(states, inputs, size / BLOCK);
    running = running.filter((lane) => {
      if (lane.rest.length >= BLOCK) return true;
      finish(lane);
      return startNext(lane);
    });
  }
  for (const lane of running) finish(lane);
  kernel.release(mark);
  return digests;
}
