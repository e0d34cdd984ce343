import { equalBytes } from '../bytes/equal-bytes.js';
import { DIGEST_SIZE, type Form, SHORT_DIGEST_SIZE } from '../container/format.js';
import { digestedWindowCount, NO_WINDOWS } from '../container/patch-header.js';
import { type CodedStreamBytes, writePatch } from '../container/patch-writer.js';
import { inStage } from '../diff/code-streams.js';
import { type Delta, diffImage } from '../diff/diff-image.js';
import type { DiffSettings } from '../diff/diff-settings.js';
import { streamPlan } from '../diff/stream-plans.js';
import { encodeStream } from '../entropy/encode-stream.js';
import { estimateStream } from '../entropy/estimate-stream.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { EffortLevel } from '../progress/effort.js';
import { runAsync, runSync, type Steps } from '../progress/run-steps.js';
import type { CreateOptions } from './create-options.js';
import { assertInputSizes, bytesSources, predictorFields, settingsOf } from './create-patch.js';
import { chooseWindowSize } from './digest-windows.js';

/** What a patch would be. Sizes in bytes. */
export interface PatchEstimate {
  readonly form: 'delta' | 'stored' | 'same';
  readonly oldSize: number;
  readonly newSize: number;
  /** The size expected; of `same` exact, else within about 7 %. */
  readonly patchSize: number;
  readonly coverCount: number;
  /** Bytes of new that no cover reaches. */
  readonly gapBytes: number;
}

/** Options of an estimate: those of `createPatch` that change what a patch holds. */
export type EstimateOptions = Omit<CreateOptions, 'verify' | 'reverse' | 'metadata' | 'threads'>;

/**
 * Tells how large the patch from `oldBytes` to `newBytes` would be, without making one that could be applied: files are matched and
 * predicted coarsely, long streams are sampled and coded greedily, and nothing is digested or applied back.
 *
 * @throws LimitError an input or the memory is too large · `signal.reason` when aborted
 */
export async function estimatePatch(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: EstimateOptions = {},
): Promise<PatchEstimate> {
  return runAsync(estimateSteps(oldBytes, newBytes, options), options);
}

/** `estimatePatch` in one go; `signal` is not looked at. Throws as `estimatePatch`. */
export function estimatePatchSync(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: EstimateOptions = {},
): PatchEstimate {
  return runSync(estimateSteps(oldBytes, newBytes, options), options);
}

/** The highest effort that is matched as itself; above, the size is told from this one. */
const MATCHED_EFFORT: EffortLevel = 5;
/** Size at an effort above 6 against that of the covers of effort 5 under the same coders, the middle of 0.91 to 1 on the corpus. */
const THOROUGH_SHARE = 0.96;
function* estimateSteps(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: EstimateOptions,
): Steps<PatchEstimate> {
  const sources = bytesSources(oldBytes, newBytes);
  assertInputSizes(oldBytes.length, newBytes.length);
  const { effort, ...others } = settingsOf(options);
  const sizes = { oldSize: oldBytes.length, newSize: newBytes.length };
  if (equalBytes(oldBytes, newBytes)) {
    return { form: 'same', ...sizes, patchSize: sizeWith('same', sizes, []), coverCount: 0, gapBytes: 0 };
  }
  const settings = {
    ...others,
    effort: effort > 6 ? MATCHED_EFFORT : effort,
    quick: true,
    codingEffort: effort,
  };
  const delta = yield* diffImage(sources, settings);
  const deltaSize = sizeWith('delta', sizes, delta.streams);
  const whole = yield* wholeWhenClose(newBytes, delta, settings);
  const wholeSize = whole === undefined ? Number.POSITIVE_INFINITY : sizeWith('stored', sizes, [whole]);
  const isDelta = delta.coverCount > 0 && deltaSize <= wholeSize;
  const size = isDelta ? deltaSize : wholeSize;
  return {
    form: isDelta ? 'delta' : 'stored',
    ...sizes,
    patchSize: Math.round(size * (isDelta && effort > 6 ? THOROUGH_SHARE : 1)),
    coverCount: isDelta ? delta.coverCount : 0,
    gapBytes: isDelta ? delta.gapBytes : newBytes.length,
  };
}

/** New coded alone, where nothing was found in old or the delta is no better than half of new. */
function* wholeWhenClose(
  newBytes: Uint8Array,
  delta: Delta,
  settings: DiffSettings,
): Steps<CodedStreamBytes | undefined> {
  const deltaSize = delta.streams.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (delta.coverCount > 0 && deltaSize < newBytes.length / 2) return undefined;
  const plan = streamPlan('whole', newBytes.length, settings.effort);
  const kernel = diffKernels(settings);
  const work =
    plan.coder === 'lz' ? estimateStream(kernel, newBytes, plan) : encodeStream(kernel, newBytes, plan);
  const coded = yield* inStage(work, 'encode', 0, newBytes.length);
  return { name: 'whole', kinds: 0, rawSize: newBytes.length, ...coded };
}

/** Bytes of a patch of these streams, digests of zeros standing for the real ones. */
function sizeWith(
  form: Form,
  { oldSize, newSize }: { readonly oldSize: number; readonly newSize: number },
  streams: readonly CodedStreamBytes[],
): number {
  const zeros = (size: number) => new Uint8Array(size);
  const windowSizeLog2 = chooseWindowSize(newSize, streams);
  const windowCount = digestedWindowCount(newSize, windowSizeLog2);
  const windowDigests = Array.from({ length: windowCount }, () => zeros(SHORT_DIGEST_SIZE));
  const fields = {
    form,
    criticalFeatures: 0,
    optionalFeatures: 0,
    oldSize,
    newSize,
    oldDigest: zeros(DIGEST_SIZE),
    newDigest: zeros(DIGEST_SIZE),
    ...(form === 'same' ? NO_WINDOWS : { windowSizeLog2, windowDigests }),
    ...predictorFields('raw'),
    coverCount: 0,
    decoderMemory: form === 'same' ? 0 : 1 << 22,
    metadata: {},
  };
  return writePatch(fields, streams).length;
}
