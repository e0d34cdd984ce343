import { describe, expect, it } from 'vitest';
import { mixMemory } from '../../src/entropy/mix-memory.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { BitCoder } from '../reference/bit-coder.js';
import { FlagMixer, ValueMixer } from '../reference/mixed-models.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

describe('memory of the mixed models', () => {
  const { exports } = diffKernels();

  it.each([8, 14, 20])('is what the format says, 2^%i', (bits) => {
    const planned = (name: string) => mixMemory(name, 3, Uint8Array.of(bits));
    expect(planned('flags')).toBe(exports.residualSize(bits, 0));
    expect(planned('values')).toBe(exports.residualSize(bits, bits) - exports.residualSize(bits, 0));
    expect(planned('gapWords')).toBe(exports.gapModelSize(bits, 0));
    expect(planned('gapBytes')).toBe(exports.gapModelSize(0, bits));
  });

  it('is nothing where nothing is mixed', () => {
    expect(mixMemory('flags', 0, new Uint8Array(0))).toBe(0);
    expect(mixMemory('whole', 3, Uint8Array.of(14))).toBe(0);
    expect(exports.gapModelSize(0, 0)).toBe(0);
  });
});

interface Unit {
  readonly place: number;
  readonly size: number;
  readonly kind: number;
  readonly how: number;
  readonly predicted: number;
  readonly word: number;
}

/** Units like those of a patch: few different predictions, corrections that come again, some noise. */
function randomUnits(seed: number, count: number): Unit[] {
  const random = new SeededRandom(seed);
  const words = Array.from({ length: 60 }, () => random.u32());
  const corrections = Array.from({ length: 9 }, () => (random.oneIn(3) ? random.u32() : random.below(256)));
  let place = 0;
  return Array.from({ length: count }, (_, i) => {
    place += 4 * (1 + (random.oneIn(20) ? random.below(3000) : random.below(4)));
    const size = random.oneIn(12) ? 1 + random.below(3) : 4;
    const mask = size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
    const predicted = (words[random.below(60)]! & mask) >>> 0;
    const change = random.oneIn(10) ? random.u32() : corrections[(i * i) % 9]!;
    const word = random.oneIn(2) ? predicted : ((predicted ^ change) & mask) >>> 0;
    return {
      place,
      size,
      kind: random.oneIn(4) ? random.below(16) : i % 3,
      how: random.below(4),
      predicted,
      word,
    };
  });
}

describe.each([{ simd: false }, { simd: true }])('mixed flags and values, simd $simd', (options) => {
  it.each([8, 13])('are coded and read back like the plain models, tables of 2^%i', (bits) => {
    const units = randomUnits(bits, 1500);
    const isRight = ({ word, predicted }: Unit) => Number(word === predicted);

    const plainFlags = new BitCoder();
    const plainValues = new BitCoder();
    const flagMixer = new FlagMixer(plainFlags, bits);
    const valueMixer = new ValueMixer(plainValues, bits);
    units.forEach((unit, i) => {
      if (i % 5 === 0)
        flagMixer.codeGroup(Number(i % 4 > 0), 4 + (i % 61), 16 * (4 + (i % 61)), i % 7, i % 12);
      if (i % 7 === 0) flagMixer.codeBlock(Number(i % 3 > 0), 16, i % 12, i % 16);
      const before = units[i - 1]?.word ?? 0;
      flagMixer.codeUnit(isRight(unit), unit.place, unit.kind, unit.how, unit.predicted, before);
      if (isRight(unit)) return;
      valueMixer.code(unit.word, unit.place, unit.size, unit.kind, unit.how, unit.predicted, before);
      flagMixer.noteCorrection(unit.place, unit.word);
    });

    const kernel = diffKernels(options);
    const { exports } = kernel;
    exports.initRates();
    const state = new GuardedBlock(kernel, exports.residualSize(bits, bits));
    const room = 1 << 16;
    const out = [kernel.alloc(room), kernel.alloc(room)] as const;
    const run = (isDecoding: boolean, open: (lane: number) => void) => {
      exports.residualStart(state.ptr, bits, bits, 0xffff);
      exports.resetLanes();
      for (const lane of [0, 1]) {
        exports.useLane(lane);
        open(lane);
      }
      return units.map((unit, i) => {
        const right = isDecoding ? 0 : isRight(unit);
        exports.useLane(0);
        if (i % 5 === 0) {
          const blocks = 4 + (i % 61);
          exports.codeMixedGroup(isDecoding ? 0 : Number(i % 4 > 0), blocks, 16 * blocks, i % 7, i % 12);
        }
        if (i % 7 === 0) exports.codeMixedBlock(isDecoding ? 0 : Number(i % 3 > 0), 16, i % 12, i % 16);
        const before = units[i - 1]?.word ?? 0;
        const coded = exports.codeMixedUnit(right, unit.place, unit.kind, unit.how, unit.predicted, before);
        if (coded) return unit.predicted;
        exports.useLane(1);
        const given = isDecoding ? 0 : unit.word;
        const { place, size, kind, how, predicted } = unit;
        const word = exports.codeMixedValue(given, place, size, kind, how, predicted, before) >>> 0;
        exports.noteCorrection(unit.place, word);
        return word;
      });
    };

    run(false, (lane) => exports.startEncoder(out[lane]!));
    const coded = out.map((ptr, lane) => {
      exports.useLane(lane);
      return kernel.take(ptr, exports.finishEncoder() - ptr);
    });
    expect(coded[0]).toEqual(plainFlags.finish());
    expect(coded[1]).toEqual(plainValues.finish());

    const inputs = coded.map((bytes) => kernel.put(bytes));
    const words = run(true, (lane) => exports.startDecoder(inputs[lane]!, coded[lane]!.length));
    expect(words).toEqual(units.map(({ word }) => word));
    for (const lane of [0, 1]) {
      exports.useLane(lane);
      expect(exports.coderFinished()).toBe(0);
    }
    expect(state.isIntact()).toBe(true);
  });
});
