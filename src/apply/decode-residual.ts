import type { StreamEntry } from '../container/patch-header.js';
import { createStreamDecoder } from '../entropy/stream-decoder.js';
import { patchError } from '../errors/patch-error.js';
import type { ApplyExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { codeSpans, type SpanHost } from '../predict/code-spans.js';
import type { WalkPlan } from '../predict/plan-walk.js';
import { SLICE_SIZE } from '../predict/slice-size.js';
import type { Steps } from '../progress/run-steps.js';
import { KIND_LIMIT, ResidualState } from '../residual/residual-state.js';
import { StreamBuffer } from '../residual/stream-buffer.js';
import { NewWindow } from './new-window.js';
import type { OldTile } from './old-tile.js';

/** Buffers are refilled after this many bytes of new, so they must hold that and one slice more. */
const REFILL_AFTER = SLICE_SIZE;
const BUFFER_SIZE = REFILL_AFTER + SLICE_SIZE;

/** Streams of a delta with the pieces of their coded bytes. */
export interface CodedStream {
  readonly entry: StreamEntry;
  readonly pieces: readonly Uint8Array[];
}

export interface ResidualSource {
  readonly tile: OldTile;
  readonly plan: WalkPlan;
  readonly streams: readonly CodedStream[];
  /** Gets new in order; the bytes are valid only during the call. */
  readonly onBytes: (bytes: Uint8Array, offset: number) => void;
}

/**
 * Makes new from old, the covers and the residual streams: the mirror of diff/encode-residual.ts. The predictor is set up.
 * Throws FormatError when a stream is malformed, too short or too long.
 */
export function* decodeResidual(
  kernel: KernelInstance<ApplyExports>,
  { tile, plan, streams, onBytes }: ResidualSource,
): Steps<void> {
  const { exports } = kernel;
  exports.initRates();
  const state = new ResidualState(kernel);
  openFlags(kernel, streams);
  const gaps = openBuffer(
    kernel,
    streams.find(({ entry }) => entry.name === 'gapBytes'),
  );
  const values = new ValueBuffers(kernel, state, streams);
  const window = new NewWindow(kernel, SLICE_SIZE, onBytes);
  let refilledAt = 0;
  const host: SpanHost = {
    bringCover: (oldStart, oldEnd, newStart, newEnd) => {
      exports.setBases(tile.need(oldStart, oldEnd), window.room(newStart, newEnd - newStart));
    },
    codeGap: (start, end) => {
      const base = window.room(start, end - start);
      copyGap(kernel, gaps, (base + start) >>> 0, end - start);
    },
    codeHole: (start, end) => {
      const base = window.room(start, end - start);
      kernel.zero((base + start) >>> 0, end - start);
    },
    sliceDone: (end) => {
      if (end - refilledAt < REFILL_AFTER) return;
      values.refill();
      refilledAt = end;
    },
  };
  for (const done of codeSpans(kernel, plan, host)) yield { stage: 'apply', done, total: plan.newSize };
  window.flush(plan.newSize);
  values.finish();
  gaps?.finish();
  if (plan.covers.length > 0) kernel.check(exports.coderFinished(), 'residual', 'flags');
}

/** The value streams, kept filled in linear memory where the kernel takes from them. */
class ValueBuffers {
  private readonly state: ResidualState;
  private readonly buffers: readonly StreamBuffer[];

  constructor(kernel: KernelInstance<ApplyExports>, state: ResidualState, streams: readonly CodedStream[]) {
    const values = streams.filter(({ entry }) => entry.name === 'values');
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

/** The flags stay in linear memory as a whole: they are modelled bits, read one by one. */
function openFlags(kernel: KernelInstance<ApplyExports>, streams: readonly CodedStream[]): void {
  const flags = streams.find(({ entry }) => entry.name === 'flags');
  const size = flags?.entry.codedSize ?? 0;
  const ptr = kernel.alloc(size);
  let at = ptr;
  for (const piece of flags?.pieces ?? []) {
    kernel.write(at, piece);
    at += piece.length;
  }
  kernel.exports.startDecoder(ptr, size);
}

function openBuffer(
  kernel: KernelInstance<ApplyExports>,
  stream: CodedStream | undefined,
): StreamBuffer | undefined {
  if (stream === undefined) return undefined;
  const { entry, pieces } = stream;
  const decoder = createStreamDecoder(kernel, entry.coder, entry.parameters, entry.rawSize);
  pieces.forEach((piece, i) => {
    decoder.feed(piece, i === pieces.length - 1);
  });
  return new StreamBuffer(kernel, decoder, entry.rawSize, BUFFER_SIZE);
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
