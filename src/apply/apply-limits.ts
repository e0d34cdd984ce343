import { PREDICTOR, PREDICTOR_VERSION } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import type { StreamEntry } from '../container/stream-table.js';
import { CODER } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import type { ApplyOptions, ApplyReport } from './apply-options.js';
import { assertExpectedDigests } from './expect-digests.js';

export const DEFAULT_MEMORY_LIMIT = 256 << 20;
const DEFAULT_MIXING_LIMIT = 64 << 20;
const DEFAULT_MAX_NEW_SIZE = 2 ** 32 - 1;
const DEFAULT_MAX_WINDOW_SIZE = 32 << 20;
/** Largest old or new of a delta, whatever the caller allows. */
const MAX_DELTA_SIZE = 2 ** 32 - 1;

/** A header of a file's patch. */
export type FileHeader = PatchHeader & { readonly form: ApplyReport['form'] };

/** Throws FormatError(UNSUPPORTED_FEATURE) when a patch is that of a folder. */
export function assertFilePatch(header: PatchHeader): FileHeader {
  if (header.form !== 'bundle') return header as FileHeader;
  throw patchError(
    'UNSUPPORTED_FEATURE',
    'container',
    'this is the patch of a folder, which deltakit/bundle and the command line apply to a folder',
    { form: header.form },
  );
}

function assertLimits(header: PatchHeader, options: ApplyOptions): void {
  const maxNewSize = options.maxNewSize ?? DEFAULT_MAX_NEW_SIZE;
  if (header.newSize > maxNewSize) {
    throw patchError(
      'NEW_SIZE_LIMIT',
      'container',
      `the patch makes ${header.newSize} bytes, the limit is ${maxNewSize}`,
      { expected: maxNewSize, found: header.newSize },
    );
  }
  const memoryLimit = options.memoryLimit ?? DEFAULT_MEMORY_LIMIT;
  if (header.decoderMemory > memoryLimit) {
    throw patchError(
      'MEMORY_LIMIT',
      'container',
      `decoding the patch takes ${header.decoderMemory} bytes of memory, the limit is ${memoryLimit}`,
      { expected: memoryLimit, found: header.decoderMemory },
    );
  }
  const mixingLimit = options.mixingLimit ?? DEFAULT_MIXING_LIMIT;
  const mixedSize = mixedSizeOf(header.streams);
  if (mixedSize > mixingLimit) {
    throw patchError(
      'MIXING_LIMIT',
      'container',
      `decoding the patch mixes ${mixedSize} bytes, the limit is ${mixingLimit}`,
      { expected: mixingLimit, found: mixedSize },
    );
  }
  assertWindow(header, options);
  assertOffsets(header);
  const predictor = (['raw', 'image', 'module'] as const).find(
    (name) => PREDICTOR[name] === header.predictorId,
  );
  if (predictor === undefined || header.predictorVersion !== PREDICTOR_VERSION[predictor]) {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'container',
      `the patch needs predictor ${header.predictorId} version ${header.predictorVersion}, which this reader lacks`,
      { predictor: header.predictorId, version: header.predictorVersion },
    );
  }
}

/** Covers count in 32 bits; only new compressed alone, and new that is old, may be larger. */
function assertOffsets({ form, oldSize, newSize }: PatchHeader): void {
  if (form !== 'delta' || Math.max(oldSize, newSize) <= MAX_DELTA_SIZE) return;
  const isNew = newSize > MAX_DELTA_SIZE;
  const [side, found] = isNew ? ['new', newSize] : ['old', oldSize];
  throw patchError(
    isNew ? 'NEW_SIZE_LIMIT' : 'INPUT_SIZE_LIMIT',
    'container',
    `the ${side} image of a delta has ${found} bytes, offsets of this reader end at ${MAX_DELTA_SIZE}`,
    { side, expected: MAX_DELTA_SIZE, found },
  );
}

/** A window is held in memory until its digest matched. */
function assertWindow(header: PatchHeader, { checkWindows = true, maxWindowSize }: ApplyOptions): void {
  const limit = maxWindowSize ?? DEFAULT_MAX_WINDOW_SIZE;
  const found = header.form === 'same' ? 0 : Math.min(header.newSize, 2 ** header.windowSizeLog2);
  if (!checkWindows || found <= limit) return;
  throw patchError(
    'WINDOW_LIMIT',
    'container',
    `a window of the patch has ${found} bytes, the limit is ${limit}`,
    { expected: limit, found },
  );
}

/** Raw bytes that are decoded by mixing. Flags are bounded by the size of new. */
function mixedSizeOf(streams: readonly StreamEntry[]): number {
  const mixed = streams.filter(({ name, coder }) => coder === CODER.mix && name !== 'flags');
  return mixed.reduce((sum, { rawSize }) => sum + rawSize, 0);
}

/** The header of a file's patch, of which nothing else need have arrived, within limits and with the expected digests. Throws FormatError, LimitError, MismatchError. */
export function assertHeader(found: PatchHeader, options: ApplyOptions): FileHeader {
  const header = assertFilePatch(found);
  assertLimits(header, options);
  assertExpectedDigests(header, options.expect);
  return header;
}
