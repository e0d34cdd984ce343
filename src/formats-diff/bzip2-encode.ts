import { concatBytes } from '../bytes/concat-bytes.js';
import type { Bzip2EncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** A bzip2 stream of bytes in linear memory; `afterBlock` hears how many of them were encoded. */
export function* encodeBzip2(
  kernel: KernelInstance<Bzip2EncoderExports>,
  ptr: number,
  size: number,
): Generator<number, Uint8Array<ArrayBuffer>> {
  const { exports } = kernel;
  const mark = kernel.mark();
  const scratch = kernel.alloc(exports.bzip2Scratch(size) >>> 0);
  const out = kernel.alloc(exports.bzip2Room(size) >>> 0);
  const blocks: Uint8Array[] = [];
  exports.bzip2Start(ptr, size, scratch);
  let done = 0;
  do {
    blocks.push(kernel.take(out, exports.bzip2EncodeBlock(out) >>> 0));
    done = exports.bzip2Position() >>> 0;
    yield done;
  } while (done < size);
  kernel.release(mark);
  return concatBytes(...blocks);
}
