import type { StreamName } from '../container/format.js';
import { CODER, readMixParameters } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import type { ApplyExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { codeSpans, type SpanHost } from '../predict/code-spans.js';
import { wordsOfGap } from '../predict/cut-gap.js';
import type { WalkPlan } from '../predict/plan-walk.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import type { Steps } from '../progress/run-steps.js';
import { LANE, type LaneName, type ResidualModels } from '../residual/residual-models.js';
import { KIND_LIMIT, ResidualState } from '../residual/residual-state.js';
import { StreamBuffer } from '../residual/stream-buffer.js';
import type { CodedStream } from './coded-stream.js';
import { NewWindow } from './new-window.js';
import type { OldTiles } from './old-tiles.js';
import type { SectionMeter } from './section-meter.js';

/** Buffers are refilled after this many bytes of new, so they must hold that and one slice more. */
const REFILL_AFTER = SLICE_SIZE;
const BUFFER_SIZE = REFILL_AFTER + SLICE_SIZE;

export interface ResidualSource {
  readonly tiles: OldTiles;
  /** Size of old, without tables that are made anew. */
  readonly oldSize: number;
  readonly plan: WalkPlan;
  readonly streams: readonly CodedStream[];
  /** Gets new in order; the bytes are valid only during the call. */
  readonly onBytes: (bytes: Uint8Array, offset: number) => void;
  /** Makes a table of `plan.tableStarts`; what comes before it was given to `onBytes`. */
  readonly makeTable: (index: number) => void;
  /** Counts what each section of new costs. */
  readonly meter?: SectionMeter | undefined;
}

/**
 * Makes new from old, the covers and the residual streams: the mirror of diff/encode-residual.ts. The predictor is set up.
 * Throws FormatError when a stream is malformed, too short or too long.
 */
export function* decodeResidual(
  kernel: KernelInstance<ApplyExports>,
  { tiles, oldSize, plan, streams, onBytes, makeTable, meter }: ResidualSource,
): Steps<void> {
  const { exports } = kernel;
  const lanes = new Lanes(kernel, streams);
  const state = new ResidualState(kernel, lanes.models, oldSize);
  lanes.open(plan.covers.length > 0);
  const gaps = new GapReader(kernel, lanes, streams);
  const values = new ValueBuffers(kernel, state, streams);
  const window = new NewWindow(kernel, SLICE_SIZE, onBytes);
  let refilledAt = 0;
  meter?.begin(kernel);
  const host: SpanHost = {
    bringCover: (oldStart, oldEnd, newStart, newEnd) => {
      exports.setBases(tiles.need(oldStart, oldEnd), window.room(newStart, newEnd - newStart));
    },
    codeGap: (start, end, hasWords, way) => {
      const base = window.room(start, end - start);
      if (lanes.mixesGaps) {
        const from = (start + way) | 0;
        exports.setBases(tiles.need(from, from + end - start), base);
      }
      gaps.fill(base, start, end, hasWords, way);
      meter?.gap(kernel, start, end, hasWords);
    },
    codeHole: (start, end) => {
      meter?.hole(start, end);
      const base = window.room(start, end - start);
      kernel.zero((base + start) >>> 0, end - start);
    },
    makeTable: (index, start) => {
      window.flush(start);
      makeTable(index);
      tiles.forget();
    },
    coverDone: meter && ((start, end) => meter.cover(kernel, start, end)),
    sliceDone: (end) => {
      lanes.assertWithin('values');
      if (end - refilledAt < REFILL_AFTER) return;
      values.refill();
      refilledAt = end;
    },
  };
  for (const done of codeSpans(kernel, plan, host, meter?.sliceSize))
    yield { stage: 'apply', done, total: plan.newSize };
  window.flush(plan.newSize);
  values.finish();
  gaps.finish();
  lanes.finish();
}

type MixedName = Exclude<LaneName, 'flags'>;

/** The streams of modelled bits. They stay in linear memory as a whole, since they are read bit by bit. */
class Lanes {
  readonly models: ResidualModels;
  private readonly kernel: KernelInstance<ApplyExports>;
  private readonly streams: readonly CodedStream[];
  private readonly opened: LaneName[] = [];
  private readonly mixed = { gapWords: 0, gapBytes: 0 };
  /** What the header says of each stream. */
  private readonly rawSizes: Readonly<Record<LaneName, number>>;

  constructor(kernel: KernelInstance<ApplyExports>, streams: readonly CodedStream[]) {
    this.kernel = kernel;
    this.streams = streams.filter(({ entry }) => entry.name === 'flags' || entry.coder === CODER.mix);
    const values = this.streams.find(({ entry }) => entry.name === 'values');
    this.rawSizes = {
      flags: this.rawSizeOf('flags'),
      values: this.rawSizeOf('values'),
      gapWords: this.rawSizeOf('gapWords'),
      gapBytes: this.rawSizeOf('gapBytes'),
    };
    this.models = {
      flagBits: this.bitsOf('flags'),
      valueBits: this.bitsOf('values'),
      kinds: values?.entry.kinds ?? 0,
      wordBits: this.bitsOf('gapWords'),
      byteBits: this.bitsOf('gapBytes'),
    };
  }

  private bitsOf(name: LaneName): number {
    const entry = this.streams.find((stream) => stream.entry.name === name)?.entry;
    if (entry === undefined || (entry.coder === CODER.stored && entry.parameters.length === 0)) return 0;
    const bits = entry.coder === CODER.mix ? readMixParameters(entry.parameters) : undefined;
    if (bits !== undefined) return bits;
    throw patchError('BAD_CODER', 'entropy', `the ${name} stream has no coder ${entry.coder}`, {
      coder: entry.coder,
    });
  }

  get mixesGaps(): boolean {
    return this.models.wordBits > 0 || this.models.byteBits > 0;
  }

  /** Opens all streams; the kernel's models are set up. A patch with covers has flags. */
  open(hasCovers: boolean): void {
    if (hasCovers) this.openLane('flags');
    for (const { entry } of this.streams) if (entry.name !== 'flags') this.openLane(entry.name as LaneName);
  }

  private openLane(name: LaneName): void {
    const { kernel } = this;
    const stream = this.streams.find(({ entry }) => entry.name === name);
    const size = stream?.entry.codedSize ?? 0;
    const ptr = kernel.alloc(size);
    let at = ptr;
    for (const piece of stream?.pieces ?? []) {
      kernel.write(at, piece);
      at += piece.length;
    }
    kernel.exports.useLane(LANE[name]);
    kernel.exports.startDecoder(ptr, size);
    this.opened.push(name);
  }

  /** Counts `size` bytes of a gap that are about to be mixed. */
  countGap(name: 'gapWords' | 'gapBytes', size: number): void {
    this.mixed[name] += size;
    this.assertWithin(name);
  }

  /** Throws FormatError when more was mixed than the header says: time is bounded by what it declares. */
  assertWithin(name: MixedName): void {
    const found = this.mixedSize(name);
    if (found <= this.rawSizes[name]) return;
    throw patchError('BAD_STREAM', 'residual', `the ${name} stream is longer than its header says`, {
      expected: this.rawSizes[name],
      found,
    });
  }

  private mixedSize(name: MixedName): number {
    return name === 'values' ? this.kernel.exports.residualMixedBytes() : this.mixed[name];
  }

  private rawSizeOf(name: LaneName): number {
    return this.streams.find(({ entry }) => entry.name === name)?.entry.rawSize ?? 0;
  }

  /** Throws FormatError unless every stream ended exactly. */
  finish(): void {
    for (const name of this.opened) {
      this.kernel.exports.useLane(LANE[name]);
      this.kernel.check(this.kernel.exports.coderFinished(), 'residual', name);
      const found = name === 'flags' ? this.rawSizes[name] : this.mixedSize(name);
      if (found === this.rawSizes[name] && (found > 0 || name === 'flags')) continue;
      throw patchError('BAD_STREAM', 'residual', `the ${name} stream has ${found} bytes`, {
        expected: this.rawSizes[name],
        found,
      });
    }
  }
}

/** Gaps of new, from their streams. */
class GapReader {
  private readonly kernel: KernelInstance<ApplyExports>;
  private readonly lanes: Lanes;
  private readonly words: StreamBuffer | undefined;
  private readonly bytes: StreamBuffer | undefined;

  constructor(kernel: KernelInstance<ApplyExports>, lanes: Lanes, streams: readonly CodedStream[]) {
    this.kernel = kernel;
    this.lanes = lanes;
    const find = (name: StreamName) => streams.find(({ entry }) => entry.name === name);
    if (lanes.models.wordBits === 0) this.words = openBuffer(kernel, find('gapWords'));
    if (lanes.models.byteBits === 0) this.bytes = openBuffer(kernel, find('gapBytes'));
  }

  /** Makes new[start, end), which stands at base + start. */
  fill(base: number, start: number, end: number, hasWords: boolean, way: number): void {
    const words = wordsOfGap(start, end, hasWords);
    this.fillBytes(base, start, words.start, way);
    this.fillWords(base, words.start, words.end, way);
    this.fillBytes(base, words.end, end, way);
  }

  private fillBytes(base: number, start: number, end: number, way: number): void {
    if (start === end) return;
    if (this.lanes.models.byteBits === 0) {
      copyGap(this.kernel, this.bytes, (base + start) >>> 0, end - start);
      return;
    }
    this.lanes.countGap('gapBytes', end - start);
    this.kernel.exports.codeBytesOfGap(start, end, way);
  }

  private fillWords(base: number, start: number, end: number, way: number): void {
    if (start === end) return;
    const { exports } = this.kernel;
    if (this.lanes.models.wordBits > 0) {
      this.lanes.countGap('gapWords', end - start);
      exports.codeWordsOfGap(start, end, way);
      return;
    }
    const target = (base + start) >>> 0;
    copyGap(this.kernel, this.words, target, end - start);
    exports.makeWordsRelative(target, target, end - start, start);
  }

  finish(): void {
    this.words?.finish();
    this.bytes?.finish();
  }
}

/** The value streams, kept filled in linear memory where the kernel takes from them. */
class ValueBuffers {
  private readonly state: ResidualState;
  private readonly buffers: readonly StreamBuffer[];

  constructor(kernel: KernelInstance<ApplyExports>, state: ResidualState, streams: readonly CodedStream[]) {
    const values = streams.filter(({ entry }) => entry.name === 'values' && entry.coder !== CODER.mix);
    this.state = state;
    this.buffers = values.map((stream) => openBuffer(kernel, stream)!);
    // A kind without a stream gets the empty slot behind the last one: any value of it is malformed.
    for (let kind = 0; kind < KIND_LIMIT; kind++) {
      const slot = values.findIndex(({ entry }) => (entry.kinds >>> kind) & 1);
      state.bindKind(kind, slot < 0 ? values.length : slot);
    }
    this.buffers.forEach((buffer, slot) => {
      buffer.refill();
      state.setSlot(slot, buffer.position, buffer.end);
    });
  }

  refill(): void {
    this.buffers.forEach((buffer, slot) => {
      buffer.advanceTo(this.state.slotPosition(slot));
      buffer.refill();
      this.state.setSlot(slot, buffer.position, buffer.end);
    });
  }

  finish(): void {
    this.refill();
    for (const buffer of this.buffers) buffer.finish();
  }
}

function openBuffer(
  kernel: KernelInstance<ApplyExports>,
  stream: CodedStream | undefined,
): StreamBuffer | undefined {
  if (stream === undefined) return undefined;
  return new StreamBuffer(kernel, stream.open(kernel), stream.entry.rawSize, BUFFER_SIZE);
}

function copyGap(
  kernel: KernelInstance<ApplyExports>,
  gaps: StreamBuffer | undefined,
  target: number,
  size: number,
): void {
  if (gaps !== undefined && gaps.end - gaps.position < size) gaps.refill();
  if (gaps === undefined || gaps.end - gaps.position < size) {
    throw patchError('BAD_STREAM', 'residual', `the gap stream is ${size} bytes short`, { expected: size });
  }
  kernel.view(target, size).set(kernel.view(gaps.position, size));
  gaps.advanceTo(gaps.position + size);
}
