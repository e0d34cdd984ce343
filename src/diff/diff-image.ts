import { bytesAccess } from '../bytes/random-access.js';
import type { StreamName } from '../container/format.js';
import { type CodedStreamBytes, sizeInPatch } from '../container/patch-writer.js';
import type { PredictorMemory } from '../container/planned-memory.js';
import { encodeControl } from '../control/control-stream.js';
import { CODER, writeMixParameters } from '../entropy/codec.js';
import { type CodedBytes, encodeStream, type StreamPlan } from '../entropy/encode-stream.js';
import { estimateStream } from '../entropy/estimate-stream.js';
import { writeSideTable } from '../image/side-table.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { ImagePair } from '../match/cover-search.js';
import { type Prediction, predictElements, rawPrediction } from '../predict/prediction.js';
import { setUpPrediction } from '../predict/set-up-prediction.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { planTables, type TablePlan, tableMemory } from '../predict/table-plan.js';
import type { EffortLevel } from '../progress/effort.js';
import type { Steps } from '../progress/run-steps.js';
import type { ResidualModels } from '../residual/residual-models.js';
import { addTableCovers, chooseTables, type ImagePairing, makeTables } from './choose-tables.js';
import { type Crew, shareWork } from './crew.js';
import { encodeResidual, type ResidualStreams } from './encode-residual.js';
import { type ImageSources, LoadedImages } from './loaded-images.js';
import { mapModules, type RewrittenData } from './map-modules.js';
import { matchAgain, matchImages } from './match-images.js';
import { moveCovers } from './move-covers.js';
import { pairImages } from './pair-images.js';
import { mixingPlan, streamPlan } from './stream-plans.js';
import { listWordRanges } from './word-ranges.js';

export interface DiffSettings {
  readonly effort: EffortLevel;
  readonly image: 'auto' | 'raw';
  readonly simd?: boolean | undefined;
  readonly memoryLimit?: number | undefined;
  /** Long streams are only told their size (entropy/estimate-stream.ts): for an estimate. */
  readonly quick?: boolean | undefined;
}

/**
 * From this effort on code is looked up at every byte, not every word: at `max` bun 1.3.13-14 takes 2,293,022 bytes instead of 2,328,759, esbuild 70,874
 * instead of 70,635, in a tenth more time.
 */
const BYTEWISE_EFFORT = 7;

/** A delta before it is put into its container. */
export interface Delta {
  readonly streams: readonly CodedStreamBytes[];
  readonly predictor: 'raw' | 'image' | 'module';
  readonly coverCount: number;
  readonly coveredBytes: number;
  readonly gapBytes: number;
  /** Wrong units by reference kind. */
  readonly wrongUnits: Uint32Array;
  readonly encoderMemory: number;
  readonly predictorMemory: PredictorMemory;
}

/** From this size of all streams on, threads save more than it takes to tell them. */
const SHARED_STREAMS = 64 << 10;

/** The creating side, top to bottom: match, control, residual, entropy. */
export function* diffImage(sources: ImageSources, settings: DiffSettings, crew?: Crew): Steps<Delta> {
  const kernel = diffKernels(settings);
  const images = new LoadedImages(kernel, sources);
  const { oldPtr, oldSize, newSize } = images;
  const pairing = pairImages(images.oldBytes, images.newBytes, settings.image);
  images.makeRoom(roomForTables(oldSize, newSize, pairing));
  const { newPtr } = images;
  const looksUpWords = pairing !== undefined && settings.effort < BYTEWISE_EFFORT;
  const words = looksUpWords ? listWordRanges(pairing) : undefined;
  const pair: ImagePair = { oldPtr, oldSize, newPtr, newSize, words };
  const mark = kernel.mark();
  const first = yield* matchImages(kernel, pair, settings.effort, crew);
  const isPlain = settings.image === 'raw' || pairing !== undefined;
  const module = isPlain ? undefined : mapModules(images.oldBytes, images.newBytes, first);
  if (module !== undefined) kernel.write(oldPtr + module.offset, module.bytes);
  let found = first;
  if (pairing !== undefined) found = yield* matchAgain(kernel, images, pair, first, settings.effort, crew);
  else if (module !== undefined) found = yield* matchImages(kernel, pair, settings.effort, crew);
  if (found.length === 0) return nothingFound(newSize, kernel.memorySize);
  const { prediction, side: layouts, covers, tables } = predictPair(kernel, images, pairing, found);
  const side = module?.side ?? layouts;
  const { functionStarts, tables: tablePlan } = prediction;
  const control = encodeControl(kernel, covers, {
    oldSize: tablePlan.longOldSize,
    newSize: tablePlan.longNewSize,
    functionStarts,
  });
  kernel.release(mark);
  kernel.watchPeak();
  const longNew = newPtr - tablePlan.origin;
  layLongImages(kernel, images, tablePlan);
  const plan = setUpPrediction(kernel, prediction, covers, () => {
    kernel.exports.setBases(oldPtr, longNew);
  });
  const predictorMemory = { peak: kernel.peak - mark, kept: kernel.mark() - mark };
  const mixing = mixingPlan(newSize, covers.length / COVER_FIELDS, settings.effort);
  const residual = yield* encodeResidual(kernel, {
    oldPtr,
    oldSize,
    newPtr: longNew,
    plan,
    makeTable: (index) => kernel.write(oldPtr + tablePlan.slots[index]!.oldStart, tables[index]!),
    ...mixing,
  });
  kernel.release(mark);
  const gapSize = residual.gapBytes.length + residual.gapWords.length;
  const streams = yield* codeStreams(kernel, { side, control, ...residual }, mixing.models, settings, crew);
  return {
    streams,
    predictor: nameOfPredictor(pairing, module),
    coverCount: covers.length / COVER_FIELDS,
    coveredBytes: newSize - gapSize,
    gapBytes: gapSize,
    wrongUnits: residual.wrongUnits,
    encoderMemory: kernel.memorySize,
    predictorMemory: { ...predictorMemory, tables: tableMemory(tablePlan) },
  };
}

function nameOfPredictor(
  pairing: ImagePairing | undefined,
  module: RewrittenData | undefined,
): Delta['predictor'] {
  if (module !== undefined) return 'module';
  return pairing === undefined ? 'raw' : 'image';
}

/** The longest images that any choice of tables makes. */
function roomForTables(oldSize: number, newSize: number, pairing: ImagePairing | undefined): TablePlan {
  const next = pairing?.next.map((element, i) => ({ ...element, tables: pairing.candidates[i]! }));
  return planTables(oldSize, newSize, next ?? []);
}

/** How a pair is predicted: with the tables of new that pay made anew, and covers of the longer images. */
function predictPair(
  kernel: KernelInstance<DiffExports>,
  images: LoadedImages,
  pairing: ImagePairing | undefined,
  found: Uint32Array,
): {
  readonly prediction: Prediction;
  readonly side: Uint8Array;
  readonly covers: Uint32Array;
  readonly tables: readonly Uint8Array[];
} {
  if (pairing === undefined) {
    const prediction = rawPrediction(images.oldSize, images.newSize);
    return { prediction, side: new Uint8Array(0), covers: found, tables: [] };
  }
  const { old } = pairing;
  const next = chooseTables(kernel, images, pairing, found);
  const prediction = predictElements(bytesAccess(images.oldBytes), old, next)!;
  const moved = moveCovers(found, prediction.tables);
  const tables = makeTables(images, old, next, prediction.tables, moved);
  const covers = addTableCovers(kernel, images.newPtr, prediction.tables, tables, moved);
  return { prediction, side: writeSideTable(next, old), covers, tables };
}

/** Puts early sections in front of new; what lies behind old and between is zero, as it is for the applier. */
function layLongImages(
  kernel: KernelInstance<DiffExports>,
  { oldPtr, oldSize, newPtr, newBytes }: LoadedImages,
  { origin, longOldSize, early }: TablePlan,
): void {
  kernel.zero(oldPtr + oldSize, longOldSize - oldSize);
  const longNew = newPtr - origin;
  kernel.zero(longNew, origin);
  for (const { start, size, place } of early) {
    kernel.write(longNew + start, newBytes.subarray(place - origin, place - origin + size));
  }
}

/** A delta without covers says nothing: new is coded alone. */
function nothingFound(newSize: number, encoderMemory: number): Delta {
  return {
    streams: [],
    predictor: 'raw',
    coverCount: 0,
    coveredBytes: 0,
    gapBytes: newSize,
    wrongUnits: new Uint32Array(0),
    encoderMemory,
    predictorMemory: { peak: 0, kept: 0, tables: 0 },
  };
}

function* codeStreams(
  kernel: KernelInstance<DiffExports>,
  raw: ResidualStreams & { readonly side: Uint8Array; readonly control: Uint8Array },
  models: ResidualModels,
  settings: DiffSettings,
  crew: Crew | undefined,
): Steps<CodedStreamBytes[]> {
  const { mixed } = raw;
  const groups: StreamGroup[] = [
    {
      parts: raw.values.map((bytes, kind) => ({ name: 'values' as const, kinds: 1 << kind, bytes })),
      mixed: mixed.values,
      bits: models.valueBits,
    },
    {
      parts: [{ name: 'gapWords', kinds: 0, bytes: raw.gapWords }],
      mixed: mixed.gapWords,
      bits: models.wordBits,
    },
    {
      parts: [{ name: 'gapBytes', kinds: 0, bytes: raw.gapBytes }],
      mixed: mixed.gapBytes,
      bits: models.byteBits,
    },
  ];
  const used = groups.map((group) => ({
    ...group,
    parts: group.parts.filter(({ bytes }) => bytes.length > 0),
  }));
  const coded = yield* codeParts(
    kernel,
    used.flatMap(({ parts }) => parts),
    settings,
    crew,
  );
  return [
    asIs('side', raw.side),
    asIs('control', raw.control),
    models.flagBits > 0 ? asMixed('flags', raw.flags, models.flagBits) : asIs('flags', raw.flags),
    ...used.flatMap((group) => smallerOf(group, coded.splice(0, group.parts.length))),
  ];
}

interface RawStream {
  readonly name: StreamName;
  readonly kinds: number;
  readonly bytes: Uint8Array;
}

/** Streams that are coded one by one, or all together by mixing. */
interface StreamGroup {
  readonly parts: readonly RawStream[];
  readonly mixed: Uint8Array | undefined;
  readonly bits: number;
}

function sizeOf(streams: readonly { readonly bytes: Uint8Array }[]): number {
  return streams.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Codes each stream on its own; a crew takes the longest ones first. */
function* codeParts(
  kernel: KernelInstance<DiffExports>,
  parts: readonly RawStream[],
  { effort, quick }: DiffSettings,
  crew: Crew | undefined,
): Steps<CodedStreamBytes[]> {
  const total = sizeOf(parts);
  const planOf = ({ name, bytes }: RawStream) => streamPlan(name, bytes.length, effort);
  const code = (bytes: Uint8Array, plan: StreamPlan) =>
    quick && plan.coder === 'lz' ? estimateStream(kernel, bytes, plan) : encodeStream(kernel, bytes, plan);
  const coded = new Array<CodedBytes>(parts.length);
  if (crew === undefined || total < SHARED_STREAMS) {
    let done = 0;
    for (const [i, part] of parts.entries()) {
      coded[i] = yield* inStage(code(part.bytes, planOf(part)), 'encode', done, total);
      done += part.bytes.length;
    }
  } else {
    const order = parts.map((_, i) => i);
    order.sort((a, b) => parts[b]!.bytes.length - parts[a]!.bytes.length || a - b);
    const results = yield* shareWork(crew, {
      // A message takes the whole buffer that a view looks at, so it gets a copy.
      jobs: order.map((i) => ({
        kind: 'encode' as const,
        bytes: parts[i]!.bytes.slice(),
        plan: planOf(parts[i]!),
      })),
      here: ({ bytes, plan }) => encodeStream(kernel, bytes, plan),
      stage: 'encode',
      total,
    });
    order.forEach((part, i) => {
      coded[part] = results[i]!;
    });
  }
  return parts.map(({ name, kinds, bytes }, i) => ({ name, kinds, rawSize: bytes.length, ...coded[i]! }));
}

/** A group's streams as they were coded, or the mixed stream where that is smaller. */
function smallerOf({ parts, mixed, bits }: StreamGroup, coded: CodedStreamBytes[]): CodedStreamBytes[] {
  const [first] = parts;
  if (first === undefined) return [];
  if (mixed === undefined) return coded;
  const kinds = parts.reduce((mask, part) => mask | part.kinds, 0);
  const together = [{ ...asMixed(first.name, mixed, bits), kinds, rawSize: sizeOf(parts) }];
  return sizeInPatch(together) < sizeInPatch(coded) ? together : coded;
}

function asMixed(name: StreamName, bytes: Uint8Array, bits: number): CodedStreamBytes {
  const parameters = writeMixParameters(bits);
  return { name, kinds: 0, coder: CODER.mix, parameters, rawSize: bytes.length, bytes };
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
