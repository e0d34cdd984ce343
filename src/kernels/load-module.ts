import { patchError } from '../errors/patch-error.js';
import { fromBase64 } from './from-base64.js';

/** A set of kernels: `apply` is all that an update agent loads, `diff` what a build server adds. */
export type Wing = 'apply' | 'diff';

/** Where the bytes of a wing's modules come from; `apply-kernels.ts` and `diff-kernels.ts` hold the embedded ones. */
export interface KernelSource {
  readonly wing: Wing;
  readonly scalar: string;
  readonly simd: string;
}

/** Smallest module with a SIMD instruction: () -> v128, i8x16.splat of 0. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]);

/** A compiled module, to be given to a thread, which then need not compile its own. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly simd: boolean;
}

const compiled = new Map<string, WebAssembly.Module>();

/** Whether this engine runs SIMD kernels; false too where it has no WebAssembly. */
export function hasSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

/** Compiles a wing's embedded module once; later calls answer the cached module. */
export function loadModule(source: KernelSource, simd: boolean): WebAssembly.Module {
  const key = `${source.wing}${simd ? '-simd' : ''}`;
  let module = compiled.get(key);
  if (module === undefined) {
    try {
      module = new WebAssembly.Module(fromBase64(simd ? source.simd : source.scalar));
    } catch (cause) {
      throw patchError(
        'KERNEL_TRAP',
        'kernels',
        `the ${key} kernels could not be compiled`,
        { module: key },
        cause,
      );
    }
    compiled.set(key, module);
  }
  return module;
}

/**
 * Supplies an already compiled module for a wing, for hosts that may not compile from bytes (workerd, pages
 * whose content security policy lacks 'wasm-unsafe-eval'). Call it before the first operation.
 */
export function provideModule(wing: Wing, module: WebAssembly.Module, options: { simd: boolean }): void {
  compiled.set(`${wing}${options.simd ? '-simd' : ''}`, module);
}
