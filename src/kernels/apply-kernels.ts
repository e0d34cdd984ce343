import { APPLY_SIMD_WASM } from './generated/apply-simd-wasm.js';
import { APPLY_WASM } from './generated/apply-wasm.js';
import type { ApplyExports } from './kernel-exports.js';
import { KernelInstance, type KernelOptions } from './kernel-instance.js';
import type { KernelSource } from './load-module.js';

const SOURCE: KernelSource = { wing: 'apply', scalar: APPLY_WASM, simd: APPLY_SIMD_WASM };

/** A fresh instance of the applying side's kernels; drop it when the operation ends. */
export function applyKernels(options: KernelOptions = {}): KernelInstance<ApplyExports> {
  return new KernelInstance<ApplyExports>(SOURCE, options);
}
