import { ByteWriter } from '../bytes/byte-writer.js';
import type { LzEncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { LzParameters } from './codec.js';

/** How hard the lz encoder looks; see assembly/entropy/lz-parser.ts. */
export interface LzSearch {
  /** Optimal parsing over a binary tree, or greedy parsing over hash chains. */
  readonly optimal: boolean;
  /** Earlier positions tried for each place. */
  readonly depth: number;
  /** A match of this length is taken without looking further, 8..273. */
  readonly nice: number;
}

const SLICE = 64 << 10;
/** A slice may overrun its target by one path of the parser; bytes grow by at most an eighth. */
const OUTPUT_SIZE = SLICE * 2 + (32 << 10);
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
  const block = kernel.alloc(exports.lzEncoderSize(size, window, lc, lp, useOptimal));
  const out = kernel.alloc(OUTPUT_SIZE);
  const coded = new ByteWriter(1 << 12);
  exports.lzEncoderStart(block, ptr, size, window, lc, lp, pb, useOptimal, depth, nice);
  for (let done = 0; done < size; ) {
    const end = exports.lzEncodeStep(Math.min(size, done + SLICE), out);
    coded.put(kernel.view(out, end - out));
    done = exports.lzEncodedSize();
    yield done;
  }
  coded.put(kernel.view(out, exports.lzEncodeFinish(out) - out));
  kernel.release(mark);
  const bytes = coded.take();
  let kept = bytes.length;
  for (let i = 0; i < OMITTED_MAX && kept > 1 && bytes[kept - 1] === 0; i++) kept--;
  return bytes.slice(0, kept);
}
