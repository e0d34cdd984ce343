import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dictionarySize, type LzParameters } from '../../src/entropy/codec.js';
import { encodeLz } from '../../src/entropy/lz-encode.js';
import { statusName } from '../../src/errors/status.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { decodeLzPlainly } from '../reference/lz-decoder.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { makeTextPair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

const SMALL: LzParameters = { lc: 0, lp: 2, pb: 2, dictionaryLog2: 12 };
const BYTES: LzParameters = { lc: 3, lp: 0, pb: 0, dictionaryLog2: 12 };

function encode(raw: Uint8Array, parameters: LzParameters): Uint8Array {
  const kernel = diffKernels();
  const work = encodeLz(kernel, kernel.put(raw), raw.length, parameters, {
    optimal: true,
    depth: 64,
    nice: 273,
  });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

interface Decoded {
  /** Undefined when the stream was refused. */
  readonly bytes: Uint8Array | undefined;
  readonly isIntact: boolean;
}

/** Decodes with the bare kernel, all input at once; the state and the output stand between guards. */
function decodeGuarded(
  coded: Uint8Array,
  rawSize: number,
  parameters: LzParameters,
  outPiece: number,
  simd = true,
): Decoded {
  const kernel = applyKernels({ simd });
  const { exports } = kernel;
  const { lc, lp, pb } = parameters;
  const dictionary = dictionarySize(parameters, rawSize);
  const state = new GuardedBlock(kernel, exports.lzDecoderSize(dictionary, lc, lp));
  const input = kernel.put(coded);
  const out = new GuardedBlock(kernel, outPiece, 3);
  exports.lzDecoderStart(state.ptr, dictionary, lc, lp, pb);
  const bytes = new Uint8Array(rawSize);
  let used = 0;
  let made = 0;
  let isGood = true;
  while (isGood && made < rawSize) {
    const room = Math.min(outPiece, rawSize - made);
    isGood = exports.lzDecode(state.ptr, input + used, coded.length - used, 1, out.ptr, room) === 0;
    if (isGood) expect(exports.lzMadeOutput()).toBe(room);
    bytes.set(kernel.view(out.ptr, exports.lzMadeOutput()), made);
    used += exports.lzUsedInput();
    made += exports.lzMadeOutput();
  }
  isGood &&= exports.lzFinished(state.ptr, input + used, coded.length - used) === 0;
  return { bytes: isGood ? bytes : undefined, isIntact: state.isIntact() && out.isIntact() };
}

function decodeByTwin(coded: Uint8Array, rawSize: number, parameters: LzParameters): Uint8Array | undefined {
  try {
    return decodeLzPlainly(coded, rawSize, parameters);
  } catch {
    return undefined;
  }
}

describe.each([true, false])('the bare lz decoder, SIMD %s', (simd) => {
  it('agrees with its twin on every flipped bit and every cut, inside its buffers', () => {
    const raw = makeTextPair(61, 40).newBytes.subarray(0, 400);
    for (const parameters of [SMALL, BYTES]) {
      const coded = encode(raw, parameters);
      expect(decodeGuarded(coded, raw.length, parameters, 97, simd).bytes).toEqual(raw);
      const damaged = Array.from({ length: coded.length * 8 }, (_, bit) => {
        const bytes = coded.slice();
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        return bytes;
      });
      for (let size = 0; size < coded.length; size++) damaged.push(coded.slice(0, size));
      for (const bytes of damaged) {
        const result = decodeGuarded(bytes, raw.length, parameters, 97, simd);
        expect(result.isIntact).toBe(true);
        expect(result.bytes).toEqual(decodeByTwin(bytes, raw.length, parameters));
      }
    }
  });

  it('agrees with its twin on noise (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 600 }), (coded, rawSize) => {
        const result = decodeGuarded(coded, rawSize, SMALL, 64, simd);
        expect(result.isIntact).toBe(true);
        expect(result.bytes).toEqual(decodeByTwin(coded, rawSize, SMALL));
      }),
      { numRuns: 300, seed: 20261124 },
    );
  });

  it('copies every near distance, and up to the dictionary, through pieces of any size', () => {
    const random = new SeededRandom(62);
    const distances = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 63, 4088, 4095, 4096];
    for (const distance of distances) {
      const period = random.bytes(distance);
      const raw = Uint8Array.from({ length: 3 * 4096 + 77 }, (_, i) => period[i % distance]!);
      // Breaks every so often, so that matches start and end on all alignments.
      for (let i = distance + 50; i < raw.length; i += 61) raw[i]! ^= 0x55;
      const coded = encode(raw, SMALL);
      for (const outPiece of [7, 272, 4096]) {
        const result = decodeGuarded(coded, raw.length, SMALL, outPiece, simd);
        expect(result.isIntact).toBe(true);
        expect(result.bytes).toEqual(raw);
      }
    }
  });

  it('refuses distances beyond the dictionary', () => {
    const period = new SeededRandom(63).bytes(4097);
    const raw = Uint8Array.of(...period, ...period, ...period);
    const coded = encode(raw, { ...SMALL, dictionaryLog2: 13 });
    expect(coded.length).toBeLessThan(1.2 * period.length);
    expect(decodeGuarded(coded, raw.length, { ...SMALL, dictionaryLog2: 13 }, 100, simd).bytes).toEqual(raw);
    expect(decodeGuarded(coded, raw.length, SMALL, 100, simd).bytes).toBeUndefined();
    expect(decodeByTwin(coded, raw.length, SMALL)).toBeUndefined();
  });

  it('stays at its verdict', () => {
    const kernel = applyKernels({ simd });
    const { exports } = kernel;
    const state = new GuardedBlock(kernel, exports.lzDecoderSize(4096, 3, 0));
    exports.lzDecoderStart(state.ptr, 4096, 3, 0, 0);
    // All ones: a match before anything was written.
    const input = kernel.put(new Uint8Array(100).fill(255));
    const out = new GuardedBlock(kernel, 100);
    for (let i = 0; i < 3; i++) {
      expect(statusName(exports.lzDecode(state.ptr, input, 100, 1, out.ptr, 100))).toBe('BAD_STREAM');
      expect(exports.lzMadeOutput()).toBe(0);
      expect(statusName(exports.lzFinished(state.ptr, input, 0))).toBe('BAD_STREAM');
    }
    expect(exports.lzUsedInput()).toBe(0);
    expect(state.isIntact() && out.isIntact()).toBe(true);
  });
});
