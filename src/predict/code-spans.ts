import type { PredictExports, ResidualExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { PlanWalk, type WalkElement, type WalkPlan } from './plan-walk.js';
import { SLICE_SIZE, sliceEnd } from './slice-size.js';

/** What a wing does where the other does the opposite: where bytes stand, and what gaps and holes are made of. */
export interface SpanHost {
  /** Makes old[oldStart, oldEnd) and room for new[newStart, newEnd) resident and sets the kernel's bases. */
  bringCover(oldStart: number, oldEnd: number, newStart: number, newEnd: number): void;
  /**
   * `hasWords`: the gap is arm64 code. `way`: what leads from new offsets to what follows the cover before in old, as 32 bits with sign.
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

/** New is coded in stretches of this many bytes or a slice more, between which other work may run. */
const STRETCH_SIZE = 1 << 20;

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
  const coder = new SpanCoder(kernel, plan, host, sliceSize);
  while (coder.codeStretch()) yield coder.place;
}

/** The loop of `codeSpans`, in a plain method: engines compile a generator that runs long again and again while it runs. */
class SpanCoder {
  /** Everything before is coded. */
  place = 0;
  private readonly kernel: KernelInstance<PredictExports & ResidualExports>;
  private readonly host: SpanHost;
  private readonly walk: PlanWalk;
  private readonly sliceSize: number;
  private readonly tableStarts: readonly number[];
  private table = 0;
  private cover = -1;
  private install: WalkElement['install'] | undefined;

  constructor(
    kernel: KernelInstance<PredictExports & ResidualExports>,
    plan: WalkPlan,
    host: SpanHost,
    sliceSize: number,
  ) {
    this.kernel = kernel;
    this.host = host;
    this.walk = new PlanWalk(plan);
    this.sliceSize = sliceSize;
    this.tableStarts = plan.tableStarts ?? [];
  }

  /** Whether there is more to code. */
  codeStretch(): boolean {
    const stop = this.place + STRETCH_SIZE;
    while (this.place < stop) {
      if (this.place === this.walk.newEnd && !this.openSpan()) return false;
      this.codeSlice();
    }
    return true;
  }

  /** Moves to the next span; false at the end of new. */
  private openSpan(): boolean {
    const { walk, tableStarts } = this;
    if (!walk.next()) return false;
    // An early section has the predictor of its image, which goes on with what it learned.
    if (walk.element !== undefined && walk.element.install !== this.install) {
      this.install = walk.element.install;
      this.install();
    }
    while (this.table < tableStarts.length && tableStarts[this.table]! <= walk.newStart) {
      this.host.makeTable?.(this.table++, walk.newStart);
    }
    if (walk.kind === 'cover' && walk.coverIndex !== this.cover) {
      this.cover = walk.coverIndex;
      this.kernel.exports.beginCover(this.cover);
    }
    return true;
  }

  private codeSlice(): void {
    const { walk, host, place } = this;
    const end = sliceEnd(place, walk.newEnd, this.sliceSize);
    if (walk.kind === 'cover') {
      codeCover(this.kernel, walk, host, place, end);
      host.coverDone?.(place, end);
    } else if (walk.kind === 'gap')
      host.codeGap(place, end, isArm64Code(walk), (walk.oldHint - walk.newStart) | 0);
    else host.codeHole(place, end);
    host.sliceDone(end);
    this.place = end;
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
