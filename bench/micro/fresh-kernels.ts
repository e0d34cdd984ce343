/**
 * Kernels that the engine has not compiled yet. V8 keeps the machine code of a module and hands it to every later
 * module with the same bytes, so a second instance is never cold; a custom section with a number of its own
 * (WebAssembly core specification, section 5.5.3) makes the bytes new without changing the code.
 */

import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { fromBase64 } from '../../src/kernels/from-base64.js';
import { APPLY_SIMD_WASM } from '../../src/kernels/generated/apply-simd-wasm.js';
import { APPLY_WASM } from '../../src/kernels/generated/apply-wasm.js';
import type { ApplyExports } from '../../src/kernels/kernel-exports.js';
import type { KernelInstance } from '../../src/kernels/kernel-instance.js';
import { provideModule } from '../../src/kernels/load-module.js';

let serial = 0;

/** The module's bytes with a custom section named by `number` behind them. */
export function withSerialNumber(wasm: Uint8Array, number: number): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(`serial ${number}`);
  const bytes = new Uint8Array(wasm.length + 3 + name.length);
  bytes.set(wasm);
  // Section id 0, size of what follows, size of the name; both below 128, so one byte of LEB128 each.
  bytes.set([0, name.length + 1, name.length], wasm.length);
  bytes.set(name, wasm.length + 3);
  return bytes;
}

/** An instance of the applying side's kernels whose code has never run in this process. */
export function freshApplyKernels({ simd }: { simd: boolean }): KernelInstance<ApplyExports> {
  const wasm = fromBase64(simd ? APPLY_SIMD_WASM : APPLY_WASM);
  provideModule('apply', new WebAssembly.Module(withSerialNumber(wasm, serial++)), { simd });
  return applyKernels({ simd });
}
