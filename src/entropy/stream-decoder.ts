import { patchError } from '../errors/patch-error.js';
import type { LzDecoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CODER, dictionarySize, readLzParameters, type StreamDecoder } from './codec.js';
import { DeflateDecoder } from './deflate.js';
import { LzDecoder } from './lz-decode.js';
import { StoredDecoder } from './stored.js';

/** The decoder of a coded stream. Throws FormatError(BAD_CODER) for a coder or parameters that do not exist. */
export function createStreamDecoder(
  kernel: KernelInstance<LzDecoderExports>,
  coder: number,
  parameters: Uint8Array,
  rawSize: number,
): StreamDecoder {
  if (coder === CODER.stored && parameters.length === 0) return new StoredDecoder(kernel, rawSize);
  if (coder === CODER.deflate && parameters.length === 0) return new DeflateDecoder(kernel, rawSize);
  const lz = coder === CODER.lz ? readLzParameters(parameters) : undefined;
  if (lz !== undefined) return new LzDecoder(kernel, lz, rawSize);
  throw patchError('BAD_CODER', 'entropy', `no coder ${coder} with parameters [${parameters.join(' ')}]`, {
    coder,
  });
}

/** Bytes of linear memory that a stream's decoder takes; 0 for a coder that does not exist. */
export function decoderMemory(coder: number, parameters: Uint8Array, rawSize: number): number {
  const lz = coder === CODER.lz ? readLzParameters(parameters) : undefined;
  return lz === undefined ? 0 : LzDecoder.memory(lz, dictionarySize(lz, rawSize));
}
