import { assertBytes, assertInteger } from '../errors/assert.js';
import { patchError } from '../errors/patch-error.js';
import { identify } from '../identify/identify.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync, runSync, type Steps } from '../progress/run-steps.js';
import { applyCovers } from './apply-covers.js';
import { applyTriples } from './apply-triples.js';
import { openBsdiff } from './bsdiff-read.js';
import { applyBxdiff } from './bxdiff-apply.js';
import { applyDcb, applyDcz } from './dictionary-transport.js';
import { assertNewDigest, assertOldDigest, type ExpectedDigests } from './expect-results.js';
import { type ForeignFormat, foreignFormat } from './foreign-format.js';
import type { ReadOptions } from './foreign-options.js';
import { openHdiff } from './hdiff-read.js';
import { applyVcdiff } from './vcdiff-apply.js';
import { decodeZstd } from './zstd-decode.js';

/** Which format it is, what is expected, and limits. */
export interface ApplyForeignOptions extends ReadOptions, OperationOptions {
  /** Which format it is; default: by its first bytes. Android's Brotli form of bsdiff43 has no magic and needs it. */
  readonly format?: ForeignFormat | undefined;
  /** Digests that old and new must have. */
  readonly expect?: ExpectedDigests | undefined;
}

/**
 * Makes new from old and another tool's patch. Checksums that the format has are checked; most formats have none of the whole files, so
 * `expect` is the only proof of the right result.
 *
 * @throws FormatError the patch is malformed, truncated, or of a format that is not applied
 * @throws MismatchError old is not the expected file
 * @throws VerifyError new is not the expected file
 * @throws LimitError new is larger than `maxNewSize`
 */
export function applyForeign(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyForeignOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return runAsync(applySteps(oldBytes, patch, options), options);
}

/** `applyForeign` without giving up the thread. Throws as `applyForeign`. */
export function applyForeignSync(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyForeignOptions = {},
): Uint8Array<ArrayBuffer> {
  return runSync(applySteps(oldBytes, patch, options), options);
}

export function* applySteps(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyForeignOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  assertBytes(oldBytes, 'oldBytes');
  assertBytes(patch, 'patch');
  if (options.maxNewSize !== undefined) assertInteger(options.maxNewSize, 'maxNewSize');
  assertOldDigest(oldBytes, options.expect);
  const format = options.format ?? foreignFormat(patch) ?? refuseFormat(patch);
  const newBytes = yield* applyFormat(format, oldBytes, patch, options);
  assertNewDigest(newBytes, options.expect);
  return newBytes;
}

function applyFormat(
  format: ForeignFormat,
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ApplyForeignOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  switch (format) {
    case 'bsdiff40':
    case 'bsdifn40':
    case 'bsdf2':
    case 'trdiff10':
    case 'bsdiff43':
      return applyTriples(oldBytes, openBsdiff(patch, options), options);
    case 'vcdiff':
      return applyVcdiff(oldBytes, patch, options);
    case 'bxdiff':
      return applyBxdiff(oldBytes, patch, options);
    case 'hdiff13':
    case 'hdiffsf20':
      return applyCovers(oldBytes, openHdiff(patch, options), options);
    case 'zstd':
      return atOnce(() => decodeZstd(patch, oldBytes, options));
    case 'dcb':
      return atOnce(() => applyDcb(oldBytes, patch, options));
    case 'dcz':
      return atOnce(() => applyDcz(oldBytes, patch, options));
  }
}

/** Work that is not cut into slices. */
// biome-ignore lint/correctness/useYield: it has nothing to tell
function* atOnce(work: () => Uint8Array<ArrayBuffer>): Steps<Uint8Array<ArrayBuffer>> {
  return work();
}

/** Says what bytes are that are no patch which is applied here, and why it is not. */
export function refuseFormat(patch: Uint8Array): never {
  const { kind, description, reason } = identify(patch);
  const why = reason === undefined ? '' : `: ${reason}`;
  throw patchError(
    reason === undefined ? 'BAD_MAGIC' : 'UNSUPPORTED_FEATURE',
    'formats',
    `this is ${description}, which is not applied here${why}`,
    { found: kind },
  );
}
