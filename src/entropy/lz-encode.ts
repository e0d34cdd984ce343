import { ByteWriter } from '../bytes/byte-writer.js';
import type { LzEncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { LzParameters } from './codec.js';

/** How hard the lz encoder looks; see assembly/entropy/lz-encoder.ts. */
export interface LzSearch {
  /** Optimal parsing over a binary tree, or greedy parsing over hash chains. */
  readonly optimal: boolean;
  /** Earlier positions tried for each place. */
  readonly depth: number;
  /** A match of this length is taken without looking further, 8..273. */
  readonly nice: number;
}

const SLICE = 64 << 10;
/** A slice and the room that its last path asks for. */
const OUTPUT_SIZE = SLICE + (64 << 10);
/** Zero bytes that the decoder makes up at the end of a stream. */
const OMITTED_MAX = 4;

/** Encodes bytes that stand in linear memory. The result does not depend on the slices. */
export function* encodeLz(
  kernel: KernelInstance<LzEncoderExports>,
  ptr: number,
  size: number,
  { lc, lp, pb, dictionaryLog2 }: LzParameters,
  { optimal, depth, nice }: LzSearch,
): Generator<number, Uint8Array<ArrayBuffer>, void> {
  const { exports } = kernel;
  const mark = kernel.mark();
  const window = 2 ** dictionaryLog2;
  const useOptimal = optimal ? 1 : 0;
  const block = kernel.alloc(exports.lzEncoderSize(size, window, lc, lp, useOptimal, depth));
  let outSize = OUTPUT_SIZE;
  let out = kernel.alloc(outSize);
  const makeRoom = () => {
    const room = exports.lzEncoderRoom();
    if (room <= outSize) return;
    // Bytes wait for a carry, more than a slice of them.
    outSize = 2 * room;
    out = kernel.alloc(outSize);
  };
  const coded = new ByteWriter(1 << 12);
  exports.lzEncoderStart(block, ptr, size, window, lc, lp, pb, useOptimal, depth, nice);
  for (let done = 0; done < size; ) {
    makeRoom();
    const end = exports.lzEncodeStep(Math.min(size, done + SLICE), out, outSize);
    coded.put(kernel.view(out, end - out));
    done = exports.lzEncodedSize();
    yield done;
  }
  makeRoom();
  coded.put(kernel.view(out, exports.lzEncodeFinish(out) - out));
  kernel.release(mark);
  const bytes = coded.take();
  let kept = bytes.length;
  for (let i = 0; i < OMITTED_MAX && kept > 1 && bytes[kept - 1] === 0; i++) kept--;
  return bytes.slice(0, kept);
}
