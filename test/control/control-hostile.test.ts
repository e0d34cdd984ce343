import { describe, expect, it } from 'vitest';
import { decodeControl, encodeControl } from '../../src/control/control-stream.js';
import { FormatError } from '../../src/errors/index.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { type CoverCase, randomCovers } from '../support/random-covers.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Decodes damaged bytes: a valid list of covers, or the error's code. */
function tryDecode(coded: Uint8Array, count: number, frame: CoverCase['frame']): string | Uint32Array {
  try {
    const covers = decodeControl(applyKernels(), coded, count, frame);
    expectPossible(covers, count, frame);
    return covers;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.stage).toBe('control');
    return error.code;
  }
}

function expectPossible(covers: Uint32Array, count: number, { oldSize, newSize }: CoverCase['frame']): void {
  expect(covers.length).toBe(count * 3);
  let newEnd = 0;
  for (let i = 0; i < covers.length; i += 3) {
    const [newOffset, oldOffset, length] = covers.subarray(i, i + 3) as unknown as [number, number, number];
    const possible =
      length > 0 && newOffset >= newEnd && newOffset + length <= newSize && oldOffset + length <= oldSize;
    if (!possible) expect([i / 3, newOffset, oldOffset, length]).toBe('a possible cover');
    newEnd = newOffset + length;
  }
}

describe.each([
  { seed: 1, starts: 0 },
  { seed: 2, starts: 40 },
  { seed: 3, starts: 300 },
])('damaged control stream, seed $seed, $starts function starts', ({ seed, starts }) => {
  const { covers, frame } = randomCovers(new SeededRandom(seed), 60, starts);
  const count = covers.length / 3;
  const coded = encodeControl(diffKernels(), covers, frame);

  it('with any one bit flipped is refused or other covers, all possible', () => {
    const outcomes = new Set<string>();
    for (let bit = 0; bit < coded.length * 8; bit++) {
      const damaged = coded.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const outcome = tryDecode(damaged, count, frame);
      expect(outcome).not.toEqual(covers);
      outcomes.add(typeof outcome === 'string' ? outcome : 'covers');
    }
    expect(outcomes).toContain('BAD_CONTROL');
    // The stream's end is canonical, so most damage that gives possible covers is found there.
    expect(outcomes.has('BAD_STREAM') || outcomes.has('TRUNCATED')).toBe(true);
  });

  it('cut anywhere is refused, or by chance other covers', () => {
    let accepted = 0;
    for (let size = 0; size < coded.length; size++) {
      const outcome = tryDecode(coded.subarray(0, size), count, frame);
      expect(outcome).not.toEqual(covers);
      if (typeof outcome !== 'string') accepted++;
    }
    // A cut stream decodes on with zeros for at most three bytes, so only the last few cuts can pass at all.
    expect(accepted).toBeLessThanOrEqual(3);
  });

  it('with bytes behind its end is refused', () => {
    for (const tail of [[0], [255], [0, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8]]) {
      expect(tryDecode(Uint8Array.from([...coded, ...tail]), count, frame)).toBeTypeOf('string');
    }
  });

  it('with a wrong count is refused', () => {
    for (const wrong of [1, count - 1, count + 1, count + 2, count * 2, 3_000_000, 0xffffffff]) {
      expect(tryDecode(coded, wrong, frame)).toBeTypeOf('string');
    }
    expect(tryDecode(coded, 0, frame)).toBe('TRAILING_BYTES');
  });

  it('in the frame of other images is refused or other covers, all possible', () => {
    const others = [
      { ...frame, oldSize: 1, functionStarts: new Uint32Array(0) },
      { ...frame, newSize: 1 },
      { ...frame, newSize: 0 },
      { ...frame, oldSize: Math.max(1, Math.floor(frame.oldSize / 2)), functionStarts: new Uint32Array(0) },
      { ...frame, functionStarts: Uint32Array.of(0) },
      { ...frame, functionStarts: Uint32Array.of(frame.oldSize) },
      { ...frame, oldSize: 0xffffffff, newSize: 0xffffffff },
    ];
    for (const other of others) tryDecode(coded, count, other);
    expect(tryDecode(coded, count, { ...frame, oldSize: 0, functionStarts: new Uint32Array(0) })).toBe(
      'BAD_CONTROL',
    );
  });
});

describe('control stream of noise', () => {
  it('never leaves the images nor runs on', () => {
    let accepted = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = new SeededRandom(seed);
      const { frame } = randomCovers(random, 30, random.skewed(9) - 1);
      if (typeof tryDecode(random.bytes(random.skewed(10)), 1 + random.below(100), frame) !== 'string')
        accepted++;
    }
    // One byte of noise is a list of one cover now and then; longer noise ends elsewhere.
    expect(accepted).toBeLessThan(15);
  });

  it('stops soon behind its end, whatever count is claimed', () => {
    const frame = { oldSize: 0xffffffff, newSize: 0xffffffff, functionStarts: new Uint32Array(0) };
    for (const bytes of [new Uint8Array(0), new Uint8Array(16), new Uint8Array(16).fill(255)]) {
      const started = process.cpuUsage().user;
      expect(tryDecode(bytes, 0xffffffff, frame)).toBeTypeOf('string');
      expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
    }
  });
});
