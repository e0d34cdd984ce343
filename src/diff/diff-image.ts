import type { StreamName } from '../container/format.js';
import type { CodedStreamBytes } from '../container/patch-writer.js';
import { encodeControl } from '../control/control-stream.js';
import { encodeStream } from '../entropy/encode-stream.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { ImagePair } from '../match/cover-search.js';
import { RAW_PREDICTION } from '../predict/prediction.js';
import { setUpPrediction } from '../predict/set-up-prediction.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { EffortLevel } from '../progress/effort.js';
import type { Steps } from '../progress/run-steps.js';
import { choosePrediction } from './choose-prediction.js';
import { encodeResidual, type ResidualStreams } from './encode-residual.js';
import { matchAgain, matchImages } from './match-images.js';
import { streamPlan } from './stream-plans.js';

export interface DiffSettings {
  readonly effort: EffortLevel;
  readonly image: 'auto' | 'raw';
  readonly simd?: boolean | undefined;
  readonly memoryLimit?: number | undefined;
}

/** A delta before it is put into its container. */
export interface Delta {
  readonly streams: readonly CodedStreamBytes[];
  readonly predictor: 'raw' | 'image';
  readonly coverCount: number;
  readonly coveredBytes: number;
  readonly gapBytes: number;
  /** Wrong units by reference kind. */
  readonly wrongUnits: Uint32Array;
  readonly encoderMemory: number;
}

/** The creating side, top to bottom: match, control, residual, entropy. */
export function* diffImage(oldBytes: Uint8Array, newBytes: Uint8Array, settings: DiffSettings): Steps<Delta> {
  const kernel = diffKernels(settings);
  const pair: ImagePair = {
    oldPtr: kernel.put(oldBytes),
    oldSize: oldBytes.length,
    newPtr: kernel.put(newBytes),
    newSize: newBytes.length,
  };
  const mark = kernel.mark();
  const first = yield* matchImages(kernel, pair, settings.effort);
  const { prediction, side } = choosePrediction(oldBytes, newBytes, settings.image);
  const covers =
    prediction === RAW_PREDICTION
      ? first
      : yield* matchAgain(kernel, pair, { oldBytes, newBytes }, first, settings.effort);
  const { functionStarts } = prediction;
  const control = encodeControl(kernel, covers, { ...pair, functionStarts });
  kernel.release(mark);
  const plan = setUpPrediction(kernel, prediction, pair.newSize, covers, () => {
    kernel.exports.setBases(pair.oldPtr, pair.newPtr);
  });
  const residual = yield* encodeResidual(kernel, { ...pair, plan });
  kernel.release(mark);
  const streams = yield* codeStreams(kernel, side, control, residual, settings.effort);
  return {
    streams,
    predictor: prediction === RAW_PREDICTION ? 'raw' : 'image',
    coverCount: covers.length / COVER_FIELDS,
    coveredBytes: newBytes.length - residual.gapBytes.length,
    gapBytes: residual.gapBytes.length,
    wrongUnits: residual.wrongUnits,
    encoderMemory: kernel.memorySize,
  };
}

function* codeStreams(
  kernel: KernelInstance<DiffExports>,
  side: Uint8Array,
  control: Uint8Array,
  residual: ResidualStreams,
  effort: EffortLevel,
): Steps<CodedStreamBytes[]> {
  const raw: { name: StreamName; kinds: number; bytes: Uint8Array }[] = [
    { name: 'gapBytes', kinds: 0, bytes: residual.gapBytes },
    ...residual.values.map((bytes, kind) => ({ name: 'values' as const, kinds: 1 << kind, bytes })),
  ];
  const total = raw.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const coded: CodedStreamBytes[] = [
    asIs('side', side),
    asIs('control', control),
    asIs('flags', residual.flags),
  ];
  let done = 0;
  for (const { name, kinds, bytes } of raw) {
    if (bytes.length === 0) continue;
    const plan = streamPlan(name, bytes.length, effort);
    const stream = yield* inStage(encodeStream(kernel, bytes, plan), 'encode', done, total);
    coded.push({ name, kinds, rawSize: bytes.length, ...stream });
    done += bytes.length;
  }
  return coded;
}

/** Streams of modelled bits are coded already. */
function asIs(name: StreamName, bytes: Uint8Array): CodedStreamBytes {
  return { name, kinds: 0, coder: 0, parameters: new Uint8Array(0), rawSize: bytes.length, bytes };
}

/** Turns a generator of bytes done into one of progress. */
export function* inStage<Result>(
  work: Generator<number, Result, void>,
  stage: 'encode',
  before: number,
  total: number,
): Steps<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield { stage, done: before + step.value, total };
  }
}
