import { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import { readBigEndianVarint } from './big-endian-varint.js';
import { Lzma2Decoder } from './lzma2-decode.js';
import { readXzBlockHeader, readXzStreamHeader } from './xz-header.js';

/** Decodes a section of a window. Sections of the same kind (0 data, 1 instructions, 2 addresses) belong to one stream. */
export type SecondaryDecoder = (coded: Uint8Array, section: number, limit: number) => Uint8Array;

/** Ids of xdelta3: they are its own, RFC 3284 has none. */
const DJW = 1;
const LZMA = 2;
const FGK = 16;

/** The secondary coder of an id. Throws UNSUPPORTED_FEATURE for those that only xdelta3 writes when asked to. */
export function openSecondary(id: number): SecondaryDecoder {
  if (id === LZMA) return openLzmaSections();
  const name = id === DJW ? 'DJW (xdelta3 -S djw)' : id === FGK ? 'FGK (xdelta3 -S fgk)' : `${id}`;
  throw patchError(
    'UNSUPPORTED_FEATURE',
    'formats',
    `the patch is compressed with the secondary coder ${name}, which is not supported; make it with -S lzma or -S none`,
    { found: id },
  );
}

/**
 * xdelta3's LZMA: each kind of section is one xz stream through all windows, flushed at the end of each section and never ended; a section
 * begins with the size that it decodes to. (Measured: a file of three windows has three xz headers in all.)
 */
function openLzmaSections(): SecondaryDecoder {
  const decoders: (Lzma2Decoder | undefined)[] = [undefined, undefined, undefined];
  return (coded, section, limit) => {
    const what = `section ${section}`;
    const reader = new ByteReader(coded, 'formats');
    const size = readBigEndianVarint(reader, `the decoded size of ${what}`);
    if (size > limit) {
      throw patchError('BAD_STREAM', 'formats', `${what} holds ${size} bytes, ${limit} are of use`, {
        expected: limit,
        found: size,
      });
    }
    let decoder = decoders[section];
    if (decoder === undefined) {
      readXzStreamHeader(reader, what);
      if (readXzBlockHeader(reader, what) === undefined)
        throw patchError('BAD_STREAM', 'formats', `${what} has no xz block`);
      decoder = new Lzma2Decoder(what);
      decoders[section] = decoder;
    }
    const start = decoder.made.length;
    const end = decoder.decode(coded, reader.offset, size);
    if (end !== coded.length || decoder.hasEnded)
      throw patchError('BAD_STREAM', 'formats', `the xz stream of ${what} ends too early`);
    if (decoder.made.length - start !== size) {
      throw patchError('BAD_STREAM', 'formats', `${what} decodes to another size than it says`, {
        expected: size,
        found: decoder.made.length - start,
      });
    }
    return decoder.made.slice(start);
  };
}
