/** Every decoder in the wasm kernels on mutated streams, with canaries round its blocks, for a moment; test/slow/fuzz-kernels.test.ts does it for longer. */

import { describe, expect, it } from 'vitest';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { listDecoderTargets } from '../support/decoder-targets.js';
import { fuzzDecoder } from '../support/fuzz-decoder.js';
import { guardKernels } from '../support/guard-kernels.js';

const INPUTS = 12;

describe('mutated streams end in bytes or in a typed error, inside their blocks, SIMD or not', () => {
  it.each(listDecoderTargets())('$name', (target) => {
    const tally = fuzzDecoder(target, 20261124, ({ tried }) => tried < INPUTS);
    expect(tally.tried).toBe(INPUTS);
    expect(tally.refused + tally.kept).toBeGreaterThan(0);
  });
});

describe('a guard', () => {
  it.each([-1, 100])('sees a byte that is written at place %i of a block of 100', (place) => {
    const guard = guardKernels();
    try {
      const kernel = applyKernels();
      const ptr = kernel.alloc(100);
      kernel.view(ptr, 100).fill(1);
      guard.check();
      kernel.write(kernel.alloc(100) + place, Uint8Array.of(1));
      expect(() => guard.check()).toThrow(
        /a kernel wrote (1 bytes before|0 bytes behind) its block of 100 bytes/,
      );
    } finally {
      guard.restore();
    }
  });
});
