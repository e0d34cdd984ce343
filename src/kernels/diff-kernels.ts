import { DIFF_SIMD_WASM } from './generated/diff-simd-wasm.js';
import { DIFF_WASM } from './generated/diff-wasm.js';
import type { DiffExports } from './kernel-exports.js';
import { KernelInstance, type KernelOptions } from './kernel-instance.js';
import { type CompiledModule, hasSimd, type KernelSource, loadModule } from './load-module.js';

const SOURCE: KernelSource = { wing: 'diff', scalar: DIFF_WASM, simd: DIFF_SIMD_WASM };

/** A fresh instance of the creating side's kernels; drop it when the operation ends. */
export function diffKernels(options: KernelOptions = {}): KernelInstance<DiffExports> {
  return new KernelInstance<DiffExports>(SOURCE, options);
}

/** The module of those kernels. */
export function diffModule({ simd = hasSimd() }: KernelOptions = {}): CompiledModule {
  return { module: loadModule(SOURCE, simd), simd };
}
