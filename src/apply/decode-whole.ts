import type { PatchHeader } from '../container/patch-header.js';
import { createStreamDecoder } from '../entropy/stream-decoder.js';
import { patchError } from '../errors/patch-error.js';
import type { ApplyExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { Steps } from '../progress/run-steps.js';
import type { CodedStream } from './decode-residual.js';

const PIECE_SIZE = 256 << 10;

/** Decodes a `stored` patch: one stream that is the whole of new, compressed alone. */
export function* decodeWhole(
  kernel: KernelInstance<ApplyExports>,
  header: PatchHeader,
  streams: readonly CodedStream[],
  onBytes: (bytes: Uint8Array, offset: number) => void,
): Steps<void> {
  const stream = streams[0];
  if (streams.length !== (header.newSize === 0 ? 0 : 1) || (stream && stream.entry.name !== 'whole')) {
    throw patchError('BAD_STREAM', 'container', 'a stored patch has one stream, the whole of new');
  }
  if (stream === undefined) return;
  const { coder, parameters, rawSize } = stream.entry;
  const decoder = createStreamDecoder(kernel, coder, parameters, rawSize);
  stream.pieces.forEach((piece, i) => {
    decoder.feed(piece, i === stream.pieces.length - 1);
  });
  const ptr = kernel.alloc(PIECE_SIZE);
  for (let offset = 0; offset < rawSize; ) {
    const count = decoder.pull(ptr, Math.min(PIECE_SIZE, rawSize - offset));
    if (count === 0) throw patchError('TRUNCATED', 'entropy', `new ends at ${offset} of ${rawSize} bytes`);
    onBytes(kernel.view(ptr, count), offset);
    offset += count;
    yield { stage: 'apply', done: offset, total: rawSize };
  }
  decoder.finish();
}
