import { describe, expect, it } from 'vitest';
import { applyPatchSync, createPatchSync } from '../../src/index.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { insertFunction } from '../support/vector-set.js';

const pairs = BUILT_IMAGES.map(({ name, build }): [string, Uint8Array, Uint8Array] => [
  name,
  build(exampleProgram(61)).bytes,
  build(insertFunction(exampleProgram(61))).bytes,
]);

describe('the highest efforts', () => {
  it.each(pairs)('are never above the default: %s', (_, oldBytes, newBytes) => {
    const usual = createPatchSync(oldBytes, newBytes, { effort: 'default' }).patch.length;
    for (const effort of [7, 'max'] as const) {
      const { patch } = createPatchSync(oldBytes, newBytes, { effort });
      expect(patch.length).toBeLessThanOrEqual(usual);
      expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
    }
  });
});
