import { patchError } from '../errors/patch-error.js';

/** Options of reading other tools' patches. */
export interface ReadOptions {
  /**
   * Take what real tools write or take although the format does not say so: bytes behind the end of a stream or of the patch, and control
   * triples behind the end of new. Default: false, all of it is refused.
   */
  readonly lenient?: boolean | undefined;
  /** Largest new image to make, in bytes; a patch that promises more is a LimitError. Default: 1 GiB. */
  readonly maxNewSize?: number | undefined;
  /** Decoder for Brotli, where the engine has none of its own (`node:zlib`). It must refuse to answer more than `maxSize` bytes. */
  readonly brotli?: BrotliDecoder | undefined;
  /** Decoder for Brotli with a dictionary, for `dcb`, where the engine has none (`node:zlib` of Node 24.21, 25.9 and 26.10 has one). The same is asked of it. */
  readonly brotliDictionary?: BrotliDictionaryDecoder | undefined;
}

/** Decodes Brotli to at most `maxSize` bytes; throws on malformed input and on more. */
export type BrotliDecoder = (bytes: Uint8Array, maxSize: number) => Uint8Array;
/** As `BrotliDecoder`, with a raw dictionary in front. */
export type BrotliDictionaryDecoder = (
  bytes: Uint8Array,
  dictionary: Uint8Array,
  maxSize: number,
) => Uint8Array;

const MAX_NEW_SIZE = 2 ** 30;

/** Throws LimitError(NEW_SIZE_LIMIT) when a patch promises more than the caller allows. Call it before allocating. */
export function assertNewSize(size: number, { maxNewSize = MAX_NEW_SIZE }: ReadOptions): void {
  if (size <= maxNewSize) return;
  throw patchError('NEW_SIZE_LIMIT', 'formats', `the patch makes ${size} bytes, the limit is ${maxNewSize}`, {
    expected: maxNewSize,
    found: size,
  });
}
