import { describe, expect, it } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { installIdentityMap } from '../../src/predict/install-map.js';
import { BitCoder } from '../reference/bit-coder.js';
import { GapByteMixer, GapWordMixer, movedWord } from '../reference/mixed-gaps.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const MARGIN = 512;

/** Code-like words with calls and page addresses; new repeats old with words changed, inserted and left out. */
function randomPair(seed: number): { old: Uint8Array; image: Uint8Array } {
  const random = new SeededRandom(seed);
  const vocabulary = Array.from({ length: 40 }, () => random.u32());
  const word = () => {
    const shape = random.below(6);
    if (shape === 0) return (0x94000000 | random.below(2 ** 26)) >>> 0;
    if (shape === 1) return (0x90000000 | (random.below(2 ** 12) << 5) | random.below(8)) >>> 0;
    return vocabulary[random.below(40)]!;
  };
  const old = Array.from({ length: 900 }, word);
  const image = old.flatMap((value) => {
    if (random.oneIn(25)) return [];
    if (random.oneIn(25)) return [word(), value];
    return [random.oneIn(12) ? word() : value];
  });
  const bytesOf = (words: number[]) => new Uint8Array(Uint32Array.from(words).buffer);
  return { old: bytesOf(old), image: bytesOf(image.slice(0, 850)) };
}

/** Gaps of new with their ways: some go on where the last one ended, some lead out of old. */
const GAPS: readonly (readonly [start: number, end: number, way: number])[] = [
  [0, 240, 0],
  [240, 600, 0],
  [700, 1204, 8],
  [1400, 1900, -12],
  [2000, 2400, 2],
  [2500, 2804, 1000],
  [2804, 3300, 5000],
];

describe('words told as places', () => {
  it('come back whatever they are', () => {
    const random = new SeededRandom(8);
    const kernel = diffKernels();
    const words = Uint32Array.from({ length: 3000 }, (_, i) =>
      i % 3 === 0 ? random.u32() : ((i % 3 === 1 ? 0x94000000 : 0x90000000) | (random.u32() >>> 6)) >>> 0,
    );
    const bytes = new Uint8Array(words.buffer);
    const ptr = kernel.put(bytes);
    const out = new GuardedBlock(kernel, bytes.length);
    for (const place of [0, 4, 0x12344, 0xfffff000]) {
      kernel.exports.makeWordsAbsolute(ptr, out.ptr, bytes.length, place);
      const expected = new DataView(new ArrayBuffer(bytes.length));
      words.forEach((word, i) => {
        expected.setUint32(4 * i, movedWord(word, (place + 4 * i) % 2 ** 32, 1));
      });
      expect(out.take()).toEqual(new Uint8Array(expected.buffer));
      kernel.exports.makeWordsRelative(out.ptr, out.ptr, bytes.length, place);
      expect(out.take()).toEqual(bytes);
      expect(out.isIntact()).toBe(true);
    }
  });
});

describe.each([{ simd: false }, { simd: true }])('mixed gaps, simd $simd', (options) => {
  it.each([8, 12])('are coded and read back like the plain models, tables of 2^%i', (bits) => {
    const { old, image } = randomPair(bits);
    const plain = [new BitCoder(), new BitCoder()] as const;
    const words = new GapWordMixer(plain[0], bits, old);
    const bytes = new GapByteMixer(plain[1], bits, old);
    for (const [start, end, way] of GAPS) {
      words.code(image, start, end, way);
      bytes.code(image, start, end, way);
    }

    const kernel = diffKernels(options);
    const { exports } = kernel;
    exports.initRates();
    exports.startPredictor(kernel.alloc(exports.predictorStateSize() >>> 0));
    installIdentityMap(kernel);
    const state = new GuardedBlock(kernel, exports.gapModelSize(bits, bits));
    const oldPtr = kernel.alloc(old.length + 2 * MARGIN) + MARGIN;
    kernel.write(oldPtr, old);
    const imagePtr = kernel.put(image);
    const coded: Uint8Array[] = [];
    for (const lane of [2, 3]) {
      const code = lane === 2 ? exports.codeWordsOfGap : exports.codeBytesOfGap;
      const walk = () => {
        exports.startGapModels(state.ptr, bits, bits, old.length);
        for (const [start, end, way] of GAPS) code(start, end, way);
      };
      exports.resetLanes();
      exports.useLane(lane);
      exports.setBases(oldPtr, imagePtr);
      const out = kernel.alloc(1 << 16);
      exports.startEncoder(out);
      walk();
      coded.push(kernel.take(out, exports.finishEncoder() - out));

      // Read back into an image that only has what no gap makes.
      const rest = image.slice();
      for (const [start, end] of GAPS) rest.fill(0x5b, start, end);
      const made = new GuardedBlock(kernel, image.length);
      made.write(rest);
      exports.setBases(oldPtr, made.ptr);
      exports.startDecoder(kernel.put(coded.at(-1)!), coded.at(-1)!.length);
      walk();
      expect(made.take()).toEqual(image);
      expect(exports.coderFinished()).toBe(0);
      expect(made.isIntact() && state.isIntact()).toBe(true);
    }
    expect(coded[0]).toEqual(plain[0].finish());
    expect(coded[1]).toEqual(plain[1].finish());
  });
});
