import { describe, expect, it } from 'vitest';
import { applyPatchSync, createPatchSync, inspectSections } from '../../src/index.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { prepareFrameStarts } from '../../src/predict/install-frame-starts.js';
import { predictFrameFields } from '../reference/frame-chain.js';
import { exampleProgram } from '../support/built-images.js';
import { buildElf, type ElfOptions } from '../support/elf-builder.js';
import { imageCase } from '../support/prediction-cases.js';
import { runPrediction } from '../support/prediction-run.js';
import type { ProgramSpec } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';

const OPTIONS: ElfOptions = { arch: 'arm64', relocations: 'rela', frames: 'frames-only' };

/** Functions one behind the other; in the second program many have grown and a few are new. */
function grownPair(seed: number, count: number) {
  const random = new SeededRandom(seed);
  const program = exampleProgram(seed, count, 20);
  const functions = program.functions.flatMap((one, i) => {
    const more = { op: 'plain', seed: random.u32(), count: 1 + random.below(9) } as const;
    const added = { name: `added_${i}`, body: [more] };
    const grown = random.oneIn(2) ? { ...one, body: [...one.body, more] } : one;
    return random.oneIn(9) ? [grown, added] : [grown];
  });
  const build = (one: ProgramSpec) => buildElf(one, OPTIONS).bytes;
  return { oldBytes: build(program), newBytes: build({ ...program, functions }) };
}

/** Addresses of the functions of old in new, as the kernel gets them. */
function startsOf(pair: ReturnType<typeof imageCase>): number[] {
  const kernel = diffKernels();
  let starts: number[] = [];
  const exports = {
    ...kernel.exports,
    setFrameStarts: (table: number, count: number) => {
      starts = [...new Uint32Array(kernel.view(table, 4 * count).slice().buffer)];
    },
  };
  const spied = Object.create(kernel, { exports: { value: exports } }) as typeof kernel;
  prepareFrameStarts(spied, pair.next, pair.functionStarts!, pair.covers)();
  return starts;
}

describe('frame records', () => {
  const { oldBytes, newBytes } = grownPair(4, 300);
  const pair = imageCase(oldBytes, newBytes);
  const starts = startsOf(pair);

  it('have starts and ranges predicted as the reference does', () => {
    const expected = predictFrameFields(pair, starts);
    expect(expected.length).toBeGreaterThan(400);
    for (const simd of [true, false]) {
      const { predicted } = runPrediction(pair, { simd });
      const values = expected.map(
        ({ place }) => new Uint32Array(Uint8Array.from(predicted.subarray(place, place + 4)).buffer)[0],
      );
      expect(values).toEqual(expected.map(({ value }) => value));
    }
  });

  it('are right far more often than by what old says alone', () => {
    const frames = pair.next.sections.find(({ name }) => name === '.eh_frame')!;
    const wrongIn = (functionStarts: Uint32Array | undefined) => {
      const { predicted } = runPrediction({ ...pair, functionStarts });
      let wrong = 0;
      for (let at = frames.fileOffset; at < frames.fileOffset + frames.size; at += 4) {
        const isRight = [0, 1, 2, 3].every(
          (i) => predicted[at + i] === -1 || predicted[at + i] === newBytes[at + i],
        );
        if (!isRight) wrong++;
      }
      return wrong;
    };
    expect(wrongIn(pair.functionStarts)).toBeLessThan(0.6 * wrongIn(undefined));
  });

  it('know where functions of old start in new, each once and ascending', () => {
    expect(starts.length).toBeGreaterThan(200);
    expect(starts.every((start, i) => i === 0 || start > starts[i - 1]!)).toBe(true);
    const few = { ...pair, covers: pair.covers.subarray(0, 3) };
    expect(startsOf(few)).toEqual([]);
  });

  it('come back whole', async () => {
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch, { simd: false })).toEqual(newBytes);
    const sections = await inspectSections(oldBytes, patch);
    expect(sections.find(({ name }) => name === '.eh_frame')!.cost.total).toBeGreaterThan(0);
  });
});
