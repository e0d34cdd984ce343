import { patchError } from '../errors/patch-error.js';
import type { Chunks } from './chunk-source.js';
import type { BrotliDecoder, ReadOptions } from './foreign-options.js';
import { type NodeZlib, nodeZlib, zlibWithDictionaries } from './node-zlib.js';

/** Most bytes that a Brotli stream inside a patch may hold: it is decoded at once. */
const MAX_DECODED = 2 ** 30;

/** Decodes a Brotli stream with the caller's decoder or that of `node:zlib`; throws UNSUPPORTED_FEATURE where there is neither. */
export function* decodeBrotli(bytes: Uint8Array, what: string, options: ReadOptions): Chunks {
  const decode = options.brotli ?? nodeBrotli();
  if (decode === undefined) {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'formats',
      `${what} is in Brotli, and this engine has no decoder for it: pass one as options.brotli`,
    );
  }
  const limit = Math.min(MAX_DECODED, 32 * ((options.maxNewSize ?? MAX_DECODED) + 64));
  let decoded: Uint8Array;
  try {
    decoded = decode(bytes, limit);
  } catch (cause) {
    throw patchError(
      'BAD_STREAM',
      'formats',
      `${what}: the Brotli stream is malformed or too long`,
      { limit },
      cause,
    );
  }
  if (decoded.length > 0) yield decoded;
}

function nodeBrotli(): BrotliDecoder | undefined {
  const zlib = nodeZlib();
  if (zlib === undefined) return undefined;
  return (bytes, maxSize) => decodeWhole(zlib, bytes, maxSize);
}

/** Throws unless the stream ends where its bytes end: Node stops at the end of the stream without a word about what follows. */
function decodeWhole(
  zlib: NodeZlib,
  bytes: Uint8Array,
  maxSize: number,
  dictionary?: Uint8Array,
): Uint8Array {
  const { buffer, engine } = zlib.brotliDecompressSync(bytes, {
    maxOutputLength: maxSize,
    info: true,
    ...(dictionary === undefined ? {} : { dictionary }),
  });
  if (engine.bytesWritten !== bytes.length) throw new RangeError('bytes follow the end of the Brotli stream');
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/**
 * Decodes a Brotli stream whose matches reach into a dictionary, with the caller's decoder or that of `node:zlib`.
 *
 * @throws FormatError UNSUPPORTED_FEATURE where there is neither · BAD_STREAM
 */
export function decodeWithDictionary(
  bytes: Uint8Array,
  dictionary: Uint8Array,
  options: ReadOptions,
): Uint8Array {
  const zlib = options.brotliDictionary === undefined ? zlibWithDictionaries() : undefined;
  const decode =
    options.brotliDictionary ??
    (zlib && ((each: Uint8Array, words: Uint8Array, most: number) => decodeWhole(zlib, each, most, words)));
  if (decode === undefined) {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'formats',
      'the patch needs Brotli with a dictionary, which this engine lacks (Node 24.21, 25.9 and 26.10 have it): pass a decoder as options.brotliDictionary',
      { missing: 'brotli-dictionary' },
    );
  }
  const limit = options.maxNewSize ?? MAX_DECODED;
  try {
    return decode(bytes, dictionary, limit);
  } catch (cause) {
    throw patchError('BAD_STREAM', 'formats', 'the Brotli stream is malformed or too long', { limit }, cause);
  }
}
