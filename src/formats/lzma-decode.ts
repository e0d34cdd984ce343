import { patchError } from '../errors/patch-error.js';
import { LzmaModel } from './lzma-model.js';

/** Longest match. */
const MOST_LENGTH = 273;
const STEP = 1 << 16;

/** Decodes an LZMA stream of `size` bytes without a header; `properties` is lc, lp and pb in a byte. It may end in an end mark. */
export function decodeLzma(
  bytes: Uint8Array,
  properties: number,
  size: number,
  what: string,
): Uint8Array<ArrayBuffer> {
  const model = new LzmaModel(what);
  if (!model.setProperties(properties, true))
    throw patchError('BAD_STREAM', 'formats', `${what}: LZMA has no properties ${properties}`);
  model.resetState();
  const output = { buffer: new Uint8Array(Math.min(size, STEP)), used: 0, history: 0 };
  model.open(bytes);
  while (output.used < size) {
    // Room grows with what was decoded: a header may promise anything.
    const until = Math.min(size, output.used + STEP);
    const room = Math.min(size, until + MOST_LENGTH);
    if (room > output.buffer.length) {
      const grown = new Uint8Array(Math.min(size, Math.max(room, 2 * output.buffer.length)));
      grown.set(output.buffer.subarray(0, output.used));
      output.buffer = grown;
    }
    model.decodeUntil(output, until, size);
  }
  model.close(output);
  return output.buffer;
}
