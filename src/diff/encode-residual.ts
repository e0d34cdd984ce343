import { ByteWriter } from '../bytes/byte-writer.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { codeSpans, type SpanHost } from '../predict/code-spans.js';
import { type GapWords, wordsOfGap } from '../predict/cut-gap.js';
import type { WalkPlan } from '../predict/plan-walk.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import type { EffortLevel } from '../progress/effort.js';
import type { Steps } from '../progress/run-steps.js';
import { LANE, type LaneName, type ResidualModels } from '../residual/residual-models.js';
import { KIND_LIMIT, ResidualState } from '../residual/residual-state.js';
import type { GapStreams } from './collect-gaps.js';
import { mixingPays } from './mixing-worth.js';
import { SHORT_STREAM } from './stream-plans.js';

/** Old and new in linear memory, and how new is walked. The predictor is set up. */
export interface ResidualInput {
  readonly oldPtr: number;
  readonly oldSize: number;
  readonly newPtr: number;
  readonly plan: WalkPlan;
  /** Makes a table of `plan.tableStarts`. */
  readonly makeTable: (index: number) => void;
  readonly gaps: GapStreams;
  readonly models: ResidualModels;
  /** Most raw bytes of a stream that are mixed: where there are more, it is left to another coder. */
  readonly mixedSize: number;
  /** How hard the coder looks that mixing is compared with. */
  readonly effort: EffortLevel;
  /** For an estimate: of streams that would be mixed only so many raw bytes are. */
  readonly sampledSize?: number | undefined;
}

/**
 * The streams of a residual. `values[k]` holds the wrong units of kind k; many kinds are empty. `mixed` holds the streams that
 * the models also coded: the values of all kinds together, and gaps.
 */
export interface ResidualStreams {
  readonly flags: Uint8Array;
  readonly values: readonly Uint8Array[];
  readonly mixed: Partial<Record<MixedName, Uint8Array>>;
  /** What is known of streams of which only the beginning was mixed. */
  readonly samples: Partial<Record<MixedName, MixedSample>>;
  readonly wrongUnits: Uint32Array;
}

export type MixedName = Exclude<LaneName, 'flags'>;

/** The beginning of a stream, mixed. */
export interface MixedSample {
  /** Bytes of it, for values of each kind. */
  readonly raw: readonly number[];
  /** Bytes that it became. */
  readonly coded: number;
}

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
  exports.setBases(oldPtr, newPtr);
  let undrained = 0;
  const host: SpanHost = {
    bringCover: () => {},
    codeGap: (start, end, hasWords, way) => {
      mixGap(kernel, staging, { start, end, way }, wordsOfGap(start, end, hasWords));
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
    samples: staging.listSamples(),
    values: staging.takeValues(),
    mixed: {
      values: staging.finish('values'),
      gapWords: staging.finish('gapWords'),
      gapBytes: staging.finish('gapBytes'),
    } as Partial<Record<MixedName, Uint8Array>>,
    wrongUnits: state.wrongCounts(),
  };
}

/** Has a gap mixed, where its streams are. */
function mixGap(
  { exports }: KernelInstance<DiffExports>,
  staging: Staging,
  gap: { readonly start: number; readonly end: number; readonly way: number },
  words: GapWords,
): void {
  const { start, end, way } = gap;
  const mixBytes = (from: number, to: number) => {
    if (from < to && staging.mixes('gapBytes', to - from)) exports.codeBytesOfGap(from, to, way);
  };
  mixBytes(start, words.start);
  const size = words.end - words.start;
  if (size > 0 && staging.mixes('gapWords', size)) exports.codeWordsOfGap(words.start, words.end, way);
  mixBytes(words.end, end);
}

/** A stream of modelled bits that is being written. */
interface Lane {
  readonly ptr: number;
  readonly coded: ByteWriter;
  /** Raw bytes that may still be mixed; below 0 the stream was given up. */
  left: number;
  /** Raw bytes that were mixed. */
  mixed: number;
  /** Raw bytes of each part that were mixed when it was given up. */
  sampled?: readonly number[];
  /** Whether it is known that mixing pays. */
  isJudged: boolean;
}

/** Buffers in linear memory that the kernel writes to, and where they are emptied to. */
class Staging {
  private readonly values = Array.from({ length: KIND_COUNT }, () => new ByteWriter(1 << 8));
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly state: ResidualState;
  private readonly buffers: readonly number[];
  private readonly mixedSize: number;
  private readonly gaps: GapStreams;
  private readonly effort: EffortLevel;
  private readonly lanes = new Map<LaneName, Lane>();

  constructor(kernel: KernelInstance<DiffExports>, state: ResidualState, input: ResidualInput) {
    this.kernel = kernel;
    this.state = state;
    this.mixedSize = input.mixedSize;
    this.gaps = input.gaps;
    this.effort = input.effort;
    this.buffers = this.values.map(() => kernel.alloc(STAGING_SIZE));
    for (let kind = 0; kind < KIND_LIMIT; kind++) state.bindKind(kind, Math.min(kind, KIND_COUNT - 1));
    this.buffers.forEach((ptr, kind) => {
      state.setSlot(kind, ptr, ptr + STAGING_SIZE);
    });
    const { models, mixedSize, sampledSize } = input;
    const most = Math.min(mixedSize, sampledSize ?? mixedSize);
    this.openLane('flags', STAGING_SIZE, Number.POSITIVE_INFINITY);
    if (models.valueBits > 0) this.openLane('values', MIXED_STAGING_SIZE, most);
    for (const [name, bits] of [
      ['gapWords', models.wordBits],
      ['gapBytes', models.byteBits],
    ] as const) {
      const isShort = input.gaps[name].length <= mixedSize;
      if (bits > 0 && isShort) this.openLane(name, MIXED_STAGING_SIZE, most);
    }
  }

  private openLane(name: LaneName, size: number, left: number): void {
    const { exports } = this.kernel;
    const ptr = this.kernel.alloc(size);
    exports.useLane(LANE[name]);
    exports.startEncoder(ptr);
    this.lanes.set(name, { ptr, coded: new ByteWriter(1 << 12), left, mixed: 0, isJudged: false });
  }

  /** Whether `size` bytes more of a stream are to be mixed. */
  mixes(name: MixedName, size: number): boolean {
    const lane = this.lanes.get(name);
    if (lane === undefined || lane.left < 0) return false;
    lane.left -= size;
    if (lane.left >= 0) {
      lane.mixed += size;
      return true;
    }
    // Values are counted when they are mixed already, gaps before.
    lane.sampled = name === 'values' ? this.values.map((writer) => writer.size) : [lane.mixed];
    return false;
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
    for (const name of ['values', 'gapWords', 'gapBytes'] as const) this.judge(name);
  }

  /** Gives a long stream up whose beginning gains too little by being mixed. */
  private judge(name: MixedName): void {
    const lane = this.lanes.get(name);
    if (lane === undefined || lane.isJudged || lane.left < 0 || lane.mixed <= SHORT_STREAM) return;
    lane.isJudged = true;
    const { kernel, effort } = this;
    const parts =
      name === 'values'
        ? this.values.map((writer) => writer.take())
        : [this.gaps[name].subarray(0, lane.mixed)];
    if (mixingPays(kernel, name, parts, lane.coded.size, effort)) return;
    lane.left = -1;
    if (name === 'values') kernel.exports.stopMixingValues();
  }

  /** What became of streams that were given up as long enough for an estimate; before values are taken. */
  listSamples(): Partial<Record<MixedName, MixedSample>> {
    this.drain();
    const samples: Partial<Record<LaneName, MixedSample>> = {};
    const valueBytes = this.values.reduce((sum, writer) => sum + writer.size, 0);
    for (const [name, { sampled, coded }] of this.lanes) {
      if (name === 'values' && valueBytes > this.mixedSize) continue;
      if (sampled !== undefined) samples[name] = { raw: sampled, coded: coded.size };
    }
    return samples;
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
