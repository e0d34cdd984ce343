import { describe, expect, it } from 'vitest';
import { chooseContexts, type LzPlan, looksRandom } from '../../src/entropy/choose-contexts.js';
import { CODER, readLzParameters } from '../../src/entropy/codec.js';
import { encodeStream, probeStream } from '../../src/entropy/encode-stream.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { makeTextPair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

const BYTES = { lc: 3, lp: 0, pb: 0 };
const UNITS = { lc: 0, lp: 2, pb: 2 };

function plan(triedSize: number, contexts = [BYTES, UNITS]): LzPlan {
  return {
    coder: 'lz',
    contexts,
    dictionaryLog2: 16,
    search: { optimal: true, depth: 32, nice: 64 },
    triedSize,
  };
}

/** Units of 4 bytes whose bytes have distributions of their own: 16, 4, 2 and 1 values. */
function makeUnits(seed: number, count: number): Uint8Array {
  const random = new SeededRandom(seed).bytes(count * 4);
  return random.map((byte, i) => [byte & 15, 64 + (byte & 3), 128 + (byte & 1), 255][i & 3]!);
}

function drain<Result>(work: Generator<number, Result, void>): { result: Result; steps: number[] } {
  const steps: number[] = [];
  for (;;) {
    const step = work.next();
    if (step.done) return { result: step.value, steps };
    steps.push(step.value);
  }
}

function choose(raw: Uint8Array, chosen: LzPlan) {
  const kernel = diffKernels();
  return drain(chooseContexts(kernel, kernel.put(raw), raw.length, chosen)).result;
}

const TEXT = makeTextPair(91, 2_000).newBytes;

describe('chooseContexts', () => {
  it('keeps all for a short stream, and the only one for any', () => {
    expect(choose(TEXT, plan(TEXT.length))).toEqual([BYTES, UNITS]);
    expect(choose(TEXT, plan(0, [UNITS]))).toEqual([UNITS]);
  });

  it('tells units from text', () => {
    expect(choose(makeUnits(92, 20_000), plan(0))).toEqual([UNITS]);
    expect(choose(TEXT, plan(0))).toEqual([BYTES]);
  });

  it('sees only stretches of a long stream, at multiples of 4', () => {
    const units = makeUnits(93, 300_001);
    expect(choose(units, plan(0))).toEqual([UNITS]);
  });
});

describe('looksRandom', () => {
  const ask = (raw: Uint8Array) => {
    const kernel = diffKernels();
    return drain(looksRandom(kernel, kernel.put(raw), raw.length)).result;
  };

  it('knows noise of a megabyte, and asks of nothing shorter', () => {
    const noise = new SeededRandom(94).bytes(1 << 20);
    expect(ask(noise)).toBe(true);
    expect(ask(noise.subarray(1))).toBe(false);
  });

  it('does not take a stream for noise that is noise in one stretch of three', () => {
    const raw = new SeededRandom(95).bytes(3 << 20);
    raw.fill(0, 0, 1 << 20);
    expect(ask(raw)).toBe(false);
  });
});

describe('encodeStream', () => {
  const sizeWith = (raw: Uint8Array, chosen: LzPlan) =>
    drain(encodeStream(diffKernels(), raw, chosen)).result.bytes.length;

  it('keeps the smallest of the contexts that it tries', () => {
    for (const raw of [TEXT, makeUnits(96, 5_000)]) {
      const both = sizeWith(raw, plan(raw.length));
      const alone = [BYTES, UNITS].map((contexts) => sizeWith(raw, plan(raw.length, [contexts])));
      expect(both).toBe(Math.min(...alone));
    }
  });

  it('writes the contexts that it chose', () => {
    const { result } = drain(encodeStream(diffKernels(), makeUnits(97, 5_000), plan(0)));
    expect(result.coder).toBe(CODER.lz);
    expect(readLzParameters(result.parameters)).toEqual({ ...UNITS, dictionaryLog2: 16 });
  });

  it.each([
    ['units', makeUnits(99, 20_000), 0],
    ['a short stream', TEXT, TEXT.length],
    ['noise', new SeededRandom(100).bytes(1 << 20), 0],
  ] as const)('makes the same of %s that another thread probed', (_, raw, triedSize) => {
    const probed = drain(probeStream(diffKernels(), raw, plan(triedSize))).result;
    const made = drain(encodeStream(diffKernels(), raw, probed));
    expect(made.result).toEqual(drain(encodeStream(diffKernels(), raw, plan(triedSize))).result);
  });

  it('needs no probing of noise that was probed', () => {
    const noise = new SeededRandom(101).bytes(1 << 20);
    expect(drain(probeStream(diffKernels(), noise, plan(0))).result).toEqual({ coder: 'stored' });
  });

  it('counts its progress upwards, up to the size of the stream', () => {
    const raw = makeUnits(98, 300_000);
    const { steps } = drain(encodeStream(diffKernels(), raw, plan(0)));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBe(raw.length);
  });

  it('gives its memory back', () => {
    const kernel = diffKernels();
    const mark = kernel.mark();
    drain(encodeStream(kernel, TEXT, plan(0)));
    expect(kernel.mark()).toBe(mark);
  });
});
