import { equalBytes } from '../bytes/equal-bytes.js';
import { assertBytes } from '../errors/assert.js';
import { patchError } from '../errors/patch-error.js';
import { applySteps } from '../formats/apply-foreign.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { Bzip2EncoderExports, MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CoverSearch } from '../match/cover-search.js';
import { matchParameters } from '../match/match-parameters.js';
import { type Effort, type EffortLevel, effortLevel } from '../progress/effort.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync, runSync, type Steps } from '../progress/run-steps.js';
import { writeBsdiff } from './bsdiff-write.js';
import { chooseCovers } from './choose-reach.js';
import { sumLengths, triplesOf } from './cover-triples.js';
import { writeDcb } from './dcb-write.js';
import { writeVcdiff } from './vcdiff-write.js';
import { writeDcz, writeZstd } from './zstd-write.js';

/** Formats of other tools that are written; `dcb` only where `node:zlib` takes Brotli dictionaries (docs/FORMATS.md). */
export type WritableFormat = 'bsdiff40' | 'bsdifn40' | 'bsdiff43' | 'vcdiff' | 'zstd' | 'dcz' | 'dcb';

/** Every format that `createForeign` writes. */
export const WRITABLE_FORMATS: readonly WritableFormat[] = [
  'bsdiff40',
  'bsdifn40',
  'bsdiff43',
  'vcdiff',
  'zstd',
  'dcz',
  'dcb',
];

/** Which format to write. */
export interface CreateForeignOptions extends OperationOptions {
  readonly format: WritableFormat;
  /** How hard the matcher searches. Default: 7 for the formats of bsdiff (`max` where that leaves hardly a literal), `max` for others. */
  readonly effort?: Effort | undefined;
  /** Most bytes of linear memory to take; more is a LimitError. */
  readonly memoryLimit?: number | undefined;
  /** Apply the patch back and compare before it is handed out. Default: true. */
  readonly verify?: boolean | undefined;
}

/** Makes a patch in another tool's format, which that tool applies. Throws LimitError and VerifyError(ROUND_TRIP_MISMATCH). */
export function createForeign(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: CreateForeignOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return runAsync(createForeignSteps(oldBytes, newBytes, options), options);
}

/** `createForeign` without giving up the thread. Throws as `createForeign`. */
export function createForeignSync(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: CreateForeignOptions,
): Uint8Array<ArrayBuffer> {
  return runSync(createForeignSteps(oldBytes, newBytes, options), options);
}

/** The steps of `createForeign`. */
export function* createForeignSteps(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: CreateForeignOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  assertBytes(oldBytes, 'oldBytes');
  assertBytes(newBytes, 'newBytes');
  const { format } = options;
  if (!WRITABLE_FORMATS.includes(format)) {
    throw new RangeError(`format: expected ${WRITABLE_FORMATS.join(', ')}, got ${JSON.stringify(format)}`);
  }
  if (format === 'dcb') return yield* createDcb(oldBytes, newBytes, options);
  const kernel = diffKernels(options);
  const level = effortLevel(options.effort ?? (isBsdiff(format) ? BSDIFF_EFFORT : 'max'));
  let covers = yield* matchPlain(kernel, oldBytes, newBytes, level);
  const left = newBytes.length - sumLengths(covers);
  if (options.effort === undefined && level < effortLevel('max') && left > 0 && left < FEW_LITERALS)
    covers = yield* matchPlain(kernel, oldBytes, newBytes, effortLevel('max'));
  yield { stage: 'encode', done: 0, total: newBytes.length };
  const patch = yield* writeFormat(kernel, format, oldBytes, newBytes, covers);
  yield { stage: 'encode', done: newBytes.length, total: newBytes.length };
  if (options.verify ?? true) yield* assertRoundTrip(oldBytes, newBytes, patch, format);
  return patch;
}

/** Patches of the bsdiff family are smaller than bsdiff's own at this level (docs/FORMATS.md has figures). */
const BSDIFF_EFFORT: EffortLevel = 7;
/** With fewer bytes of new left over, the patch is little more than its triples, and is searched for as hard as can be. */
const FEW_LITERALS = 1024;

function isBsdiff(format: WritableFormat): boolean {
  return format === 'bsdiff40' || format === 'bsdifn40' || format === 'bsdiff43';
}

/** The search of `dcb` is Brotli's own. */
function* createDcb(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  options: CreateForeignOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  yield { stage: 'encode', done: 0, total: newBytes.length };
  const patch = writeDcb(oldBytes, newBytes, effortLevel(options.effort ?? 'max'));
  yield { stage: 'encode', done: newBytes.length, total: newBytes.length };
  if (options.verify ?? true) yield* assertRoundTrip(oldBytes, newBytes, patch, 'dcb');
  return patch;
}

function* assertRoundTrip(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  patch: Uint8Array,
  format: WritableFormat,
): Steps<void> {
  const back = yield* applySteps(oldBytes, patch, { format, maxNewSize: newBytes.length });
  if (equalBytes(back, newBytes)) return;
  throw patchError('ROUND_TRIP_MISMATCH', 'verify-new', 'the patch does not make new from old', { format });
}

function* writeFormat(
  kernel: KernelInstance<Bzip2EncoderExports>,
  format: Exclude<WritableFormat, 'dcb'>,
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
): Steps<Uint8Array<ArrayBuffer>> {
  switch (format) {
    case 'vcdiff':
      return writeVcdiff(oldBytes, newBytes, covers);
    case 'zstd':
      return writeZstd(oldBytes, newBytes, covers);
    case 'dcz':
      return writeDcz(oldBytes, newBytes, covers);
    default: {
      const wide = yield* chooseCovers(kernel, oldBytes, newBytes, covers);
      return yield* writeBsdiff(newBytes.length, triplesOf(oldBytes, newBytes, wide), format, kernel);
    }
  }
}

/** Covers of the bytes as they are: no other tool knows of references. The kernel's memory is free again. */
function* matchPlain(
  kernel: KernelInstance<MatchExports>,
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  level: EffortLevel,
): Steps<Uint32Array> {
  const mark = kernel.mark();
  const pair = {
    oldPtr: kernel.put(oldBytes),
    oldSize: oldBytes.length,
    newPtr: kernel.put(newBytes),
    newSize: newBytes.length,
  };
  const search = new CoverSearch(kernel, pair, matchParameters(level));
  while (!search.step()) yield { stage: 'match', done: search.position, total: pair.newSize };
  kernel.release(mark);
  return search.covers();
}
