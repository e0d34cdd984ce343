import { describe, expect, it } from 'vitest';
import { decodeControl, encodeControl } from '../../src/control/control-stream.js';
import { STATUS } from '../../src/errors/status.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { decodeControlPlainly } from '../reference/control-decoder.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { type CoverCase, randomCovers } from '../support/random-covers.js';
import { SeededRandom } from '../support/seeded-random.js';

const CASES = [1, 2, 3, 4, 5].flatMap((seed) =>
  [0, 1, 2, 63, 64, 65, 127, 128, 129, 2000].map((starts) => ({ seed, starts })),
);

function rows(covers: Uint32Array): number[][] {
  return Array.from({ length: covers.length / 3 }, (_, i) => [...covers.subarray(i * 3, i * 3 + 3)]);
}

describe.each([{ simd: false }, { simd: true }])('control kernel, simd $simd', (options) => {
  it.each(CASES)(
    'writes what the plain decoder reads (seed $seed, $starts function starts)',
    ({ seed, starts }) => {
      const { covers, frame } = randomCovers(new SeededRandom(seed * 7919 + starts), 250, starts);
      const coded = encodeControl(diffKernels(options), covers, frame);
      const count = covers.length / 3;
      expect(decodeControlPlainly({ coded, count, ...frame })).toEqual(rows(covers));
      expect(decodeControl(applyKernels(options), coded, count, frame)).toEqual(covers);
    },
  );

  it('reads noise as the plain decoder does: the same covers up to the same bad one', () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = new SeededRandom(seed);
      const { frame } = randomCovers(random, 20, random.skewed(8) - 1);
      const coded = seed === 0 ? new Uint8Array(64) : random.bytes(random.skewed(9));
      const kernel = applyKernels(options);
      const { exports } = kernel;
      exports.initRates();
      const starts = kernel.alloc(frame.functionStarts.byteLength);
      kernel.view32(starts, frame.functionStarts.length).set(frame.functionStarts);
      const count = frame.functionStarts.length;
      const scratch = new GuardedBlock(kernel, exports.controlSize(count));
      const covers = new GuardedBlock(kernel, 40 * 12);
      const ptr = kernel.put(coded);
      expect(exports.controlStart(scratch.ptr, starts, count, frame.oldSize, frame.newSize)).toBe(0);
      exports.startDecoder(ptr, coded.length);
      const status = exports.controlDecode(covers.ptr, 40);
      expect([0, STATUS.BAD_CONTROL, STATUS.TRUNCATED]).toContain(status);
      expect(scratch.isIntact() && covers.isIntact()).toBe(true);
      const decoded = exports.controlCount();
      if (status === 0) continue;
      expect(() => decodeControlPlainly({ coded, count: 40, ...frame })).toThrow(`cover ${decoded}:`);
    }
  });

  it('writes nothing outside its scratch and its code', () => {
    const { covers, frame } = randomCovers(new SeededRandom(21), 2000, 777);
    const kernel = diffKernels(options);
    const { exports } = kernel;
    const count = covers.length / 3;
    exports.initRates();
    const starts = new GuardedBlock(kernel, frame.functionStarts.byteLength, 4);
    starts.write(new Uint8Array(frame.functionStarts.buffer));
    const scratch = new GuardedBlock(kernel, exports.controlSize(777));
    const list = new GuardedBlock(kernel, covers.byteLength, 4);
    list.write(new Uint8Array(covers.buffer));
    const code = new GuardedBlock(kernel, exports.controlCodeSize(count));
    exports.controlStart(scratch.ptr, starts.ptr, frame.functionStarts.length, frame.oldSize, frame.newSize);
    exports.startEncoder(code.ptr);
    expect(exports.controlEncode(list.ptr, count)).toBe(0);
    expect(exports.controlCount()).toBe(count);
    const size = exports.finishEncoder() - code.ptr;
    expect(kernel.take(code.ptr, size)).toEqual(encodeControl(diffKernels(options), covers, frame));
    for (const block of [starts, scratch, list, code]) expect(block.isIntact()).toBe(true);
    expect(list.take()).toEqual(new Uint8Array(covers.buffer));
  });
});

describe('control kernel', () => {
  it('codes function starts that are used up, used twice, and the first of a hole', () => {
    // Six functions: the third and fourth are used first, then the hole behind them, then one of them again, then all.
    const functionStarts = Uint32Array.of(0, 1000, 2000, 3000, 4000, 5000);
    const covers = Uint32Array.from(
      [
        [0, 2000, 2000],
        [2000, 4000, 500],
        [2500, 2000, 1000],
        [3500, 0, 2000],
        [5500, 4500, 1500],
        [7000, 5000, 1000],
        [8000, 0, 6000],
        [14000, 3000, 10],
      ].flat(),
    );
    const frame: CoverCase['frame'] = { oldSize: 6000, newSize: 20000, functionStarts };
    const coded = encodeControl(diffKernels(), covers, frame);
    expect(decodeControlPlainly({ coded, count: 8, ...frame })).toEqual(rows(covers));
    expect(decodeControl(applyKernels(), coded, 8, frame)).toEqual(covers);
  });
});
