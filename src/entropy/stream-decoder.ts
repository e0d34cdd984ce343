import { CODER, dictionarySize, readLzParameters } from './codec.js';
import { DeflateDecoder } from './deflate.js';
import { LzDecoder } from './lz-decode.js';
import { type CreateDecoder, createPlainDecoder } from './plain-decoder.js';

/** The decoder of a coded stream. Throws FormatError(BAD_CODER) for a coder or parameters that do not exist. */
export const createStreamDecoder: CreateDecoder = (kernel, coder, parameters, rawSize) =>
  coder === CODER.deflate && parameters.length === 0
    ? new DeflateDecoder(kernel, rawSize)
    : createPlainDecoder(kernel, coder, parameters, rawSize);

/** Bytes of linear memory that a stream's decoder takes; 0 for a coder that does not exist. */
export function decoderMemory(coder: number, parameters: Uint8Array, rawSize: number): number {
  const lz = coder === CODER.lz ? readLzParameters(parameters) : undefined;
  return lz === undefined ? 0 : LzDecoder.memory(lz, dictionarySize(lz, rawSize));
}
