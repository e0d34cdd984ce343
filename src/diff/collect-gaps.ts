import { ByteWriter } from '../bytes/byte-writer.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { isArm64Code } from '../predict/code-spans.js';
import { type GapWords, wordsOfGap } from '../predict/cut-gap.js';
import { PlanWalk, type WalkPlan } from '../predict/plan-walk.js';
import { SLICE_SIZE, sliceEnd } from '../predict/slice-size.js';

/** The gaps of new as they are coded: known from the covers alone, so that others can code them while new is predicted. */
export interface GapStreams {
  readonly gapBytes: Uint8Array<ArrayBuffer>;
  readonly gapWords: Uint8Array<ArrayBuffer>;
}

/** Walks new, which stands at `newPtr`, without coding it. */
export function collectGaps(kernel: KernelInstance<DiffExports>, plan: WalkPlan, newPtr: number): GapStreams {
  const mark = kernel.mark();
  const scratch = kernel.alloc(SLICE_SIZE);
  const sizes = measureGaps(plan);
  const gapBytes = new ByteWriter(sizes.bytes);
  const gapWords = new ByteWriter(sizes.words);
  visitGaps(plan, (gapStart, words, gapEnd) => {
    gapBytes.put(kernel.view(newPtr + gapStart, words.start - gapStart));
    for (let start = words.start; start < words.end; ) {
      const end = sliceEnd(start, words.end, SLICE_SIZE);
      kernel.exports.makeWordsAbsolute(newPtr + start, scratch, end - start, start);
      gapWords.put(kernel.view(scratch, end - start));
      start = end;
    }
    gapBytes.put(kernel.view(newPtr + words.end, gapEnd - words.end));
  });
  kernel.release(mark);
  return { gapBytes: gapBytes.take(), gapWords: gapWords.take() };
}

/** How long the streams become: where new is mostly gaps they are as long as new, so that growing them would count. */
function measureGaps(plan: WalkPlan): { readonly bytes: number; readonly words: number } {
  let bytes = 0;
  let words = 0;
  visitGaps(plan, (start, { start: from, end: to }, end) => {
    words += to - from;
    bytes += end - start - (to - from);
  });
  return { bytes, words };
}

function visitGaps(plan: WalkPlan, visit: (start: number, words: GapWords, end: number) => void): void {
  const walk = new PlanWalk(plan);
  while (walk.next()) {
    if (walk.kind !== 'gap') continue;
    visit(walk.newStart, wordsOfGap(walk.newStart, walk.newEnd, isArm64Code(walk)), walk.newEnd);
  }
}
