import type { MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CoverSearch, type ImagePair } from './cover-search.js';
import type { MatchParameters } from './match-parameters.js';

/**
 * Finds which stretches of new are copies of old: covers { newOffset, oldOffset, length } in the order of new that do
 * not overlap there. `onSlice` is called between slices of the work and may throw to end it. What the search
 * allocates is released either way.
 */
export function findCovers(
  kernel: KernelInstance<MatchExports>,
  pair: ImagePair,
  parameters: MatchParameters,
  onSlice?: (done: number, total: number) => void,
): Uint32Array<ArrayBuffer> {
  const mark = kernel.mark();
  try {
    const search = new CoverSearch(kernel, pair, parameters);
    while (!search.step()) onSlice?.(search.done, search.total);
    return search.covers();
  } finally {
    kernel.release(mark);
  }
}
