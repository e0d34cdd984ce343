import { patchError } from '../errors/patch-error.js';
import type { TripleStreams } from './apply-triples.js';
import { decodeBrotli } from './brotli-decode.js';
import { decodeBzip2 } from './bzip2-decode.js';
import { ChunkSource, type Chunks, plainChunks } from './chunk-source.js';
import type { ReadOptions } from './foreign-options.js';
import { readSignMagnitude } from './sign-magnitude.js';
import { zstdChunks } from './zstd-chunks.js';

/**
 * Containers of the bsdiff family.
 *
 *     BSDIFF40  magic 8, control size 8, diff size 8, new size 8, then control, diff and extra, each in bzip2; extra runs to the end
 *     BSDIFN40  the same, not compressed (Sparkle)
 *     BSDF2 cde the same; c, d, e say how control, diff and extra are coded: 1 bzip2, 2 Brotli (Android)
 *     TRDIFF10  as BSDIFF40, but each in Zstandard (zig-bsdiff)
 *     ENDSLEY/BSDIFF43  magic 16, new size 8, then one stream of control triple, diff, extra, control triple ...
 *               in bzip2 (mendsley), plain, or (Android) everything with the header in bzip2 or Brotli
 *
 * Numbers are in sign and magnitude. Sources: bsdiff 4.3; Sparkle's Vendor/bsdiff; zig-bsdiff's bspatch.zig; AOSP external/bsdiff; mendsley/bsdiff.
 */

const HEADER_SIZE = 32;
const SINGLE_MAGIC = 'ENDSLEY/BSDIFF43';
const SINGLE_HEADER_SIZE = 24;

/** Decodes a stream of which at most `limit` bytes are of use. */
type Decoder = (bytes: Uint8Array, what: string, limit: number) => Chunks;

/** Opens a patch of the bsdiff family; decodes nothing yet but what the header needs. */
export function openBsdiff(patch: Uint8Array, options: ReadOptions): TripleStreams {
  const magic = text(patch, 0, 8);
  const bzip2: Decoder = (bytes, what) => decodeBzip2(bytes, what, options.lenient);
  const brotli: Decoder = (bytes, what) => decodeBrotli(bytes, what, options);
  if (magic === 'BSDIFF40') return openThree(patch, [bzip2, bzip2, bzip2]);
  if (magic === 'BSDIFN40') return openThree(patch, [plainChunks, plainChunks, plainChunks]);
  if (magic === 'TRDIFF10') return openThree(patch, [zstdChunks, zstdChunks, zstdChunks]);
  if (magic.startsWith('BSDF2')) {
    const decoders = [5, 6, 7].map((at) => {
      const coder = patch[at];
      if (coder === 1) return bzip2;
      if (coder === 2) return brotli;
      throw patchError('BAD_CODER', 'formats', `BSDF2 has no coder ${coder}`, {
        offset: at,
        found: coder ?? -1,
      });
    });
    return openThree(patch, decoders as [Decoder, Decoder, Decoder]);
  }
  if (text(patch, 0, 16) === SINGLE_MAGIC) return openSingle(patch, options);
  // Android's form: the header is inside.
  const isBzip2 = magic.startsWith('BZh');
  return openWrapped(
    isBzip2 ? decodeBzip2(patch, 'the patch', options.lenient) : decodeBrotli(patch, 'the patch', options),
  );
}

function openThree(patch: Uint8Array, decoders: readonly [Decoder, Decoder, Decoder]): TripleStreams {
  if (patch.length < HEADER_SIZE) throw truncated(HEADER_SIZE, patch.length);
  const controlSize = readSignMagnitude(patch, 8, 'the size of control');
  const diffSize = readSignMagnitude(patch, 16, 'the size of diff');
  const newSize = readSignMagnitude(patch, 24, 'the size of new');
  const room = patch.length - HEADER_SIZE;
  if (controlSize < 0 || diffSize < 0 || newSize < 0) {
    throw patchError('BAD_HEADER', 'formats', 'the header holds a negative size', {
      controlSize,
      diffSize,
      newSize,
    });
  }
  if (controlSize > room || diffSize > room - controlSize) {
    throw patchError('TRUNCATED', 'formats', 'control and diff do not fit into the patch', {
      expected: HEADER_SIZE + controlSize + diffSize,
      found: patch.length,
    });
  }
  const diffStart = HEADER_SIZE + controlSize;
  const extraStart = diffStart + diffSize;
  const source = (decode: Decoder, start: number, end: number, what: string, limit: number) =>
    new ChunkSource(decode(patch.subarray(start, end), what, limit), what);
  const [control, diff, extra] = decoders;
  return {
    newSize,
    control: source(control, HEADER_SIZE, diffStart, 'control', 24 * (newSize + 1)),
    diff: source(diff, diffStart, extraStart, 'diff', newSize),
    extra: source(extra, extraStart, patch.length, 'extra', newSize),
  };
}

function openSingle(patch: Uint8Array, options: ReadOptions): TripleStreams {
  if (patch.length < SINGLE_HEADER_SIZE) throw truncated(SINGLE_HEADER_SIZE, patch.length);
  const body = patch.subarray(SINGLE_HEADER_SIZE);
  // A plain body begins with a length: the sizes that begin with these letters are beyond 4 MB and end in bytes that are not zero.
  const isBzip2 = text(body, 0, 3) === 'BZh' && body[3]! >= 0x31 && body[3]! <= 0x39 && body[4] !== 0;
  const chunks = isBzip2 ? decodeBzip2(body, 'the stream', options.lenient) : plainChunks(body);
  return single(patch.subarray(16, 24), new ChunkSource(chunks, 'the stream'));
}

function openWrapped(chunks: Chunks): TripleStreams {
  const stream = new ChunkSource(chunks, 'the stream');
  const header = new Uint8Array(SINGLE_HEADER_SIZE);
  stream.fill(header);
  if (text(header, 0, 16) !== SINGLE_MAGIC)
    throw patchError('BAD_MAGIC', 'formats', 'the compressed data is no patch of the bsdiff family');
  return single(header.subarray(16), stream);
}

function single(sizeBytes: Uint8Array, stream: ChunkSource): TripleStreams {
  const newSize = readSignMagnitude(sizeBytes, 0, 'the size of new');
  if (newSize < 0) throw patchError('BAD_HEADER', 'formats', 'the header holds a negative size', { newSize });
  return { newSize, control: stream, diff: stream, extra: stream };
}

function text(bytes: Uint8Array, offset: number, size: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + size));
}

function truncated(expected: number, found: number): Error {
  return patchError('TRUNCATED', 'formats', `the patch has ${found} bytes, its header ${expected}`, {
    expected,
    found,
  });
}
