import { ByteWriter } from '../bytes/byte-writer.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { codeSpans, type SpanHost } from '../predict/code-spans.js';
import type { WalkPlan } from '../predict/plan-walk.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import type { Steps } from '../progress/run-steps.js';
import { KIND_LIMIT, ResidualState } from '../residual/residual-state.js';

/** Old and new in linear memory, and how new is walked. The predictor is set up. */
export interface ResidualInput {
  readonly oldPtr: number;
  readonly newPtr: number;
  readonly plan: WalkPlan;
}

/** The raw streams of a residual. `values[k]` holds the wrong units of kind k; many kinds are empty. */
export interface ResidualStreams {
  readonly flags: Uint8Array;
  readonly gapBytes: Uint8Array;
  readonly values: readonly Uint8Array[];
  readonly wrongUnits: Uint32Array;
}

/**
 * Room of a staging buffer. Between two drains at most two slices are coded; a slice adds at most its own size of values, and
 * at most 1.5 bytes per unit flag and 2 per block flag.
 */
const STAGING_SIZE = 4 * SLICE_SIZE;
const DRAIN_AFTER = SLICE_SIZE;
/** Kinds that units have: assembly/predict/kinds.ts. */
const KIND_COUNT = 16;

/** Walks new against its prediction and collects what is wrong. */
export function* encodeResidual(
  kernel: KernelInstance<DiffExports>,
  { oldPtr, newPtr, plan }: ResidualInput,
): Steps<ResidualStreams> {
  const { exports } = kernel;
  exports.initRates();
  const state = new ResidualState(kernel);
  const staging = new Staging(kernel, state);
  const gaps = new ByteWriter(1 << 12);
  exports.setBases(oldPtr, newPtr);
  let undrained = 0;
  const host: SpanHost = {
    bringCover: () => {},
    codeGap: (start, end) => {
      gaps.put(kernel.view(newPtr + start, end - start));
    },
    codeHole: () => {},
    sliceDone: (end) => {
      if (end - undrained < DRAIN_AFTER) return;
      staging.drain();
      undrained = end;
    },
  };
  for (const done of codeSpans(kernel, plan, host)) yield { stage: 'predict', done, total: plan.newSize };
  exports.finishEncoder();
  staging.drain();
  return {
    flags: plan.covers.length === 0 ? new Uint8Array(0) : staging.flags.take(),
    gapBytes: gaps.take(),
    values: staging.values.map((writer) => writer.take()),
    wrongUnits: state.wrongCounts(),
  };
}

/** Buffers in linear memory that the kernel writes to, and where they are emptied to. */
class Staging {
  readonly values = Array.from({ length: KIND_COUNT }, () => new ByteWriter(1 << 8));
  readonly flags = new ByteWriter(1 << 12);
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly state: ResidualState;
  private readonly buffers: readonly number[];
  private readonly flagsPtr: number;

  constructor(kernel: KernelInstance<DiffExports>, state: ResidualState) {
    this.kernel = kernel;
    this.state = state;
    this.buffers = this.values.map(() => kernel.alloc(STAGING_SIZE));
    this.flagsPtr = kernel.alloc(STAGING_SIZE);
    for (let kind = 0; kind < KIND_LIMIT; kind++) state.bindKind(kind, Math.min(kind, KIND_COUNT - 1));
    this.buffers.forEach((ptr, kind) => {
      state.setSlot(kind, ptr, ptr + STAGING_SIZE);
    });
    kernel.exports.startEncoder(this.flagsPtr);
  }

  drain(): void {
    const { kernel, state } = this;
    this.buffers.forEach((ptr, kind) => {
      const size = state.slotPosition(kind) - ptr;
      if (size === 0) return;
      this.values[kind]!.put(kernel.view(ptr, size));
      state.setSlot(kind, ptr, ptr + STAGING_SIZE);
    });
    this.flags.put(kernel.view(this.flagsPtr, kernel.exports.coderPosition() - this.flagsPtr));
    kernel.exports.moveEncoder(this.flagsPtr);
  }
}
