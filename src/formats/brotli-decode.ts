import { patchError } from '../errors/patch-error.js';
import type { Chunks } from './chunk-source.js';
import type { BrotliDecoder, ReadOptions } from './foreign-options.js';

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

interface NodeZlib {
  brotliDecompressSync(
    bytes: Uint8Array,
    options: { maxOutputLength: number; info: true },
  ): { buffer: Uint8Array; engine: { bytesWritten: number } };
}

function nodeBrotli(): BrotliDecoder | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const zlib = process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined;
  if (zlib?.brotliDecompressSync === undefined) return undefined;
  return (bytes, maxSize) => {
    const { buffer, engine } = zlib.brotliDecompressSync(bytes, { maxOutputLength: maxSize, info: true });
    // Node stops at the end of the stream without a word about what follows.
    if (engine.bytesWritten !== bytes.length)
      throw new RangeError('bytes follow the end of the Brotli stream');
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  };
}
