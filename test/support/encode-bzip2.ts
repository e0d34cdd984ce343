import { encodeBzip2 as encodeSteps } from '../../src/formats-diff/bzip2-encode.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';

/** A bzip2 stream of some bytes, by the SIMD or the scalar kernels. */
export function encodeBzip2(bytes: Uint8Array, simd = true): Uint8Array {
  const kernel = diffKernels({ simd });
  const steps = encodeSteps(kernel, kernel.put(bytes), bytes.length);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
