import { bytesAccess } from '../bytes/random-access.js';
import type { CodedStreamBytes } from '../container/patch-writer.js';
import type { PredictorMemory } from '../container/planned-memory.js';
import { encodeControl } from '../control/control-stream.js';
import { writeSideTable } from '../image/side-table.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { ImagePair } from '../match/cover-search.js';
import { hostMemory } from '../predict/host-memory.js';
import { type ImageFacts, type Prediction, predictElements, rawPrediction } from '../predict/prediction.js';
import { setUpPrediction } from '../predict/set-up-prediction.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { planTables, type TablePlan } from '../predict/table-plan.js';
import type { Steps } from '../progress/run-steps.js';
import { addTableCovers, chooseTables, type ImagePairing, makeTables } from './choose-tables.js';
import { beginCoding, codeStreams } from './code-streams.js';
import { collectGaps } from './collect-gaps.js';
import { type Crew, prepareCrew } from './crew.js';
import type { DiffSettings } from './diff-settings.js';
import { encodeResidual } from './encode-residual.js';
import { type ImageSources, LoadedImages } from './loaded-images.js';
import { isModulePair, mapModules, type RewrittenData } from './map-modules.js';
import { isLarge, isMatchedTwice, matchAgain, matchImages } from './match-images.js';
import { shareBytes } from './match-together.js';
import { moveCovers } from './move-covers.js';
import { pairImages } from './pair-images.js';
import { realignFrames } from './realign-frames.js';
import { rememberFacts } from './remember-facts.js';
import { mixingPlan } from './stream-plans.js';
import { listLookupRanges, listWordRanges } from './word-ranges.js';

/**
 * From this effort on code is looked up at every byte, not every word: at `max` bun 1.3.13-14 takes 2,293,022 bytes instead of 2,328,759, esbuild 70,874
 * instead of 70,635, in a tenth more time.
 */
const BYTEWISE_EFFORT = 7;

/** Raw bytes of each stream that are mixed for an estimate. */
const SAMPLED_SIZE = 64 << 10;

/** What helps the thread that makes a delta. */
export interface DiffHelp {
  readonly crew: Crew;
  /** Done here while the crew codes long streams, which the draft has as they are; answers what `Delta.draft` is to be. */
  readonly meanwhile: ((draft: Delta) => Steps<Uint8Array>) | undefined;
}

/** A delta before it is put into its container. */
export interface Delta {
  readonly streams: readonly CodedStreamBytes[];
  /** What was made of a draft of it; undefined where there was none. */
  readonly draft?: Uint8Array | undefined;
  readonly predictor: 'raw' | 'image' | 'module';
  readonly coverCount: number;
  readonly coveredBytes: number;
  readonly gapBytes: number;
  /** Wrong units by reference kind. */
  readonly wrongUnits: Uint32Array;
  readonly encoderMemory: number;
  readonly predictorMemory: PredictorMemory;
}

/** The creating side, top to bottom: match, control, residual, entropy. */
export function* diffImage(sources: ImageSources, settings: DiffSettings, help?: DiffHelp): Steps<Delta> {
  const crew = help?.crew;
  const kernel = diffKernels(settings);
  if (crew !== undefined && isLarge(sources.old.size, sources.next.size)) prepareCrew(crew);
  const images = new LoadedImages(kernel, sources);
  const { oldPtr, oldSize, newSize } = images;
  const pairing = pairImages(images.oldBytes, images.newBytes, settings.image);
  images.makeRoom(roomForTables(oldSize, newSize, pairing));
  const { newPtr } = images;
  const wordRanges = pairing && listWordRanges(pairing);
  const words = pairing && settings.effort < BYTEWISE_EFFORT ? listLookupRanges(pairing) : undefined;
  const pair: ImagePair = { oldPtr, oldSize, newPtr, newSize, words };
  const facts = rememberFacts(images);
  const mark = kernel.mark();
  const areModules = settings.image !== 'raw' && pairing === undefined && isModulePair(sources);
  const isFirst = areModules || (pairing !== undefined && isMatchedTwice(settings));
  const first = yield* matchImages(kernel, pair, settings, isFirst ? 'first' : 'last', crew);
  const module = areModules ? mapModules(images.oldBytes, images.newBytes, first) : undefined;
  if (module !== undefined) kernel.write(oldPtr + module.offset, module.bytes);
  let found = first;
  if (wordRanges !== undefined)
    found = yield* matchAgain(kernel, images, { ...pair, facts, wordRanges }, first, settings, crew);
  else if (module !== undefined) {
    const shared = crew && { old: shareBytes(images.oldBytes), next: shareBytes(images.newBytes) };
    found = yield* matchImages(kernel, pair, settings, 'last', crew, shared);
  }
  if (pairing !== undefined && isMatchedTwice(settings)) found = realignFrames(images, pairing, found);
  if (found.length === 0) return nothingFound(newSize, kernel.memorySize);
  const { prediction, side: layouts, covers, tables } = predictPair(kernel, images, pairing, facts, found);
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
  const codingEffort = settings.codingEffort ?? settings.effort;
  const mixing = mixingPlan(newSize, covers.length / COVER_FIELDS, codingEffort);
  const gaps = collectGaps(kernel, plan, longNew);
  const begun = crew && beginCoding(crew, gaps, mixing, codingEffort);
  const residual = yield* encodeResidual(kernel, {
    gaps,
    oldPtr,
    oldSize,
    newPtr: longNew,
    plan,
    makeTable: (index) => kernel.write(oldPtr + tablePlan.slots[index]!.oldStart, tables[index]!),
    ...mixing,
    effort: codingEffort,
    sampledSize: settings.quick ? SAMPLED_SIZE : undefined,
  });
  kernel.release(mark);
  const gapSize = gaps.gapBytes.length + gaps.gapWords.length;
  const raw = { side, control, ...gaps, ...residual };
  const coding = { ...settings, effort: codingEffort };
  const unfinished = {
    predictor: nameOfPredictor(pairing, module),
    coverCount: covers.length / COVER_FIELDS,
    coveredBytes: newSize - gapSize,
    gapBytes: gapSize,
    wrongUnits: residual.wrongUnits,
    predictorMemory: { ...predictorMemory, host: hostMemory(prediction, covers.length / COVER_FIELDS) },
  };
  const meanwhile = help?.meanwhile;
  let draft: Uint8Array | undefined;
  const proveDraft = function* (streams: readonly CodedStreamBytes[]): Steps<void> {
    draft = yield* meanwhile!({ ...unfinished, streams, encoderMemory: kernel.memorySize });
  };
  const shared = begun && { ...begun, ...(meanwhile && { meanwhile: proveDraft }) };
  const streams = yield* codeStreams(kernel, raw, mixing.models, coding, shared);
  return { ...unfinished, streams, draft, encoderMemory: kernel.memorySize };
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
  facts: ImageFacts,
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
  const prediction = predictElements(bytesAccess(images.oldBytes), old, next, facts)!;
  const moved = moveCovers(found, prediction.tables);
  const early = images.clearFront(prediction.tables);
  const tables = makeTables(images, old, next, prediction.tables, moved, early);
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
    predictorMemory: { peak: 0, kept: 0, host: 0 },
  };
}
