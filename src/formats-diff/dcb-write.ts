import { concatBytes } from '../bytes/concat-bytes.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { DCB_MAGIC } from '../formats/dictionary-transport.js';
import { type BrotliEncoderOptions, type NodeZlib, zlibWithDictionaries } from '../formats/node-zlib.js';
import type { EffortLevel } from '../progress/effort.js';

/**
 * Writes bodies of Content-Encoding `dcb` (RFC 9842, section 4): Brotli with old as its dictionary. The encoder is that of `node:zlib`, whose own
 * search takes the place of the matcher's covers. The window is 16 MiB, the most that clients take; old stays in reach beside it.
 */
export function writeDcb(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  effort: EffortLevel,
): Uint8Array<ArrayBuffer> {
  const zlib = requireZlib();
  const stream = zlib.brotliCompressSync(newBytes, encoderOptions(zlib, oldBytes, newBytes, effort));
  return concatBytes(DCB_MAGIC, sha256(oldBytes), stream);
}

/** `writeDcb` in a thread of the engine's own. */
export async function writeDcbAsync(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  effort: EffortLevel,
): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = requireZlib();
  const options = encoderOptions(zlib, oldBytes, newBytes, effort);
  const stream = await new Promise<Uint8Array>((resolve, reject) =>
    zlib.brotliCompress(newBytes, options, (error, made) => (error === null ? resolve(made) : reject(error))),
  );
  return concatBytes(DCB_MAGIC, sha256(oldBytes), stream);
}

function requireZlib(): NodeZlib {
  const zlib = zlibWithDictionaries();
  if (zlib !== undefined) return zlib;
  throw patchError(
    'UNSUPPORTED_FEATURE',
    'formats',
    'dcb needs Brotli with a dictionary, which this engine lacks (Node 24.21, 25.9 and 26.10 have it)',
    { missing: 'brotli-dictionary' },
  );
}

const WINDOW_BITS = 24;

function encoderOptions(
  { constants }: NodeZlib,
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  effort: EffortLevel,
): BrotliEncoderOptions {
  return {
    dictionary: oldBytes,
    params: {
      [constants.BROTLI_PARAM_QUALITY!]: qualityOf(effort),
      [constants.BROTLI_PARAM_LGWIN!]: WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT!]: newBytes.length,
    },
  };
}

/** Qualities below 5 do not look for long matches in the dictionary; from 10 on Brotli searches for the best parse, many times slower. */
function qualityOf(effort: EffortLevel): number {
  return effort < 6 ? 5 : effort < 9 ? 9 : 11;
}
