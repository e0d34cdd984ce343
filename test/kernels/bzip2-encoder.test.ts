import { describe, expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { encodeBzip2Reference } from '../reference/bzip2-encoder.js';
import { editBytes, repetitiveBytes } from '../support/edited-bytes.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

const BLOCK_SIZE = 900_000 - 19;

/** Encodes with guards round input, scratch and output. */
function encode(bytes: Uint8Array, simd: boolean, skew = 0): Uint8Array {
  const kernel = diffKernels({ simd });
  const { exports } = kernel;
  const input = new GuardedBlock(kernel, bytes.length, skew);
  const scratch = new GuardedBlock(kernel, exports.bzip2Scratch(bytes.length));
  const out = new GuardedBlock(kernel, exports.bzip2Room(bytes.length));
  input.write(bytes);
  exports.bzip2Start(input.ptr, bytes.length, scratch.ptr);
  const blocks: Uint8Array[] = [];
  do blocks.push(kernel.take(out.ptr, exports.bzip2EncodeBlock(out.ptr)));
  while (exports.bzip2Position() < bytes.length);
  expect([input, scratch, out].every((block) => block.isIntact())).toBe(true);
  expect(Buffer.compare(input.take(), bytes), 'input is only read').toBe(0);
  return Buffer.concat(blocks);
}

/** As `toEqual`, in a thousandth of its time on long arrays. */
const expectSame = (bytes: Uint8Array, simd: boolean, what: string, skew = 0) =>
  expect(Buffer.compare(encode(bytes, simd, skew), encodeBzip2Reference(bytes)), what).toBe(0);

/** The words of Fibonacci, of which every other rotation is nearly another one: sorting goes to its greatest depth. */
function fibonacciWord(size: number): Uint8Array {
  let [word, former] = [Buffer.from('a'), Buffer.from('b')];
  while (word.length < size) [word, former] = [Buffer.concat([word, former]), word];
  return word.subarray(0, size);
}

/** Differences of tables: a word of eight bytes, mostly zeros, again and again, with a few others. */
function tableDifferences(random: SeededRandom, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at + 8 <= size; at += 8) bytes[at] = random.oneIn(50) ? random.below(256) : 0x40;
  return bytes;
}

describe.each([{ simd: false }, { simd: true }])('bzip2 kernel, simd: $simd', ({ simd }) => {
  test('short inputs of few values, which are powers and all sorts of rings; seed 1', () => {
    const random = new SeededRandom(1);
    for (let round = 0; round < 300; round++) {
      const kinds = 1 + random.below(4);
      const bytes = Uint8Array.from({ length: random.below(40) }, () => random.below(kinds) * 85);
      expectSame(bytes, simd, `round ${round}: ${bytes}`, round % 16);
    }
  });

  test.each([0, 1, 2, 3, 4, 5, 255, 258, 259, 260, 263, 518, 519, 65535, 65536, 65537, 600_000])(
    'a run of %d',
    (size) => expectSame(new Uint8Array(size).fill(7), simd, 'run'),
  );

  test('sizes around those that change the number of codes, and slices; seed 2', () => {
    const random = new SeededRandom(2);
    const noise = random.bytes(66_000);
    for (const size of [49, 50, 51, 100, 199, 200, 201, 598, 600, 1199, 2398, 2401, 16383, 16385, 65600])
      expectSame(noise.subarray(0, size), simd, `${size} bytes`);
    expectSame(
      Uint8Array.from({ length: 3000 }, (_, i) => i & 255),
      simd,
      'every value in turn',
    );
    expectSame(
      Uint8Array.from({ length: 3000 }, (_, i) => (i * i) >> 9),
      simd,
      'ascending',
    );
  });

  test('repetitive data, deep rings and long periods; seed 3', () => {
    const random = new SeededRandom(3);
    const text = repetitiveBytes(random, 60_000);
    expectSame(text, simd, 'words');
    expectSame(editBytes(random, text, 60_000), simd, 'edited words');
    expectSame(fibonacciWord(75_025), simd, 'Fibonacci');
    expectSame(fibonacciWord(75_000), simd, 'nearly Fibonacci');
    expectSame(tableDifferences(random, 100_000), simd, 'differences of a table');
    expectSame(Buffer.concat([text.subarray(0, 5000), text.subarray(0, 5000)]), simd, 'a square');
    expectSame(
      Uint8Array.from({ length: 99_999 }, (_, i) => [1, 2, 3, 3, 2, 1, 9][i % 7]!),
      simd,
      'period 7',
    );
  });

  test('several blocks, cut within runs; seed 4', () => {
    const random = new SeededRandom(4);
    const noise = random.bytes(BLOCK_SIZE - 3);
    const bytes = Buffer.concat([
      noise,
      new Uint8Array(600).fill(noise.at(-1)!),
      tableDifferences(random, 200_000),
    ]);
    expectSame(bytes, simd, 'noise and zeros');
  });
});
