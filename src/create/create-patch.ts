import { bytesAccess, type RandomAccess, viewBytes } from '../bytes/random-access.js';
import {
  FORMAT_VERSION,
  LIMITS,
  PREDICTOR,
  PREDICTOR_VERSION,
  SHORT_DIGEST_SIZE,
} from '../container/format.js';
import { SECTION, type Section } from '../container/patch-body.js';
import { digestedWindowCount, NO_WINDOWS } from '../container/patch-header.js';
import {
  type CodedStreamBytes,
  type HeaderFields,
  sizeInPatch,
  writePatch,
} from '../container/patch-writer.js';
import { plannedDecoderMemory } from '../container/planned-memory.js';
import { inStage } from '../diff/code-streams.js';
import type { Crew } from '../diff/crew.js';
import { type Delta, type DiffHelp, diffImage } from '../diff/diff-image.js';
import type { DiffSettings } from '../diff/diff-settings.js';
import { digestRange } from '../diff/image-digests.js';
import type { ImageSources } from '../diff/loaded-images.js';
import { streamPlan } from '../diff/stream-plans.js';
import { SHA256_SIZE } from '../digest/digest.js';
import { CODER, coderName } from '../entropy/codec.js';
import { encodeStream } from '../entropy/encode-stream.js';
import { assertBytes, assertInteger } from '../errors/assert.js';
import { patchError } from '../errors/patch-error.js';
import { diffKernels, diffModule } from '../kernels/diff-kernels.js';
import { effortLevel } from '../progress/effort.js';
import { runAsync, runSync, type Steps } from '../progress/run-steps.js';
import { CrewError, hireCrew } from '../threads/thread-crew.js';
import type { CreateOptions, CreateReport, CreateResult } from './create-options.js';
import { askForDigests, chooseWindowSize, digestImages } from './digest-windows.js';
import { areSame, hasStreamsOf, verifyRoundTrip } from './verify-round-trip.js';

/** The part of their size that covered bytes take at the least when new is coded alone. */
const LEAST_RATIO = 1 / 200;

/**
 * Makes the patch that turns `oldBytes` into `newBytes`. The same inputs and options give the same bytes on every machine.
 * Unless `verify` is false the patch was applied back and compared before it is handed out.
 *
 * Where a delta does not pay, the patch holds new compressed alone (form `stored`); where old equals new, nothing (`same`).
 *
 * @throws LimitError the inputs do not fit into memory or the options' limits · VerifyError(ROUND_TRIP_MISMATCH) a bug ·
 * `signal.reason` when aborted · TypeError, RangeError wrong arguments
 */
export async function createPatch(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: CreateOptions = {},
): Promise<CreateResult> {
  return createPatchFrom(bytesSources(oldBytes, newBytes), options);
}

/** `createPatch` of images that can be read at any place, as often as wanted: they are held in memory once. */
export async function createPatchFrom(
  sources: ImageSources,
  options: CreateOptions = {},
): Promise<CreateResult> {
  const crew = hireCrew(threadsOf(options) - 1, sources, options, diffModule);
  if (crew === undefined) return runAsync(createSteps(sources, options), options);
  try {
    return await runAsync(createSteps(sources, options, crew), options);
  } catch (error) {
    // Threads are a convenience: where they fail, for want of memory say, one does it all.
    if (!(error instanceof CrewError)) throw error;
    return await runAsync(createSteps(sources, options), options);
  } finally {
    crew.dismiss();
  }
}

/** `createPatch` in one go and one thread; `signal` is not looked at. Throws as `createPatch`. */
export function createPatchSync(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: CreateOptions = {},
): CreateResult {
  return runSync(createSteps(bytesSources(oldBytes, newBytes), options), options);
}

/** Images in memory as sources. */
export function bytesSources(oldBytes: Uint8Array, newBytes: Uint8Array): ImageSources {
  assertBytes(oldBytes, 'oldBytes');
  assertBytes(newBytes, 'newBytes');
  return { old: bytesAccess(oldBytes), next: bytesAccess(newBytes) };
}

/** Inputs above this do not fit into the 4 GiB of wasm32 side by side with the matcher's index. */
export const INPUT_LIMIT = 2 ** 30;

/** What a header says whatever a patch holds. */
type CommonFields = Omit<
  HeaderFields,
  'oldDigest' | 'newDigest' | 'form' | 'windowSizeLog2' | 'windowDigests' | 'coverCount' | 'decoderMemory'
>;

/** The steps of `createPatch`. */
export function* createSteps(
  sources: ImageSources,
  options: CreateOptions,
  crew?: Crew,
): Steps<CreateResult> {
  const { old, next } = sources;
  const settings = settingsOf(options);
  assertInputSizes(old.size, next.size);
  const metadata = checkedMetadata(options.metadata ?? {});

  const common = {
    criticalFeatures: 0,
    optionalFeatures: 0,
    oldSize: old.size,
    newSize: next.size,
    ...predictorFields('raw'),
    metadata,
  };
  if (yield* areSame(sources)) {
    const oldDigest = yield* digestRange(old, 0, old.size);
    const fields: HeaderFields = {
      ...common,
      oldDigest,
      newDigest: oldDigest,
      form: 'same',
      ...NO_WINDOWS,
      coverCount: 0,
      decoderMemory: 0,
    };
    const patch = writePatch(fields, []);
    return { patch, report: report('same', fields, [], undefined, patch.length) };
  }

  // What making it takes beside the patch is dropped before that is applied back.
  const { newDigest, draft, ...made } = yield* makePatch(sources, common, settings, options, crew);
  if (options.verify ?? true) {
    const isProved = draft !== undefined && (yield* hasStreamsOf(made.patch, draft, next.size, options));
    if (!isProved) yield* verifyRoundTrip(sources, newDigest, made.patch, options);
  }
  return made;
}

/** The patch of images that differ, not applied back yet. */
function* makePatch(
  sources: ImageSources,
  common: CommonFields,
  settings: DiffSettings,
  options: CreateOptions,
  crew?: Crew,
): Steps<CreateResult & Pick<Delta, 'draft'> & { readonly newDigest: Uint8Array }> {
  const { next } = sources;
  const asked = crew && askForDigests(crew, next.size);
  const prove = (options.verify ?? true) ? proveDraft(sources, options) : undefined;
  const delta = yield* smallestDelta(sources, settings, crew && { crew, meanwhile: prove });
  const whole = yield* wholeIfSmaller(next, delta, settings);
  const form = whole === undefined ? 'delta' : 'stored';
  const streams = whole === undefined ? delta.streams : [whole];
  const windowSizeLog2 = chooseWindowSize(next.size, streams);
  const digests = yield* digestImages(sources, windowSizeLog2, asked);
  const fields: HeaderFields = {
    ...common,
    ...makingFields(form, delta, streams),
    ...digests,
    windowSizeLog2,
  };
  const sections = options.reverse ? [yield* createReverse(sources, options)] : [];
  const patch = writePatch(fields, streams, sections);
  const made = report(form, fields, streams, form === 'delta' ? delta : undefined, patch.length);
  const reverseSize = sections[0]?.bytes.length ?? 0;
  return { newDigest: digests.newDigest, draft: delta.draft, patch, report: { ...made, reverseSize } };
}

/** From this effort on what the default finds is tried too. */
const COMPARED_EFFORT = 7;
/** Larger deltas gain so much from the denser search that there is nothing to compare. */
const COMPARED_SIZE = 256 << 10;

/**
 * The delta of an effort. A denser search mostly finds what costs less, but not always, since it cannot foresee what the coder makes of it:
 * the highest efforts are never above the default, which takes a third of their time.
 */
function* smallestDelta(sources: ImageSources, settings: DiffSettings, help?: DiffHelp): Steps<Delta> {
  const delta = yield* diffImage(sources, settings, help);
  if (settings.effort < COMPARED_EFFORT || sizeInPatch(delta.streams) > COMPARED_SIZE) return delta;
  const effort = effortLevel('default');
  const usual = yield* diffImage(sources, { ...settings, effort }, help);
  const isSmaller = sizeInPatch(usual.streams) < sizeInPatch(delta.streams);
  return usual.coverCount > 0 && isSmaller ? usual : delta;
}

/** The way back: a patch of its own, applied back as any. Free texts stand in the way forth already. */
function* createReverse({ old, next }: ImageSources, options: CreateOptions): Steps<Section> {
  const back = { old: next, next: old };
  const { patch } = yield* createSteps(back, { ...options, reverse: false, metadata: {} });
  return { tag: SECTION.reverse, bytes: patch };
}

/** What a header says of how new is made. */
function makingFields(form: 'delta' | 'stored', delta: Delta, streams: readonly CodedStreamBytes[]) {
  const sized = streams.map((stream) => ({ ...stream, codedSize: stream.bytes.length }));
  return {
    form,
    ...predictorFields(form === 'delta' ? delta.predictor : 'raw'),
    coverCount: form === 'delta' ? delta.coverCount : 0,
    decoderMemory: plannedDecoderMemory(form, delta.predictorMemory, sized),
  };
}

const NO_DIGEST = new Uint8Array(SHA256_SIZE);

/** Applies a draft back (verify-round-trip.ts) and answers it. Digests are none of what is shown, so it has none. */
function proveDraft(sources: ImageSources, options: CreateOptions): (draft: Delta) => Steps<Uint8Array> {
  return function* (draft) {
    const windowSizeLog2 = LIMITS.windowSizeLog2Max;
    const windowCount = digestedWindowCount(sources.next.size, windowSizeLog2);
    const patch = writePatch(
      {
        criticalFeatures: 0,
        optionalFeatures: 0,
        oldSize: sources.old.size,
        newSize: sources.next.size,
        oldDigest: NO_DIGEST,
        newDigest: NO_DIGEST,
        ...makingFields('delta', draft, draft.streams),
        windowSizeLog2,
        windowDigests: new Array(windowCount).fill(NO_DIGEST.subarray(0, SHORT_DIGEST_SIZE)),
        metadata: {},
      },
      draft.streams,
    );
    yield* verifyRoundTrip(sources, NO_DIGEST, patch, options);
    return patch;
  };
}

export function predictorFields(name: keyof typeof PREDICTOR) {
  return { predictorId: PREDICTOR[name], predictorVersion: PREDICTOR_VERSION[name] };
}

/** Checked by every face, used by `createPatch`. */
function threadsOf({ threads = 1 }: CreateOptions): number {
  assertInteger(threads, 'threads', 1, 64);
  return threads;
}

export function settingsOf(options: CreateOptions): DiffSettings {
  threadsOf(options);
  if (options.memoryLimit !== undefined) assertInteger(options.memoryLimit, 'memoryLimit', 1 << 20);
  return {
    effort: effortLevel(options.effort ?? 'default'),
    image: options.image ?? 'auto',
    simd: options.simd,
    memoryLimit: options.memoryLimit,
  };
}

/**
 * Throws LimitError(INPUT_SIZE_LIMIT) when an image is too large to make patches of. `path` names it, where the caller has many. Whoever has files asks
 * before they are read.
 */
export function assertInputSizes(oldSize: number, newSize: number, path?: string): void {
  const side = newSize > oldSize ? 'new' : 'old';
  const found = Math.max(oldSize, newSize);
  if (found <= INPUT_LIMIT) return;
  const needed = oldSize + newSize;
  throw patchError(
    'INPUT_SIZE_LIMIT',
    'arguments',
    `${path ?? `the ${side} image`} has ${found} bytes, the limit is ${INPUT_LIMIT}: both images need ${needed} bytes of memory and the index of old more, of 4 GiB in all`,
    { ...(path !== undefined && { path }), side, expected: INPUT_LIMIT, found, needed },
  );
}

function checkedMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata);
  const encoder = new TextEncoder();
  let size = 0;
  for (const [key, value] of entries) {
    if (typeof value !== 'string')
      throw new TypeError(`metadata.${key}: expected a string, got ${typeof value}`);
    size += encoder.encode(key).length + encoder.encode(value).length + 8;
  }
  if (entries.length > LIMITS.metadataEntries || size > LIMITS.metadataBytes) {
    throw patchError(
      'METADATA_LIMIT',
      'arguments',
      `metadata has ${entries.length} entries and ${size} bytes, the limits are ${LIMITS.metadataEntries} and ${LIMITS.metadataBytes}`,
      { entries: entries.length, bytes: size },
    );
  }
  return metadata;
}

/** Codes new alone when the delta is so large that this may be smaller; undefined when the delta wins. */
function* wholeIfSmaller(
  next: RandomAccess,
  delta: Delta,
  settings: DiffSettings,
): Steps<CodedStreamBytes | undefined> {
  const deltaSize = codedSizeOf(delta.streams);
  if (delta.coverCount > 0) {
    const gaps = delta.streams.filter(({ name }) => name === 'gapBytes' || name === 'gapWords');
    // New is at best about as compressible as what no cover reached.
    const gapRatio = gaps.length === 0 ? 1 : codedSizeOf(gaps) / delta.gapBytes;
    if (deltaSize < next.size * Math.min(gapRatio, 0.5)) return undefined;
    // Gaps that no coder shrank stay as long in new alone, where the rest then has to cost less than all but them in the delta.
    const packed = codedSizeOf(gaps.filter(({ coder }) => coder === CODER.stored));
    if (packed > next.size / 2 && deltaSize - packed < (next.size - packed) * LEAST_RATIO) return undefined;
  }
  const kernel = diffKernels(settings);
  const plan = streamPlan('whole', next.size, settings.effort);
  const newBytes = viewBytes(next, 0, next.size);
  const coded = yield* inStage(encodeStream(kernel, newBytes, plan), 'encode', 0, next.size);
  const whole = { name: 'whole' as const, kinds: 0, rawSize: next.size, ...coded };
  return delta.coverCount > 0 && sizeInPatch([whole]) >= sizeInPatch(delta.streams) ? undefined : whole;
}

function codedSizeOf(streams: readonly CodedStreamBytes[]): number {
  return streams.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function report(
  form: CreateReport['form'],
  fields: HeaderFields,
  streams: readonly CodedStreamBytes[],
  delta: Delta | undefined,
  patchSize: number,
): CreateReport {
  return {
    form,
    formatVersion: FORMAT_VERSION,
    oldSize: fields.oldSize,
    newSize: fields.newSize,
    patchSize,
    coverCount: delta?.coverCount ?? 0,
    coveredBytes: form === 'same' ? fields.newSize : (delta?.coveredBytes ?? 0),
    gapBytes: delta?.gapBytes ?? (form === 'same' ? 0 : fields.newSize),
    wrongUnits: delta?.wrongUnits.reduce((sum, count) => sum + count, 0) ?? 0,
    streams: streams.map(({ name, coder, rawSize, bytes }) => ({
      name,
      coder: coderName(coder) ?? `${coder}`,
      rawSize,
      codedSize: bytes.length,
    })),
    encoderMemory: delta?.encoderMemory ?? 0,
    decoderMemory: fields.decoderMemory,
    reverseSize: 0,
  };
}
