import { describe, expect, test } from 'vitest';
import { applyPatchSync } from '../../src/apply/apply-patch-sync.js';
import { createPatchSync } from '../../src/create/create-patch.js';
import { buildVectors } from '../support/vector-set.js';

/**
 * The encoder predicts every block, the decoder only those that may be wrong. Spans that begin and end anywhere, as those of small images do,
 * show when a flag looks at what a block left behind.
 */
describe('groups that are right', () => {
  for (const { name, oldBytes, newBytes } of buildVectors()) {
    test.each(['fast', 'default'] as const)(`are skipped without a trace: ${name}, effort %s`, (effort) => {
      const { patch } = createPatchSync(oldBytes, newBytes, { effort, verify: false });
      expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
    });
  }
});
