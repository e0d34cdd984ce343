import { describe, expect, it } from 'vitest';
import { chooseCovers } from '../../src/formats-diff/choose-reach.js';
import { EVEN_REACH, extendCovers } from '../../src/formats-diff/cover-triples.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { runSync } from '../../src/progress/run-steps.js';
import { SeededRandom } from '../support/seeded-random.js';

const random = new SeededRandom(11);
const OLD = random.bytes(12_000);
const COVERS = Uint32Array.of(0, 0, 4000);

/** New of which the first 4,000 bytes are old's, and of the rest `numerator` of 20. */
function partly(numerator: number, differ: (place: number) => number): Uint8Array {
  return OLD.map((value, i) => (i < 4000 || (i * 7) % 20 < numerator ? value : differ(i)));
}

const choose = (next: Uint8Array) => runSync(chooseCovers(diffKernels(), OLD, next, COVERS));
const even = (next: Uint8Array) => extendCovers(OLD, next, COVERS, EVEN_REACH);

describe('how far covers reach into gaps', () => {
  it('goes on through bytes that are cheap as differences', () => {
    const next = partly(9, (i) => OLD[i]! + 1);
    expect(even(next)[2]).toBeLessThan(4100);
    const chosen = choose(next);
    expect(chosen[2]).toBeGreaterThan(11_900);
  });

  it('is that of bsdiff where literals are cheap', () => {
    const next = partly(9, () => 0);
    expect([...choose(next)]).toEqual([...even(next)]);
  });

  it('is that of bsdiff where both reaches are the same', () => {
    const next = partly(12, (i) => OLD[i]! ^ 255);
    expect(even(next)[2]).toBeGreaterThan(11_900);
    expect([...choose(next)]).toEqual([...even(next)]);
  });
});
