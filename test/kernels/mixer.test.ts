import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { BitCoder, type Counter, freshCounters } from '../reference/bit-coder.js';
import { mixBitPlainly, squashPlainly, stretchPlainly } from '../reference/mixer.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const SETS = 8;
const COUNTERS = 64;
const INITIAL = 20000;

interface Step {
  readonly bit: number;
  readonly slots: readonly number[];
  readonly set: number;
}

/** Bits that depend on the counter of the first input; the other inputs know more or less of it, and are the same when `distance` is below 8. */
function randomSteps(seed: number, count: number, inputs: number, distance: number): Step[] {
  const random = new SeededRandom(seed);
  const bias = Array.from({ length: COUNTERS }, () => random.below(65536));
  return Array.from({ length: count }, () => {
    const slots = Array.from({ length: inputs }, (_, i) => i * distance + random.below(8));
    const bit = random.below(65536) < bias[slots[0]!]! ? 1 : 0;
    return { bit, slots, set: random.below(SETS) };
  });
}

it('the committed tables are what the script generates', () => {
  const script = join(import.meta.dirname, '../../scripts/generate-mixer-tables.mjs');
  execFileSync(process.execPath, [script, '--check']);
});

describe.each([{ simd: false }, { simd: true }])('mixer, simd $simd', (options) => {
  it('stretches every probability and squashes every stretch as the formulas say', () => {
    const { exports } = diffKernels(options);
    let worst = 0;
    for (let p = 1; p < 65536; p++) {
      const value = exports.stretch(p);
      if (value !== stretchPlainly(p)) expect(value, `p ${p}`).toBe(stretchPlainly(p));
      // One step of the table is 1/64 of q: its middle is 1/128 off, 4 / 256 where q is near a half, and rounded.
      worst = Math.max(worst, Math.abs(value - 256 * Math.log(p / (65536 - p))));
    }
    expect(worst).toBeLessThan(5);
    expect(exports.stretch(32768)).toBe(0);
    for (let value = -4000; value <= 4000; value++) {
      const p = exports.squash(value);
      if (p !== squashPlainly(value)) expect(p, `stretch ${value}`).toBe(squashPlainly(value));
      if (p < 1 || p > 65535) expect(p, `stretch ${value}`).toBe('a probability');
    }
    for (const value of [-2147483648, -2147483647, 2147483647, -2816, 2816]) {
      expect(exports.squash(value)).toBe(squashPlainly(value));
    }
  });

  it.each([
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((inputs) => [inputs, 8] as const),
    [4, 2] as const,
    [8, 5] as const,
    [8, 1] as const,
  ])(
    'codes, teaches and reads back like the plain mixer: %i inputs, %i counters apart',
    (inputs, distance) => {
      const rate = 12 + (inputs % 5);
      const steps = randomSteps(inputs, 3000, inputs, distance);
      const plain = new BitCoder();
      const counters = freshCounters(COUNTERS);
      const sets = Array.from({ length: SETS }, () => new Array<number>(inputs).fill(INITIAL));
      for (const { bit, slots, set } of steps) {
        mixBitPlainly(
          plain,
          bit,
          slots.map((slot) => counters[slot]!),
          sets[set]!,
          rate,
        );
      }

      const kernel = diffKernels(options);
      const { exports } = kernel;
      exports.initRates();
      const slots = new GuardedBlock(kernel, COUNTERS * 4);
      const weights = new GuardedBlock(kernel, SETS * 32);
      const out = kernel.alloc(steps.length * 3);
      const run = (decoding: boolean) => {
        exports.resetBits(slots.ptr, COUNTERS);
        exports.resetWeights(weights.ptr, SETS, INITIAL);
        // An input that an earlier bit set must not count.
        for (let i = 0; i < 8; i++) exports.setInput(i, slots.ptr + (63 - i) * 4);
        return steps.map((step) => {
          step.slots.forEach((slot, i) => {
            exports.setInput(i, slots.ptr + slot * 4);
          });
          return exports.mixBit(decoding ? 0 : step.bit, inputs, weights.ptr + step.set * 32, rate);
        });
      };
      const state = () => [...kernel.view32(slots.ptr, COUNTERS), ...kernel.view32(weights.ptr, SETS * 8)];

      exports.startEncoder(out);
      run(false);
      const coded = kernel.take(out, exports.finishEncoder() - out);
      expect(coded).toEqual(plain.finish());
      const afterEncoding = state();
      expect(afterEncoding.slice(0, COUNTERS)).toEqual(counters.map(packed));
      sets.forEach((set, i) => {
        const stored = [...new Int32Array(kernel.view32(weights.ptr + i * 32, 8))];
        expect(stored.slice(0, inputs)).toEqual(set);
        // Weights of inputs that are not there stay as they were set.
        expect(stored.slice(inputs)).toEqual(new Array(8 - inputs).fill(INITIAL));
      });

      exports.startDecoder(kernel.put(coded), coded.length);
      expect(run(true)).toEqual(steps.map(({ bit }) => bit));
      expect(exports.coderFinished()).toBe(0);
      expect(state()).toEqual(afterEncoding);
      expect(slots.isIntact() && weights.isIntact()).toBe(true);
    },
  );

  it('holds weights within their limits when one input is always right', () => {
    const kernel = diffKernels(options);
    const { exports } = kernel;
    exports.initRates();
    const slots = kernel.alloc(8 * 4);
    const weights = kernel.alloc(32);
    exports.resetBits(slots, 8);
    exports.startEncoder(kernel.alloc(40000));
    for (const initial of [262143, -262143]) {
      exports.resetWeights(weights, 1, initial);
      for (let i = 0; i < 8; i++) exports.setInput(i, slots + i * 4);
      for (let i = 0; i < 3000; i++) {
        exports.mixBit(i % 900 === 0 ? 1 : 0, 8, weights, 12);
        for (const weight of new Int32Array(kernel.view32(weights, 8))) {
          expect(Math.abs(weight)).toBeLessThanOrEqual(262143);
        }
      }
    }
  });

  it('learns which input to trust', () => {
    const random = new SeededRandom(4);
    const kernel = diffKernels(options);
    const { exports } = kernel;
    exports.initRates();
    const slots = kernel.alloc(256 * 4);
    const weights = kernel.alloc(32);
    const out = kernel.alloc(20000);
    exports.resetBits(slots, 256);
    exports.resetWeights(weights, 1, 65536 / 4);
    exports.startEncoder(out);
    for (let i = 0; i < 20000; i++) {
      const told = random.below(2);
      const bit = random.oneIn(100) ? 1 - told : told;
      exports.setInput(0, slots + told * 4);
      for (let j = 1; j < 4; j++) exports.setInput(j, slots + (j * 64 + random.below(64)) * 4);
      exports.mixBit(bit, 4, weights, 16);
    }
    // The entropy is 0.081 bits a bit.
    expect(exports.finishEncoder() - out).toBeLessThan(((20000 * 0.081) / 8) * 1.25);
  });
});

describe.each([{ simd: false }, { simd: true }])('hashed counters, simd $simd', (options) => {
  const BITS = 6;

  function start() {
    const kernel = diffKernels(options);
    const table = new GuardedBlock(kernel, 4 << BITS);
    kernel.exports.initRates();
    kernel.exports.resetBits(table.ptr, 1 << BITS);
    kernel.exports.startEncoder(kernel.alloc(4000));
    return { kernel, table };
  }

  it('finds a context again, and gives way to another only when its pair is full', () => {
    const { kernel, table } = start();
    const { hashedSlot, codeAdaptiveBit } = kernel.exports;
    const home = 5 << (32 - BITS);
    const first = hashedSlot(table.ptr, BITS, home | 0x11);
    codeAdaptiveBit(1, first);
    codeAdaptiveBit(1, first);
    const second = hashedSlot(table.ptr, BITS, home | 0x22);
    expect(second).not.toBe(first);
    expect(second - (second % 8)).toBe(first - (first % 8));
    codeAdaptiveBit(0, second);
    expect(hashedSlot(table.ptr, BITS, home | 0x11)).toBe(first);
    expect(hashedSlot(table.ptr, BITS, home | 0x22)).toBe(second);
    // The pair's other home leads to the same two.
    expect(hashedSlot(table.ptr, BITS, (4 << (32 - BITS)) | 0x11)).toBe(first);
    const third = hashedSlot(table.ptr, BITS, home | 0x33);
    expect(third).toBe(second);
    expect(kernel.view32(third, 1)[0]).toBe(0x80000033);
    expect(hashedSlot(table.ptr, BITS, home | 0x11)).toBe(first);
    expect(table.isIntact()).toBe(true);
  });

  it('stays within the table for any hash', () => {
    const { kernel, table } = start();
    const random = new SeededRandom(6);
    const seen = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      const slot = kernel.exports.hashedSlot(table.ptr, BITS, random.u32());
      expect(slot % 4).toBe(0);
      expect(slot).toBeGreaterThanOrEqual(table.ptr);
      expect(slot).toBeLessThan(table.ptr + table.size);
      seen.add(slot);
      kernel.exports.codeAdaptiveBit(random.below(2), slot);
    }
    expect(seen.size).toBe(1 << BITS);
    expect(table.isIntact()).toBe(true);
  });

  it('hashes contexts and models apart', () => {
    const { exports } = diffKernels(options);
    const hashes = new Set<number>();
    const homes = new Array<number>(64).fill(0);
    for (let model = 0; model < 4; model++) {
      for (let a = 0; a < 32; a++) {
        for (let b = 0; b < 32; b++) {
          const hash = exports.hashContext(model, a, b << 20) >>> 0;
          hashes.add(hash);
          homes[hash >>> 26]!++;
        }
      }
    }
    expect(hashes.size).toBe(4096);
    expect(Math.max(...homes)).toBeLessThan(100);
    expect(Math.min(...homes)).toBeGreaterThan(30);
  });
});

function packed({ p, uses }: Counter): number {
  return ((p << 14) | (uses << 8)) >>> 0;
}
