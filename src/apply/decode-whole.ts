import { patchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import { DEFAULT_MEMORY_LIMIT } from './apply-limits.js';
import type { DecodeForm } from './decoders.js';

const PIECE_SIZE = 256 << 10;

/** Decodes a `stored` patch: one stream that is the whole of new, compressed alone, or none where new is empty. */
export const decodeWhole: DecodeForm = function* (_old, _header, streams, onBytes, options) {
  const { simd, memoryLimit = DEFAULT_MEMORY_LIMIT } = options;
  const kernel = applyKernels({ simd, memoryLimit });
  const stream = streams[0];
  if (stream === undefined) return kernel.memorySize;
  const { rawSize } = stream.entry;
  const decoder = stream.open(kernel);
  const ptr = kernel.alloc(PIECE_SIZE);
  for (let offset = 0; offset < rawSize; ) {
    const count = decoder.pull(ptr, Math.min(PIECE_SIZE, rawSize - offset));
    if (count === 0) throw patchError('TRUNCATED', 'entropy', `new ends at ${offset} of ${rawSize} bytes`);
    onBytes(kernel.view(ptr, count), offset);
    offset += count;
    yield { stage: 'apply', done: offset, total: rawSize };
  }
  decoder.finish();
  return kernel.memorySize;
};
