/**
 * Fuzzing of every decoder in the wasm kernels, with canaries round each of its blocks: see fuzzDecoder. Length in seconds for each stream: DELTAKIT_FUZZ_SECONDS, by
 * default 5. The seed is printed. The short form is test/hostile/mutated-streams.test.ts.
 */

import { describe, expect, it } from 'vitest';
import { listDecoderTargets } from '../support/decoder-targets.js';
import { fuzzDecoder } from '../support/fuzz-decoder.js';

const SECONDS = Number(process.env.DELTAKIT_FUZZ_SECONDS ?? 5);
const SEED = Number(process.env.DELTAKIT_FUZZ_SEED ?? 20261124);
/** Twice what the slowest took beside six other loads. */
const SLOWEST_MS = 2000;

describe('mutated streams', () => {
  it.each(listDecoderTargets())('$name', (target) => {
    const end = performance.now() + SECONDS * 1000;
    const { tried, refused, kept, slowest } = fuzzDecoder(target, SEED, () => performance.now() < end);
    process.stdout.write(
      `${target.name}: ${tried} inputs of ${target.seed.length} bytes, ${refused} refused, ${tried - refused} taken, ${kept} ways, slowest ${Math.round(slowest)} ms, seed ${SEED}\n`,
    );
    expect(tried).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(SLOWEST_MS);
  });
});
