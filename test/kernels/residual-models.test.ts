import { describe, expect, it } from 'vitest';
import { mixMemory } from '../../src/entropy/mix-memory.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';

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
