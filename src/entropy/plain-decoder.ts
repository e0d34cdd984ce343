import { patchError } from '../errors/patch-error.js';
import type { LzDecoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CODER, readLzParameters, type StreamDecoder } from './codec.js';
import { LzDecoder } from './lz-decode.js';
import { StoredDecoder } from './stored.js';

/** Makes the decoder of a coded stream. Throws FormatError(BAD_CODER) for a coder or parameters that it does not know. */
export type CreateDecoder = (
  kernel: KernelInstance<LzDecoderExports>,
  coder: number,
  parameters: Uint8Array,
  rawSize: number,
) => StreamDecoder;

/** The decoder of a stream that is not deflated. */
export const createPlainDecoder: CreateDecoder = (kernel, coder, parameters, rawSize) => {
  if (coder === CODER.stored && parameters.length === 0) return new StoredDecoder(kernel, rawSize);
  const lz = coder === CODER.lz ? readLzParameters(parameters) : undefined;
  if (lz !== undefined) return new LzDecoder(kernel, lz, rawSize);
  throw patchError('BAD_CODER', 'entropy', `no coder ${coder} with parameters [${parameters.join(' ')}]`, {
    coder,
  });
};
