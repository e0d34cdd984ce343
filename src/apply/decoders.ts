import type { RandomAccess } from '../bytes/random-access.js';
import type { PatchHeader } from '../container/patch-header.js';
import type { CreateDecoder } from '../entropy/plain-decoder.js';
import type { Steps } from '../progress/run-steps.js';
import type { ApplyOptions } from './apply-options.js';
import type { CodedStream } from './coded-stream.js';

/** Decodes the streams of a patch to `onBytes`, front to back; answers the memory it took. */
export type DecodeForm = (
  old: RandomAccess,
  header: PatchHeader,
  streams: readonly CodedStream[],
  onBytes: (bytes: Uint8Array, offset: number) => void,
  options: ApplyOptions,
) => Steps<number>;

/**
 * What is not needed to read and check a patch: the predictor with its readers of images and its tables, and the coders. It is most of the
 * code, so it is loaded for the patch at hand (load-decoders.ts), or all of it where nothing can be waited for (all-decoders.ts).
 */
export interface Decoders {
  readonly createDecoder: CreateDecoder;
  readonly decodeForm: DecodeForm;
}
