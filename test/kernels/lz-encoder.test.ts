import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LzParameters } from '../../src/entropy/codec.js';
import type { LzSearch } from '../../src/entropy/lz-encode.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { decodeLzPlainly } from '../reference/lz-decoder.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { makeCodePair, makeTextPair } from '../support/make-pair.js';
import { SeededRandom } from '../support/seeded-random.js';

const SEARCHES: Record<string, LzSearch> = {
  greedy: { optimal: false, depth: 8, nice: 32 },
  'greedy, barely': { optimal: false, depth: 2, nice: 32 },
  optimal: { optimal: true, depth: 32, nice: 64 },
  'optimal, barely': { optimal: true, depth: 1, nice: 8 },
  thorough: { optimal: true, depth: 256, nice: 273 },
};
const VALUES: LzParameters = { lc: 0, lp: 2, pb: 2, dictionaryLog2: 16 };

interface Encoded {
  readonly bytes: Uint8Array;
  readonly isIntact: boolean;
}

/**
 * Encodes with the bare kernel, block and output between guards. The output has only the room that the encoder asks for,
 * so that each step stops early.
 */
function encodeGuarded(
  raw: Uint8Array,
  parameters: LzParameters,
  search: LzSearch,
  slice: number,
  simd = true,
): Encoded {
  const kernel = diffKernels({ simd });
  const { exports } = kernel;
  const { lc, lp, pb, dictionaryLog2 } = parameters;
  const window = 2 ** dictionaryLog2;
  const optimal = search.optimal ? 1 : 0;
  const input = kernel.put(raw);
  const block = new GuardedBlock(
    kernel,
    exports.lzEncoderSize(raw.length, window, lc, lp, optimal, search.depth),
  );
  exports.lzEncoderStart(
    block.ptr,
    input,
    raw.length,
    window,
    lc,
    lp,
    pb,
    optimal,
    search.depth,
    search.nice,
  );
  const bytes: number[] = [];
  let isIntact = true;
  const mark = kernel.mark();
  const write = (step: (out: number, room: number) => number) => {
    const out = new GuardedBlock(kernel, exports.lzEncoderRoom());
    const size = step(out.ptr, out.size) - out.ptr;
    bytes.push(...kernel.view(out.ptr, size));
    isIntact &&= out.isIntact();
    kernel.release(mark);
  };
  for (let done = 0; done < raw.length; done = exports.lzEncodedSize()) {
    write((out, room) => exports.lzEncodeStep(Math.min(raw.length, done + slice), out, room));
    expect(exports.lzEncodedSize()).toBeGreaterThan(done);
  }
  write((out) => exports.lzEncodeFinish(out));
  isIntact &&= block.isIntact();
  while (bytes.length > 1 && bytes.at(-1) === 0) bytes.pop();
  return { bytes: Uint8Array.from(bytes), isIntact };
}

describe.each(Object.keys(SEARCHES))('the bare lz encoder, %s', (name) => {
  const search = SEARCHES[name]!;

  it('stays within block and room, and its bytes do not depend on slices or SIMD', () => {
    const random = new SeededRandom(81);
    const inputs = [
      makeTextPair(82, 300).newBytes,
      makeCodePair(83, 1_500).newBytes,
      random.bytes(30_000),
      new Uint8Array(20_000),
    ];
    for (const raw of inputs) {
      const whole = encodeGuarded(raw, VALUES, search, raw.length);
      expect(whole.isIntact).toBe(true);
      expect(decodeLzPlainly(whole.bytes, raw.length, VALUES)).toEqual(raw);
      for (const slice of [1, 4099]) {
        expect(encodeGuarded(raw, VALUES, search, slice)).toEqual(whole);
        expect(encodeGuarded(raw, VALUES, search, slice, false)).toEqual(whole);
      }
    }
  });

  it('writes nothing when the room is too small', () => {
    const kernel = diffKernels();
    const { exports } = kernel;
    const raw = makeTextPair(84, 100).newBytes;
    const input = kernel.put(raw);
    const optimal = search.optimal ? 1 : 0;
    const block = kernel.alloc(exports.lzEncoderSize(raw.length, 4096, 3, 0, optimal, search.depth));
    exports.lzEncoderStart(block, input, raw.length, 4096, 3, 0, 0, optimal, search.depth, search.nice);
    const out = new GuardedBlock(kernel, exports.lzEncoderRoom() - 1);
    expect(exports.lzEncodeStep(raw.length, out.ptr, out.size)).toBe(out.ptr);
    expect(exports.lzEncodedSize()).toBe(0);
    expect(out.isIntact()).toBe(true);
  });

  it('gives back what few different bytes make, under any parameters (property)', () => {
    const bytes = fc
      .tuple(fc.constantFrom(2, 3, 5, 256), fc.array(fc.nat(255), { maxLength: 400 }), fc.nat(20))
      .map(([values, numbers, repeats]) => {
        const part = numbers.map((number) => number % values);
        return Uint8Array.from([...part, ...Array.from({ length: repeats }, () => part[0] ?? 0), ...part]);
      });
    const parameters = fc
      .tuple(fc.nat(4), fc.nat(4), fc.nat(4))
      .filter(([lc, lp]) => lc + lp <= 4)
      .map(([lc, lp, pb]) => ({ lc, lp, pb, dictionaryLog2: 12 }));
    fc.assert(
      fc.property(bytes, parameters, (raw, chosen) => {
        if (raw.length === 0) return;
        const { bytes: coded, isIntact } = encodeGuarded(raw, chosen, search, raw.length);
        expect(isIntact).toBe(true);
        expect(decodeLzPlainly(coded, raw.length, chosen)).toEqual(raw);
      }),
      { numRuns: 60, seed: 20261124 },
    );
  });

  it('finds matches no farther back than its window', () => {
    const period = new SeededRandom(85).bytes(5_000);
    const raw = Uint8Array.of(...period, ...period, ...period);
    const near = encodeGuarded(raw, { ...VALUES, dictionaryLog2: 12 }, search, raw.length);
    const far = encodeGuarded(raw, { ...VALUES, dictionaryLog2: 13 }, search, raw.length);
    expect(far.bytes.length).toBeLessThan(1.1 * period.length);
    expect(near.bytes.length).toBeGreaterThan(raw.length);
    expect(decodeLzPlainly(near.bytes, raw.length, { ...VALUES, dictionaryLog2: 12 })).toEqual(raw);
  });
});

describe('the sizes of the lz encoder', () => {
  const raw = makeCodePair(86, 4_000).newBytes;
  const size = (name: string) => encodeGuarded(raw, VALUES, SEARCHES[name]!, raw.length).bytes.length;

  it('fall with the effort', () => {
    expect(size('optimal')).toBeLessThan(0.99 * size('greedy'));
    expect(size('thorough')).toBeLessThan(1.002 * size('optimal'));
  });
});
