import { describe, expect, it } from 'vitest';
import { applyPatchSync, applyPatchTo, bytesAccess, createPatchSync, inspectPatch } from '../../src/index.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { insertFunction } from '../support/vector-set.js';

describe.each(BUILT_IMAGES.map((image) => [image.name, image] as const))('%s', (_, { build }) => {
  const oldBytes = build(exampleProgram(61)).bytes;
  const newBytes = build(insertFunction(exampleProgram(61))).bytes;

  it('is predicted, and comes back byte for byte', () => {
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(inspectPatch(patch).predictor.name).toBe('image');
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  });

  it('costs less than as plain bytes, and the same bytes with scalar kernels', () => {
    const { patch } = createPatchSync(oldBytes, newBytes);
    const raw = createPatchSync(oldBytes, newBytes, { image: 'raw' }).patch;
    expect(inspectPatch(raw).predictor.name).toBe('raw');
    expect(patch.length).toBeLessThan(raw.length);
    expect(createPatchSync(oldBytes, newBytes, { simd: false }).patch).toEqual(patch);
  });

  it('takes no more memory than its header declares', async () => {
    const { patch, report } = createPatchSync(oldBytes, newBytes);
    const { decoderMemory } = await applyPatchTo(bytesAccess(oldBytes), patch, { write() {} });
    expect(decoderMemory).toBeLessThanOrEqual(report.decoderMemory);
  });
});
