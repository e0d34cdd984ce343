import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's own memory small while a patch is applied. Applying makes garbage that dies at once, and its kernels are WebAssembly, so neither of
 * these costs time (docs/BENCHMARKING.md, "Memory of applying").
 */
export function keepHeapSmall(): void {
  // The young generation stays at 1 MB instead of growing to 16.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Functions are optimised one by one: the compiler's threads take 1 instead of 2 MB each.
  setFlagsFromString('--no-turbo-inlining');
}
