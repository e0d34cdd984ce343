import { readBody } from '../container/patch-body.js';
import type { PatchHeader } from '../container/patch-header.js';
import type { StreamEntry } from '../container/stream-table.js';
import type { StreamDecoder } from '../entropy/codec.js';
import type { CreateDecoder } from '../entropy/plain-decoder.js';
import type { LzDecoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';

/** A stream of a patch with the pieces of its coded bytes. */
export interface CodedStream {
  readonly entry: StreamEntry;
  readonly pieces: readonly Uint8Array[];
  /** A decoder of these bytes. Throws FormatError(BAD_CODER). */
  readonly open: (kernel: KernelInstance<LzDecoderExports>) => StreamDecoder;
}

/** The streams of a patch. Throws FormatError when the body is not what the header says. */
export function listStreams(
  { streams }: Pick<PatchHeader, 'streams'>,
  body: Uint8Array,
  createDecoder: CreateDecoder,
): CodedStream[] {
  const pieces = readBody(body, streams);
  return streams.map((entry, i) => codedStream(entry, pieces[i]!, createDecoder));
}

export function codedStream(
  entry: StreamEntry,
  pieces: readonly Uint8Array[],
  createDecoder: CreateDecoder,
): CodedStream {
  const open = (kernel: KernelInstance<LzDecoderExports>) => {
    const decoder = createDecoder(kernel, entry.coder, entry.parameters, entry.rawSize);
    pieces.forEach((piece, i) => {
      decoder.feed(piece, i === pieces.length - 1);
    });
    return decoder;
  };
  return { entry, pieces, open };
}
