import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CODER } from '../../src/entropy/codec.js';
import { encodeDeflate } from '../../src/entropy/deflate.js';
import { createStreamDecoder } from '../../src/entropy/stream-decoder.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { makeTextPair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

const TEXT = makeTextPair(71, 600).newBytes;
const NOISE = new SeededRandom(72).bytes(70_000);
const ZEROS = new Uint8Array(300_000);

/** Streams of every kind of block: dynamic, fixed and stored codes. */
const STREAMS: Record<string, { raw: Uint8Array; coded: Uint8Array }> = {
  'one byte': { raw: TEXT.subarray(0, 1), coded: encodeDeflate(TEXT.subarray(0, 1), 6) },
  text: { raw: TEXT, coded: encodeDeflate(TEXT, 6) },
  zeros: { raw: ZEROS, coded: encodeDeflate(ZEROS, 9) },
  noise: { raw: NOISE, coded: encodeDeflate(NOISE, 1) },
  'stored blocks': { raw: NOISE, coded: deflateRawSync(NOISE, { level: 0 }) },
  'fixed codes': { raw: TEXT, coded: deflateRawSync(TEXT, { strategy: constants.Z_FIXED }) },
};

function decode(coded: Uint8Array, rawSize: number, inPiece: number, outPiece: number): Uint8Array {
  const kernel = applyKernels();
  const decoder = createStreamDecoder(kernel, CODER.deflate, new Uint8Array(0), rawSize);
  for (let i = 0; i < coded.length; i += inPiece) {
    decoder.feed(coded.subarray(i, i + inPiece), i + inPiece >= coded.length);
  }
  const ptr = kernel.alloc(outPiece);
  const out = new Uint8Array(rawSize);
  for (let made = 0, count = 1; count > 0; made += count) {
    count = decoder.pull(ptr, outPiece);
    out.set(kernel.view(ptr, count), made);
  }
  decoder.finish();
  return out;
}

function followedBy(coded: Uint8Array, extra: number): Uint8Array {
  const bytes = new Uint8Array(coded.length + extra);
  bytes.set(coded);
  return bytes;
}

const BAD_STREAM = expect.objectContaining({ code: 'BAD_STREAM' });

describe.each(Object.keys(STREAMS))('a deflate stream: %s', (name) => {
  const { raw, coded } = STREAMS[name]!;

  it.each([
    [1, 1000],
    [1023, 7777],
    [1 << 20, 1 << 20],
  ])('comes back from pieces of %i, in pieces of %i bytes', (inPiece, outPiece) => {
    expect(decode(coded, raw.length, inPiece, outPiece)).toEqual(raw);
  });

  it.each([1, 2, 1024, 100_000])('is refused when %i bytes follow it', (extra) => {
    for (const inPiece of [300, 1 << 20]) {
      expect(() => decode(followedBy(coded, extra), raw.length, inPiece, 4096)).toThrow(BAD_STREAM);
    }
  });

  it('is refused when it is cut', () => {
    for (let cut = 1; cut < Math.min(coded.length, 40); cut++) {
      expect(() => decode(coded.subarray(0, -cut), raw.length, 1 << 20, 4096)).toThrow(BAD_STREAM);
    }
  });

  it.each([-1, 1])('is refused when its header says %i bytes more', (more) => {
    expect(() => decode(coded, raw.length + more, 1 << 20, 4096)).toThrow(BAD_STREAM);
  });
});

describe('the deflate decoder', () => {
  it('holds no more of a bomb than a piece of input makes', () => {
    const bomb = encodeDeflate(new Uint8Array(20 << 20), 9);
    const kernel = applyKernels();
    const decoder = createStreamDecoder(kernel, CODER.deflate, new Uint8Array(0), 1000);
    decoder.feed(bomb, true);
    const before = process.memoryUsage().arrayBuffers;
    expect(decoder.pull(kernel.alloc(1000), 1000)).toBe(1000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
    expect(() => decoder.finish()).toThrow(BAD_STREAM);
  });

  it('gives back or refuses every flipped bit', () => {
    const { coded, raw } = STREAMS.text!;
    for (let bit = 0; bit < Math.min(coded.length, 120) * 8; bit++) {
      const damaged = coded.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      let message = 'decoded';
      try {
        decode(damaged, raw.length, 1 << 20, 4096);
      } catch (error) {
        message = (error as { code?: string }).code ?? String(error);
      }
      expect(['decoded', 'BAD_STREAM']).toContain(message);
    }
  });
});
