import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { ImagePair } from '../match/cover-search.js';
import { COVER_FIELDS } from '../predict/slice-size.js';

const SLICE = 1 << 18;

/** Bytes of new that no cover reaches. */
export function uncoveredBytes({ newSize }: Pick<ImagePair, 'newSize'>, covers: Uint32Array): number {
  let left = newSize;
  for (let i = 2; i < covers.length; i += COVER_FIELDS) left -= covers[i]!;
  return left;
}

/** Whether at most `most` bytes of new are covered by nothing or differ from what covers copy; looks no further than it needs to. */
export function explainsAllBut(
  most: number,
  kernel: KernelInstance<DiffExports>,
  { oldPtr, newPtr, newSize }: ImagePair,
  covers: Uint32Array,
): boolean {
  let left = uncoveredBytes({ newSize }, covers);
  for (let i = 0; i < covers.length && left <= most; i += COVER_FIELDS) {
    const [newOffset, oldOffset, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    for (let at = 0; at < length && left <= most; at += SLICE) {
      const size = Math.min(SLICE, length - at);
      left += size - kernel.exports.countEqual(newPtr + newOffset + at, oldPtr + oldOffset + at, size);
    }
  }
  return left <= most;
}
