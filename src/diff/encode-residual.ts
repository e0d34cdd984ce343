import { ByteWriter } from '../bytes/byte-writer.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { codeSpans, type SpanHost } from '../predict/code-spans.js';
import { wordsOfGap } from '../predict/cut-gap.js';
import type { WalkPlan } from '../predict/plan-walk.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import type { Steps } from '../progress/run-steps.js';
import { LANE, type LaneName, type ResidualModels } from '../residual/residual-models.js';
import { KIND_LIMIT, ResidualState } from '../residual/residual-state.js';
import { measureGaps } from './measure-gaps.js';

/** Old and new in linear memory, and how new is walked. The predictor is set up. */
export interface ResidualInput {
  readonly oldPtr: number;
  readonly oldSize: number;
  readonly newPtr: number;
  readonly plan: WalkPlan;
  /** Makes a table of `plan.tableStarts`. */
  readonly makeTable: (index: number) => void;
  readonly models: ResidualModels;
  /** Most raw bytes of a stream that are mixed: where there are more, the stream is only given raw. */
  readonly mixedSize: number;
}

/**
 * The streams of a residual. `values[k]` holds the wrong units of kind k; many kinds are empty. `mixed` holds the streams that
 * the models also coded: the values of all kinds together, and gaps.
 */
export interface ResidualStreams {
  readonly flags: Uint8Array;
  readonly gapBytes: Uint8Array;
  readonly gapWords: Uint8Array;
  readonly values: readonly Uint8Array[];
  readonly mixed: Partial<Record<MixedName, Uint8Array>>;
  readonly wrongUnits: Uint32Array;
}

export type MixedName = Exclude<LaneName, 'flags'>;

/**
 * Room of a staging buffer. Between two drains at most two slices are coded; a slice adds at most its own size of values, at most
 * 2 bytes per unit flag and block flag, and of mixed streams at most 16 times its size, 2 bytes for each of its bits.
 */
const STAGING_SIZE = 4 * SLICE_SIZE;
const MIXED_STAGING_SIZE = 33 * SLICE_SIZE;
const DRAIN_AFTER = SLICE_SIZE;
/** Kinds that units have: assembly/predict/kinds.ts. */
const KIND_COUNT = 16;

/** Walks new against its prediction and collects what is wrong. */
export function* encodeResidual(
  kernel: KernelInstance<DiffExports>,
  input: ResidualInput,
): Steps<ResidualStreams> {
  const { exports } = kernel;
  const { oldPtr, newPtr, plan } = input;
  const state = new ResidualState(kernel, input.models, input.oldSize);
  const staging = new Staging(kernel, state, input);
  const gaps = new GapWriter(kernel, input, staging);
  exports.setBases(oldPtr, newPtr);
  let undrained = 0;
  const host: SpanHost = {
    bringCover: () => {},
    codeGap: (start, end, hasWords, way) => {
      gaps.put(start, end, hasWords, way);
    },
    // The applier has zeros there when it looks back.
    codeHole: (start, end) => {
      kernel.zero(newPtr + start, end - start);
    },
    makeTable: input.makeTable,
    sliceDone: (end) => {
      if (end - undrained < DRAIN_AFTER) return;
      staging.drain();
      undrained = end;
    },
  };
  for (const done of codeSpans(kernel, plan, host)) yield { stage: 'predict', done, total: plan.newSize };
  return {
    flags: plan.covers.length === 0 ? new Uint8Array(0) : staging.finish('flags')!,
    gapBytes: gaps.bytes.take(),
    gapWords: gaps.words.take(),
    values: staging.takeValues(),
    mixed: {
      values: staging.finish('values'),
      gapWords: staging.finish('gapWords'),
      gapBytes: staging.finish('gapBytes'),
    } as Partial<Record<MixedName, Uint8Array>>,
    wrongUnits: state.wrongCounts(),
  };
}

/** Collects gaps as they stand, and has them mixed. */
class GapWriter {
  readonly bytes = new ByteWriter(1 << 12);
  readonly words = new ByteWriter(1 << 12);
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly input: ResidualInput;
  private readonly staging: Staging;
  private readonly scratch: number;

  constructor(kernel: KernelInstance<DiffExports>, input: ResidualInput, staging: Staging) {
    this.kernel = kernel;
    this.input = input;
    this.staging = staging;
    this.scratch = kernel.alloc(SLICE_SIZE);
  }

  put(start: number, end: number, hasWords: boolean, way: number): void {
    const words = wordsOfGap(start, end, hasWords);
    this.putBytes(start, words.start, way);
    this.putWords(words.start, words.end, way);
    this.putBytes(words.end, end, way);
  }

  private putBytes(start: number, end: number, way: number): void {
    if (start === end) return;
    const { kernel, staging } = this;
    this.bytes.put(kernel.view(this.input.newPtr + start, end - start));
    if (staging.mixes('gapBytes', end - start)) kernel.exports.codeBytesOfGap(start, end, way);
  }

  private putWords(start: number, end: number, way: number): void {
    if (start === end) return;
    const { kernel, staging, scratch } = this;
    kernel.exports.makeWordsAbsolute(this.input.newPtr + start, scratch, end - start, start);
    this.words.put(kernel.view(scratch, end - start));
    if (staging.mixes('gapWords', end - start)) kernel.exports.codeWordsOfGap(start, end, way);
  }
}

/** A stream of modelled bits that is being written. */
interface Lane {
  readonly ptr: number;
  readonly coded: ByteWriter;
  /** Raw bytes that may still be mixed; below 0 the stream was given up. */
  left: number;
}

/** Buffers in linear memory that the kernel writes to, and where they are emptied to. */
class Staging {
  private readonly values = Array.from({ length: KIND_COUNT }, () => new ByteWriter(1 << 8));
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly state: ResidualState;
  private readonly buffers: readonly number[];
  private readonly lanes = new Map<LaneName, Lane>();

  constructor(kernel: KernelInstance<DiffExports>, state: ResidualState, input: ResidualInput) {
    this.kernel = kernel;
    this.state = state;
    this.buffers = this.values.map(() => kernel.alloc(STAGING_SIZE));
    for (let kind = 0; kind < KIND_LIMIT; kind++) state.bindKind(kind, Math.min(kind, KIND_COUNT - 1));
    this.buffers.forEach((ptr, kind) => {
      state.setSlot(kind, ptr, ptr + STAGING_SIZE);
    });
    const { valueBits, wordBits, byteBits } = input.models;
    this.openLane('flags', STAGING_SIZE, Number.POSITIVE_INFINITY);
    if (valueBits > 0) this.openLane('values', MIXED_STAGING_SIZE, input.mixedSize);
    const { gapBytes, gapWords } = measureGaps(input.plan);
    if (wordBits > 0 && gapWords <= input.mixedSize) this.openLane('gapWords', MIXED_STAGING_SIZE, gapWords);
    if (byteBits > 0 && gapBytes <= input.mixedSize) this.openLane('gapBytes', MIXED_STAGING_SIZE, gapBytes);
  }

  private openLane(name: LaneName, size: number, left: number): void {
    const { exports } = this.kernel;
    const ptr = this.kernel.alloc(size);
    exports.useLane(LANE[name]);
    exports.startEncoder(ptr);
    this.lanes.set(name, { ptr, coded: new ByteWriter(1 << 12), left });
  }

  /** Whether `size` bytes more of a stream are to be mixed. */
  mixes(name: MixedName, size: number): boolean {
    const lane = this.lanes.get(name);
    if (lane === undefined) return false;
    lane.left -= size;
    return lane.left >= 0;
  }

  drain(): void {
    const { kernel, state } = this;
    let valueBytes = 0;
    this.buffers.forEach((ptr, kind) => {
      const size = state.slotPosition(kind) - ptr;
      if (size === 0) return;
      valueBytes += size;
      this.values[kind]!.put(kernel.view(ptr, size));
      state.setSlot(kind, ptr, ptr + STAGING_SIZE);
    });
    if (!this.mixes('values', valueBytes)) kernel.exports.stopMixingValues();
    for (const [name, { ptr, coded }] of this.lanes) {
      kernel.exports.useLane(LANE[name]);
      coded.put(kernel.view(ptr, kernel.exports.coderPosition() - ptr));
      kernel.exports.moveEncoder(ptr);
    }
  }

  takeValues(): Uint8Array[] {
    this.drain();
    return this.values.map((writer) => writer.take());
  }

  /** Ends a stream; undefined when it was not mixed to its end. */
  finish(name: LaneName): Uint8Array | undefined {
    this.drain();
    const lane = this.lanes.get(name);
    if (lane === undefined || lane.left < 0) return undefined;
    const { exports } = this.kernel;
    exports.useLane(LANE[name]);
    const end = exports.finishEncoder();
    lane.coded.put(this.kernel.view(lane.ptr, end - lane.ptr));
    this.lanes.delete(name);
    return lane.coded.take();
  }
}
