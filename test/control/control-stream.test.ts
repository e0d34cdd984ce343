import { describe, expect, it } from 'vitest';
import { coverLimit, decodeControl, encodeControl } from '../../src/control/control-stream.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { randomCovers } from '../support/random-covers.js';
import { SeededRandom } from '../support/seeded-random.js';

const NO_STARTS = new Uint32Array(0);

describe.each([{ simd: false }, { simd: true }])('control stream, simd $simd', (options) => {
  const encode = (covers: Uint32Array, frame: Parameters<typeof encodeControl>[2]) =>
    encodeControl(diffKernels(options), covers, frame);
  const decode = (coded: Uint8Array, count: number, frame: Parameters<typeof decodeControl>[3]) =>
    decodeControl(applyKernels(options), coded, count, frame);

  it.each(
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((seed) => [0, 1, 63, 64, 65, 700].map((starts) => ({ seed, starts }))),
  )('gives back random covers (seed $seed, $starts function starts)', ({ seed, starts }) => {
    const random = new SeededRandom(seed * 1000 + starts);
    for (const count of [1, 2, 30, 500]) {
      const { covers, frame } = randomCovers(random, count, starts);
      const coded = encode(covers, frame);
      expect(decode(coded, covers.length / 3, frame)).toEqual(covers);
    }
  });

  it.each([2047, 2048, 2049, 4096])('crosses slices unseen (%i covers)', (count) => {
    const { covers, frame } = randomCovers(new SeededRandom(count), count, 300);
    const slices: number[] = [];
    const coded = encode(covers, frame);
    const decoded = decode(coded, covers.length / 3, { ...frame, onSlice: (done) => slices.push(done) });
    expect(decoded).toEqual(covers);
    expect(slices.at(-1)).toBe(covers.length / 3);
    expect(slices.length).toBe(Math.ceil(covers.length / 3 / 2048));
  });

  it('takes the greatest sizes', () => {
    const max = 0xffffffff;
    const frame = { oldSize: max, newSize: max, functionStarts: Uint32Array.of(0, max - 1, max) };
    for (const covers of [
      Uint32Array.of(0, 0, max),
      Uint32Array.of(max - 1, max - 1, 1),
      Uint32Array.of(0, max - 1, 1, 1, 0, 1, max - 1, 5, 1),
      Uint32Array.of(0, max - 5, 5, 5, 0, max - 5),
    ]) {
      expect(decode(encode(covers, frame), covers.length / 3, frame)).toEqual(covers);
    }
  });

  it('codes no covers as no bytes', () => {
    const frame = { oldSize: 0, newSize: 7 };
    expect(encode(NO_STARTS, frame)).toEqual(new Uint8Array(0));
    expect(decode(new Uint8Array(0), 0, frame)).toEqual(NO_STARTS);
    expect(() => decode(Uint8Array.of(0), 0, frame)).toThrow(
      expect.objectContaining({ code: 'TRAILING_BYTES' }),
    );
  });

  it('gives back the memory that it took', () => {
    const { covers, frame } = randomCovers(new SeededRandom(3), 100, 50);
    const writer = diffKernels(options);
    const before = writer.mark();
    const coded = encodeControl(writer, covers, frame);
    expect(writer.mark()).toBe(before);
    expect(encodeControl(writer, covers, frame)).toEqual(coded);
    expect(decodeControl(writer, coded, covers.length / 3, frame)).toEqual(covers);
  });

  it.each([
    ['an empty cover', [0, 0, 0]],
    ['one behind the end of new', [1000, 0, 1]],
    ['one across the end of new', [990, 0, 11]],
    ['one across the end of old', [0, 490, 11]],
    ['one whose end wraps', [0, 499, 0xffffffff]],
    ['covers that overlap', [0, 0, 10, 9, 20, 5]],
    ['covers out of order', [50, 0, 10, 0, 20, 5]],
  ])('refuses to code %s', (_, fields) => {
    expect(() => encode(Uint32Array.from(fields), { oldSize: 500, newSize: 1000 })).toThrow(RangeError);
  });

  it.each([
    ['descending', [5, 4]],
    ['repeated', [5, 5]],
    ['outside old', [5, 501]],
  ])('refuses function starts that are %s', (_, starts) => {
    const frame = { oldSize: 500, newSize: 1000, functionStarts: Uint32Array.from(starts) };
    expect(() => encode(Uint32Array.of(0, 0, 10), frame)).toThrow(RangeError);
    expect(() => decode(Uint8Array.of(1, 2), 1, frame)).toThrow(RangeError);
  });
});

describe('control stream', () => {
  it('has the same bytes from scalar and SIMD kernels', () => {
    const { covers, frame } = randomCovers(new SeededRandom(77), 3000, 500);
    expect(encodeControl(diffKernels({ simd: true }), covers, frame)).toEqual(
      encodeControl(diffKernels({ simd: false }), covers, frame),
    );
  });

  it('spends little on covers that are to be expected', () => {
    // Functions of 64 bytes, moved as a whole in 200 runs; every second run goes on where an earlier one ended.
    const starts = Uint32Array.from({ length: 5000 }, (_, i) => i * 64);
    const fields: number[] = [];
    for (let i = 0; i < 200; i++) fields.push(i * 640, i % 2 ? 160000 + i * 320 : i * 320, 640);
    const frame = { oldSize: 320000, newSize: 128000, functionStarts: starts };
    const coded = encodeControl(diffKernels(), Uint32Array.from(fields), frame);
    expect(coded.length).toBeLessThan(60);
    const without = encodeControl(diffKernels(), Uint32Array.from(fields), {
      ...frame,
      functionStarts: NO_STARTS,
    });
    expect(without.length).toBeLessThan(130);
  });

  it('takes covers so regular that hundreds cost a byte, and refuses counts that nothing can hold', () => {
    const count = 100_000;
    const covers = Uint32Array.from({ length: count * 3 }, (_, i) => {
      const at = Math.floor(i / 3);
      return [at * 32, (at % 2) * 100_000, 32][i % 3]!;
    });
    const frame = { oldSize: 1 << 20, newSize: count * 32 };
    const coded = encodeControl(diffKernels(), covers, frame);
    expect(coded.length).toBeLessThan(200);
    expect(decodeControl(applyKernels(), coded, count, frame)).toEqual(covers);
    expect(coverLimit(coded.length, frame.newSize)).toBe(64 * (coded.length + 16) + count * 4);
    const beyond = coverLimit(coded.length, frame.newSize) + 1;
    expect(() => decodeControl(applyKernels(), coded, beyond, frame)).toThrow(
      expect.objectContaining({ code: 'BAD_CONTROL', data: { expected: beyond - 1, found: beyond } }),
    );
    // Four bytes of new to each cover, and nearly no code: no matcher makes such a list.
    const tiny = Uint32Array.from({ length: 60_000 * 3 }, (_, i) => [4 * Math.floor(i / 3), 8, 4][i % 3]!);
    expect(() => encodeControl(diffKernels(), tiny, { oldSize: 100, newSize: 240_000 })).toThrow(RangeError);
  });
});
