import type { PredictExports, ResidualExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { PlanWalk, type WalkElement, type WalkPlan } from './plan-walk.js';
import { SLICE_SIZE, sliceEnd } from './slice-size.js';

/** What a wing does where the other does the opposite: where bytes stand, and what gaps and holes are made of. */
export interface SpanHost {
  /** Makes old[oldStart, oldEnd) and room for new[newStart, newEnd) resident and sets the kernel's bases. */
  bringCover(oldStart: number, oldEnd: number, newStart: number, newEnd: number): void;
  /**
   * `hasWords`: the gap is arm64 code. `way`: what leads from new offsets to what follows the cover before in old, modulo 2^32.
   */
  codeGap(newStart: number, newEnd: number, hasWords: boolean, way: number): void;
  codeHole(newStart: number, newEnd: number): void;
  /** Makes a table by its place in `plan.tableStarts`; new is complete up to `newStart`. */
  makeTable?: ((index: number, newStart: number) => void) | undefined;
  /** After each slice of a cover, before `sliceDone`. */
  coverDone?: ((newStart: number, newEnd: number) => void) | undefined;
  /** After each slice of a cover or gap. */
  sliceDone(newEnd: number): void;
}

/**
 * Codes new from its first byte to its last: both wings run this one loop, so that every kernel call has the same arguments on
 * both sides. Yields the place in new about once a megabyte. `sliceSize` is a multiple of 64; it changes no byte.
 */
export function* codeSpans(
  kernel: KernelInstance<PredictExports & ResidualExports>,
  plan: WalkPlan,
  host: SpanHost,
  sliceSize = SLICE_SIZE,
): Generator<number, void, void> {
  const { exports } = kernel;
  const walk = new PlanWalk(plan);
  let cover = -1;
  const tableStarts = plan.tableStarts ?? [];
  let install: WalkElement['install'] | undefined;
  let table = 0;
  let reported = 0;
  while (walk.next()) {
    // An early section has the predictor of its image, which goes on with what it learned.
    if (walk.element !== undefined && walk.element.install !== install) {
      install = walk.element.install;
      install();
    }
    while (table < tableStarts.length && tableStarts[table]! <= walk.newStart) {
      host.makeTable?.(table++, walk.newStart);
    }
    if (walk.kind === 'cover' && walk.coverIndex !== cover) {
      cover = walk.coverIndex;
      exports.beginCover(cover);
    }
    for (let start = walk.newStart; start < walk.newEnd; ) {
      const end = sliceEnd(start, walk.newEnd, sliceSize);
      if (walk.kind === 'cover') {
        codeCover(kernel, walk, host, start, end);
        host.coverDone?.(start, end);
      } else if (walk.kind === 'gap')
        host.codeGap(start, end, isArm64Code(walk), (walk.oldHint - walk.newStart) >>> 0);
      else host.codeHole(start, end);
      host.sliceDone(end);
      start = end;
      if (end - reported >= 1 << 20) {
        reported = end;
        yield end;
      }
    }
  }
}

/** Whether a gap that a walk stands at is coded in words. */
export function isArm64Code({ executable, element }: PlanWalk): boolean {
  return executable && element?.next.arch === 'arm64';
}

function codeCover(
  kernel: KernelInstance<PredictExports & ResidualExports>,
  walk: PlanWalk,
  host: SpanHost,
  start: number,
  end: number,
): void {
  const { exports } = kernel;
  const oldStart = walk.oldHint + start - walk.newStart;
  host.bringCover(oldStart, oldStart + end - start, start, end);
  if (start === walk.newStart) beginSpan(exports, walk);
  kernel.check(exports.codeCoverSlice(start, end), 'residual', 'residual');
}

/** Announces the span that a walk stands at; the bytes around its old start are resident. */
export function beginSpan(exports: Pick<PredictExports, 'beginSpan'>, walk: PlanWalk): void {
  exports.beginSpan(
    walk.newStart,
    walk.newEnd,
    walk.delta,
    walk.regionClass,
    walk.regionStart,
    walk.regionEnd,
    walk.oldAddressDelta,
    walk.newAddressDelta,
  );
}
