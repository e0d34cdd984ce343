import { assertBytes } from '../errors/assert.js';
import { runSync } from '../progress/run-steps.js';
import { ALL_DECODERS } from './all-decoders.js';
import type { ApplyOptions } from './apply-options.js';
import { chooseWay, verifySignature } from './apply-patch.js';
import { applyToMemory } from './apply-to-memory.js';

/**
 * `applyPatch` in one go; `signal` is not looked at. It loads what decodes every patch, since nothing can be loaded on the way.
 *
 * @throws as `applyPatch`, and TypeError when `verifier` answers later
 */
export function applyPatchSync(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyOptions = {},
): Uint8Array<ArrayBuffer> {
  assertBytes(patch, 'patch');
  if (verifySignature(patch, options) instanceof Promise)
    throw new TypeError('verifier: it answers later, which applyPatchSync cannot wait for');
  return runSync(applyToMemory(oldBytes, chooseWay(patch, options), ALL_DECODERS, options), options);
}
