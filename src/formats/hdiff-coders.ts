import { inflateRaw } from '../entropy/deflate.js';
import { patchError } from '../errors/patch-error.js';
import { adler32 } from './adler32.js';
import { decodeBrotli } from './brotli-decode.js';
import { decodeBzip2Streams } from './bzip2-decode.js';
import { ChunkSource, type Chunks, plainChunks } from './chunk-source.js';
import type { ReadOptions } from './foreign-options.js';
import { decodeLzma } from './lzma-decode.js';
import { Lzma2Decoder } from './lzma2-decode.js';
import { zstdChunks } from './zstd-chunks.js';

/**
 * The coders of HDiffPatch, by the names that stand in its headers. What a coder adds to its stream:
 *
 *     zlib, pzlib            window bits (1 byte, signed): below 0 raw deflate, above 0 zlib with header and Adler-32; one stream or several
 *     bz2, bzip2, pbz2, pbzip2  nothing; one stream or several
 *     lzma                   size of properties (1 byte: 5), properties (lc, lp, pb in a byte, dictionary size), LZMA with or without an end mark
 *     lzma2                  dictionary size (1 byte), LZMA2
 *     zstd, brotli           nothing
 *
 * Source: HDiffPatch, decompress_plugin_demo.h.
 */
export function openHdiffBlock(
  bytes: Uint8Array,
  coder: string | undefined,
  size: number,
  what: string,
  options: ReadOptions,
): ChunkSource {
  const chunks = coder === undefined ? plainChunks(bytes) : decode(bytes, coder, size, what, options);
  return new ChunkSource(ofSize(chunks, size, what), what);
}

function decode(bytes: Uint8Array, coder: string, size: number, what: string, options: ReadOptions): Chunks {
  switch (coder) {
    case 'zlib':
    case 'pzlib':
      return decodeZlib(bytes, what);
    case 'bz2':
    case 'bzip2':
    case 'pbz2':
    case 'pbzip2':
      return decodeBzip2Streams(bytes, what);
    case 'lzma':
      return decodeLzmaBlock(bytes, size, what);
    case 'lzma2':
      return decodeLzma2(bytes, size, what);
    case 'zstd':
      return zstdChunks(bytes, what, size);
    case 'brotli':
      return decodeBrotli(bytes, what, options);
    default:
      throw patchError(
        'UNSUPPORTED_FEATURE',
        'formats',
        `${what} is in ${JSON.stringify(coder)}, which is not decoded here`,
        { coder },
      );
  }
}

/** Passes chunks on and checks that they are as long as the header says. */
function* ofSize(chunks: Chunks, size: number, what: string): Chunks {
  let left = size;
  for (const chunk of chunks) {
    if (chunk.length > left) throw wrongSize(what, size);
    left -= chunk.length;
    yield chunk;
  }
  if (left > 0) throw wrongSize(what, size);
}

function wrongSize(what: string, size: number): Error {
  return patchError('BAD_STREAM', 'formats', `${what} has not the ${size} bytes that its header says`, {
    expected: size,
  });
}

function* decodeZlib(bytes: Uint8Array, what: string): Chunks {
  const bits = bytes[0] === undefined ? 0 : (bytes[0] << 24) >> 24;
  const isWrapped = bits > 0;
  if (Math.abs(bits) < 8 || Math.abs(bits) > 15)
    throw patchError('BAD_STREAM', 'formats', `${what}: deflate has no window of ${bits} bits`);
  let at = 1;
  do {
    if (isWrapped) at = readZlibHeader(bytes, at, what);
    let sum = 1;
    const chunks = inflateRaw(bytes, at);
    let next = chunks.next();
    for (; next.done !== true; next = chunks.next()) {
      if (isWrapped) sum = adler32(next.value, sum);
      yield next.value;
    }
    at = next.value;
    if (isWrapped) at = assertAdler(bytes, at, sum, what);
  } while (at < bytes.length);
}

/** RFC 1950, section 2.2. */
function readZlibHeader(bytes: Uint8Array, at: number, what: string): number {
  const [method, flags] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
  if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0)
    throw patchError('BAD_STREAM', 'formats', `${what}: a zlib header is malformed`);
  return at + 2;
}

function assertAdler(bytes: Uint8Array, at: number, sum: number, what: string): number {
  const end = at + 4;
  if (end > bytes.length) throw patchError('TRUNCATED', 'formats', `${what}: the zlib checksum is cut off`);
  const stored = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  if (stored !== sum) throw patchError('BAD_STREAM', 'formats', `${what}: the zlib checksum is wrong`);
  return end;
}

const LZMA_PROPERTIES = 5;

function* decodeLzmaBlock(bytes: Uint8Array, size: number, what: string): Chunks {
  if (bytes[0] !== LZMA_PROPERTIES)
    throw patchError('BAD_STREAM', 'formats', `${what}: the LZMA properties are malformed`);
  const start = 1 + LZMA_PROPERTIES;
  if (bytes.length < start)
    throw patchError('TRUNCATED', 'formats', `${what}: the LZMA properties are cut off`);
  const made = decodeLzma(bytes.subarray(start), bytes[1]!, size, what);
  if (made.length > 0) yield made;
}

function* decodeLzma2(bytes: Uint8Array, size: number, what: string): Chunks {
  if (bytes.length === 0 || bytes[0]! > 40)
    throw patchError('BAD_STREAM', 'formats', `${what}: the LZMA2 dictionary size is malformed`);
  const decoder = new Lzma2Decoder(what);
  const end = decoder.decode(bytes, 1, size);
  if (!decoder.hasEnded) throw patchError('TRUNCATED', 'formats', `${what}: the LZMA2 data ends too early`);
  if (end !== bytes.length)
    throw patchError('TRAILING_BYTES', 'formats', `${what}: bytes follow the end of the LZMA2 data`);
  if (decoder.made.length > 0) yield decoder.made;
}
