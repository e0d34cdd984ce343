import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODER, type LzParameters, readLzParameters, writeLzParameters } from '../../src/entropy/codec.js';
import { encodeStream, type StreamPlan } from '../../src/entropy/encode-stream.js';
import { encodeLz, type LzSearch } from '../../src/entropy/lz-encode.js';
import { createStreamDecoder } from '../../src/entropy/stream-decoder.js';
import { PatchError } from '../../src/errors/index.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { decodeLzPlainly } from '../reference/lz-decoder.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

const SEARCHES: Record<string, LzSearch> = {
  greedy: { optimal: false, depth: 8, nice: 32 },
  optimal: { optimal: true, depth: 32, nice: 64 },
  thorough: { optimal: true, depth: 256, nice: 273 },
};
const PARAMETERS: LzParameters[] = [
  { lc: 3, lp: 0, pb: 0, dictionaryLog2: 20 },
  { lc: 0, lp: 2, pb: 2, dictionaryLog2: 20 },
  { lc: 4, lp: 0, pb: 4, dictionaryLog2: 12 },
  { lc: 0, lp: 4, pb: 0, dictionaryLog2: 13 },
];
const random = new SeededRandom(51);
const INPUTS: Record<string, Uint8Array> = {
  'one byte': Uint8Array.of(7),
  zeros: new Uint8Array(20_000),
  noise: random.bytes(9_000),
  text: makeTextPair(52, 400).newBytes,
  code: makeCodePair(53, 4_000).newBytes,
  'a long repeat': Uint8Array.from({ length: 60_000 }, (_, i) => (i % 20_001) & 255),
};

function drain<Result>(work: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function encode(raw: Uint8Array, parameters: LzParameters, search: LzSearch, simd = true): Uint8Array {
  const kernel = diffKernels({ simd });
  return drain(encodeLz(kernel, kernel.put(raw), raw.length, parameters, search));
}

function decode(
  coded: Uint8Array,
  rawSize: number,
  parameters: LzParameters,
  inPiece = 1 << 20,
  outPiece = 1 << 20,
  simd = true,
) {
  const kernel = applyKernels({ simd });
  const decoder = createStreamDecoder(kernel, CODER.lz, writeLzParameters(parameters), rawSize);
  const out = new Uint8Array(rawSize);
  const block = new GuardedBlock(kernel, Math.min(outPiece, rawSize));
  let fed = 0;
  const feed = () => {
    decoder.feed(coded.subarray(fed, fed + inPiece), fed + inPiece >= coded.length);
    fed = Math.min(coded.length, fed + inPiece);
  };
  feed();
  for (let made = 0; made < rawSize; feed()) {
    const hadAll = fed === coded.length;
    const count = decoder.pull(block.ptr, Math.min(block.size, rawSize - made));
    out.set(kernel.view(block.ptr, count), made);
    made += count;
    if (count === 0 && hadAll) throw new Error('stuck');
  }
  decoder.finish();
  expect(block.isIntact()).toBe(true);
  return out;
}

describe.each(Object.keys(SEARCHES))('the lz coder, %s', (name) => {
  const search = SEARCHES[name]!;

  it.each(Object.keys(INPUTS))('gives %s back, as its plain twin does', (input) => {
    const raw = INPUTS[input]!;
    for (const parameters of PARAMETERS) {
      const coded = encode(raw, parameters, search);
      expect(decode(coded, raw.length, parameters)).toEqual(raw);
      expect(decodeLzPlainly(coded, raw.length, parameters)).toEqual(raw);
    }
  });

  it('makes the same bytes with scalar kernels', () => {
    expect(encode(INPUTS.code!, PARAMETERS[1]!, search, false)).toEqual(
      encode(INPUTS.code!, PARAMETERS[1]!, search),
    );
  });
});

describe('the lz decoder', () => {
  const parameters = PARAMETERS[0]!;
  const raw = INPUTS.text!.subarray(0, 3000);
  const coded = encode(raw, parameters, SEARCHES.optimal!);

  it.each([1, 2, 3, 7, 31, 32, 33, 100])('takes input in pieces of %i bytes', (piece) => {
    for (const outPiece of [1, 5, 273, 4096]) {
      expect(decode(coded, raw.length, parameters, piece, outPiece)).toEqual(raw);
      expect(decode(coded, raw.length, parameters, piece, outPiece, false)).toEqual(raw);
    }
  });

  it('refuses or survives every flipped bit, cut and extra byte', () => {
    for (let bit = 0; bit < coded.length * 8; bit++) {
      const damaged = coded.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expectTyped(() => decode(damaged, raw.length, parameters));
    }
    // Up to 4 zero bytes at the end are made up, so a cut of zeros is no damage.
    for (let size = 0; size < coded.length - 4; size++) {
      expect(() => decode(coded.subarray(0, size), raw.length, parameters)).toThrow(PatchError);
    }
    // One to four bytes may stand for zeros that were left away; five cannot.
    expect(() => decode(Uint8Array.of(...coded, 0, 0, 0, 0, 0), raw.length, parameters)).toThrow(PatchError);
  });

  it('survives noise', () => {
    const noise = new SeededRandom(54);
    for (let i = 0; i < 400; i++) expectTyped(() => decode(noise.bytes(200), 5000, PARAMETERS[i % 4]!));
  });
});

function expectTyped(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
  }
}

describe('coder parameters', () => {
  it('round-trip', () => {
    for (const parameters of PARAMETERS)
      expect(readLzParameters(writeLzParameters(parameters))).toEqual(parameters);
  });

  it.each([[[]], [[0]], [[0, 11]], [[0, 27]], [[255, 20]], [[24, 20]], [[0, 20, 0]]])(
    '%j are refused',
    (bytes) => {
      const parameters = Uint8Array.from(bytes);
      expect(readLzParameters(parameters)).toBeUndefined();
      expect(() => createStreamDecoder(applyKernels(), CODER.lz, parameters, 10)).toThrow(
        expect.objectContaining({ code: 'BAD_CODER' }),
      );
    },
  );
});

const CONTEXTS = [
  { lc: 3, lp: 0, pb: 0 },
  { lc: 0, lp: 2, pb: 2 },
];

describe('encodeStream', () => {
  const plans: StreamPlan[] = [
    { coder: 'deflate', level: 6 },
    { coder: 'lz', contexts: CONTEXTS, dictionaryLog2: 20, search: SEARCHES.optimal!, triedSize: 1000 },
  ];

  it('gives any bytes back through any coder (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom(...plans), (raw, plan) => {
        const { coder, parameters, bytes } = drain(encodeStream(diffKernels(), raw, plan));
        const kernel = applyKernels();
        const decoder = createStreamDecoder(kernel, coder, parameters, raw.length);
        decoder.feed(bytes, true);
        const ptr = kernel.alloc(raw.length);
        expect(decoder.pull(ptr, raw.length)).toBe(raw.length);
        decoder.finish();
        expect(kernel.take(ptr, raw.length)).toEqual(raw);
        expect(bytes.length).toBeLessThanOrEqual(raw.length);
      }),
      { numRuns: 60, seed: 20261124 },
    );
  });

  it('leaves noise as it is', () => {
    expect(drain(encodeStream(diffKernels(), random.bytes(1 << 20), plans[1]!)).coder).toBe(CODER.stored);
  });

  it('a deflate stream of another size than its header says is refused', () => {
    const raw = INPUTS.text!;
    const { bytes } = drain(encodeStream(diffKernels(), raw, plans[0]!));
    for (const rawSize of [raw.length - 1, raw.length + 1]) {
      const kernel = applyKernels();
      const decoder = createStreamDecoder(kernel, CODER.deflate, new Uint8Array(0), rawSize);
      decoder.feed(bytes, true);
      decoder.pull(kernel.alloc(rawSize), rawSize);
      expect(() => decoder.finish()).toThrow(expect.objectContaining({ code: 'BAD_STREAM' }));
    }
  });
});
