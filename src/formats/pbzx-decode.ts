import { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import type { Chunks } from './chunk-source.js';
import { decodeXz } from './xz-decode.js';

/** Most bytes of a chunk that are decoded at once; Apple's tools write 1 MiB (measured) to 16 MiB. */
const MOST_CHUNK = 64 << 20;

/**
 * pbzx, Apple's chunked xz: "pbzx", flags (8 bytes, the highest first), then chunks of { new size, coded size, data }. A chunk whose sizes are the same is
 * stored, any other is one xz stream. Source: blacktop/ipsw, pkg/ota/pbzx.
 */
export function* decodePbzx(bytes: Uint8Array, what: string): Chunks {
  const reader = new ByteReader(bytes, 'formats');
  const magic = String.fromCharCode(...reader.take(4, `${what}: the pbzx magic`));
  if (magic !== 'pbzx') throw patchError('BAD_STREAM', 'formats', `${what} is no pbzx`);
  reader.take(8, `${what}: the pbzx flags`);
  while (reader.remaining > 0) {
    const newSize = readBigEndian64(reader, `${what}: the size of a chunk`);
    const codedSize = readBigEndian64(reader, `${what}: the coded size of a chunk`);
    if (codedSize > newSize || newSize > MOST_CHUNK) {
      throw patchError(
        'BAD_STREAM',
        'formats',
        `${what}: a chunk of ${newSize} bytes is coded in ${codedSize}`,
        {
          newSize,
          codedSize,
        },
      );
    }
    const data = reader.take(codedSize, `${what}: a chunk`);
    const made = codedSize === newSize ? data : decodeXz(data, what, newSize);
    if (made.length !== newSize)
      throw patchError('BAD_STREAM', 'formats', `${what}: a chunk has another size than it says`);
    if (made.length > 0) yield made;
  }
}

function readBigEndian64(reader: ByteReader, what: string): number {
  const bytes = reader.take(8, what);
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw patchError('BAD_STREAM', 'formats', `${what} is beyond 2^53`);
  return value;
}
