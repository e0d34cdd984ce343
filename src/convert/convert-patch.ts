import { ALL_DECODERS } from '../apply/all-decoders.js';
import { assertFilePatch } from '../apply/apply-limits.js';
import type { ApplyOptions } from '../apply/apply-options.js';
import { applyToMemory } from '../apply/apply-to-memory.js';
import { verifyOldImage } from '../apply/verify-old.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { bytesAccess } from '../bytes/random-access.js';
import { readHeader } from '../container/patch-header.js';
import { bytesSources, createSteps } from '../create/create-patch.js';
import { sha256 } from '../digest/digest.js';
import { assertBytes, assertInteger } from '../errors/assert.js';
import { patchError } from '../errors/patch-error.js';
import { applySteps, refuseFormat } from '../formats/apply-foreign.js';
import { assertOldDigest } from '../formats/expect-results.js';
import { foreignFormat } from '../formats/foreign-format.js';
import { createForeignSteps, type WritableFormat } from '../formats-diff/create-foreign.js';
import { identify } from '../identify/identify.js';
import { runAsync, runSync, type Steps } from '../progress/run-steps.js';
import { carryDczToZstd, carryZstdToDcz } from './carry-frames.js';
import { carryTriples } from './carry-triples.js';
import { carryVcdiff } from './carry-vcdiff.js';
import {
  CONVERT_TARGETS,
  type ConvertOptions,
  type ConvertResult,
  type ConvertSource,
  type ConvertTarget,
} from './convert-options.js';
import { droppedBy } from './dropped-claims.js';

/**
 * Writes a patch in another format; new stays the same, byte for byte. Patches of the bsdiff family and of HDiffPatch, frames of Zstandard and `dcz`, and
 * windows of VCDIFF are carried over; any other pair of formats is rebuilt from old. With `old` the result is applied and compared before it is handed out.
 *
 * @throws FormatError the patch is malformed or of a format that is not applied · MismatchError old is another file, or missing where it is
 * needed (OLD_MISSING) · VerifyError new is not the expected file · LimitError
 */
export function convertPatch(patch: Uint8Array, options: ConvertOptions): Promise<ConvertResult> {
  return runAsync(convertSteps(patch, options), options);
}

/** `convertPatch` without giving up the thread. Throws as `convertPatch`. */
export function convertPatchSync(patch: Uint8Array, options: ConvertOptions): ConvertResult {
  return runSync(convertSteps(patch, options), options);
}

function* convertSteps(patch: Uint8Array, options: ConvertOptions): Steps<ConvertResult> {
  assertBytes(patch, 'patch');
  const { to, old, expect } = options;
  if (old !== undefined) assertBytes(old, 'old');
  if (options.maxNewSize !== undefined) assertInteger(options.maxNewSize, 'maxNewSize');
  if (!CONVERT_TARGETS.includes(to))
    throw new RangeError(`to: expected ${CONVERT_TARGETS.join(', ')}, got ${JSON.stringify(to)}`);
  const from = options.from ?? sourceFormat(patch);
  if (from === 'deltakit') assertFilePatch(readHeader(patch).header);
  const needsOld = (why: string) =>
    patchError('OLD_MISSING', 'formats', `${why} needs the old file`, { from, to });
  if (old === undefined && (expect?.newDigest ?? expect?.oldDigest) !== undefined)
    throw needsOld('checking a digest');
  if (old === undefined && options.rebuild === true) throw needsOld('making the patch anew');

  const carried = options.rebuild === true ? undefined : yield* carry(patch, from, options);
  if (old === undefined && carried === undefined)
    throw needsOld(`from ${from} to ${to} the patch is made anew, which`);
  const newBytes = old === undefined ? undefined : yield* applySource(old, patch, from, options);
  if (carried !== undefined && newBytes !== undefined) yield* prove(old!, carried, to, newBytes);
  const made = carried ?? (yield* rebuild(old!, newBytes!, options));
  return {
    patch: made,
    report: {
      from,
      to,
      way: carried === undefined ? 'rebuilt' : 'carried',
      proved: newBytes !== undefined,
      newDigest: newBytes === undefined ? null : toHex(sha256(newBytes)),
      dropped: droppedBy(patch, from, to),
      patchSize: patch.length,
      resultSize: made.length,
    },
  };
}

function sourceFormat(patch: Uint8Array): ConvertSource {
  if (identify(patch).kind === 'deltakit') return 'deltakit';
  return foreignFormat(patch) ?? refuseFormat(patch);
}

/** The patch in the other format without looking at old's bytes, where the two formats allow it. */
function* carry(
  patch: Uint8Array,
  from: ConvertSource,
  options: ConvertOptions,
): Steps<Uint8Array<ArrayBuffer> | undefined> {
  const { to, old } = options;
  if (from === 'deltakit') return undefined;
  if (to === 'bsdiff40' || to === 'bsdifn40' || to === 'bsdiff43')
    return yield* carryTriples(patch, from, to, options);
  if (from === 'vcdiff' && to === 'vcdiff') return yield* carryVcdiff(patch, options);
  if (from === 'dcz' && to === 'zstd') return carryDczToZstd(patch);
  if (from === 'zstd' && to === 'dcz' && old !== undefined) return carryZstdToDcz(old, patch);
  return undefined;
}

function* applySource(
  old: Uint8Array,
  patch: Uint8Array,
  from: ConvertSource,
  options: ConvertOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const { maxNewSize, memoryLimit, expect } = options;
  if (from !== 'deltakit') return yield* applySteps(old, patch, { ...options, format: from });
  assertOldDigest(old, expect);
  const limits: ApplyOptions = { maxNewSize, memoryLimit, expect: { newDigest: expect?.newDigest } };
  const newBytes = yield* applyToMemory(old, patch, ALL_DECODERS, limits);
  // Applying takes an image that is new already, too; a patch made of it would be for another old.
  yield* verifyOldImage(bytesAccess(old), readHeader(patch).header);
  return newBytes;
}

/** Applies a carried patch, strictly, and compares. */
function* prove(old: Uint8Array, carried: Uint8Array, to: ConvertTarget, newBytes: Uint8Array): Steps<void> {
  const format = to as WritableFormat;
  const back = yield* applySteps(old, carried, { format, maxNewSize: newBytes.length });
  if (!equalBytes(back, newBytes))
    throw patchError('ROUND_TRIP_MISMATCH', 'verify-new', 'the converted patch makes another new', { to });
}

/** A new patch, which its maker applies back and compares. */
function* rebuild(
  old: Uint8Array,
  newBytes: Uint8Array,
  options: ConvertOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const { to, effort, memoryLimit, simd } = options;
  if (to !== 'deltakit')
    return yield* createForeignSteps(old, newBytes, { format: to, effort, memoryLimit, simd });
  return (yield* createSteps(bytesSources(old, newBytes), { effort, memoryLimit, simd })).patch;
}
