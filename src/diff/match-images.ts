import { bytesAccess } from '../bytes/random-access.js';
import type { Image } from '../image/image.js';
import { findPointers } from '../image/pointer-locations.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CoverSearch, type ImagePair } from '../match/cover-search.js';
import { matchParameters } from '../match/match-parameters.js';
import { normalizeNew, normalizeOld, type ResidentImage } from '../predict/normalize-image.js';
import { symbolTableOf, wholeImage } from '../predict/prediction.js';
import type { EffortLevel } from '../progress/effort.js';
import type { Steps } from '../progress/run-steps.js';

/** From this effort on, images are matched a second time by their references' targets. */
const SECOND_PASS_EFFORT = 4;

type DiffKernel = KernelInstance<DiffExports>;

/** Finds the covers of a pair that stands in linear memory; what the search allocates is released. */
export function* matchImages(kernel: DiffKernel, pair: ImagePair, effort: EffortLevel): Steps<Uint32Array> {
  const mark = kernel.mark();
  const search = new CoverSearch(kernel, pair, matchParameters(effort));
  while (!search.step()) yield { stage: 'match', done: search.position, total: pair.newSize };
  kernel.release(mark);
  return search.covers();
}

/**
 * Matches images again with every reference replaced by what it refers to, as the first covers say: code that only
 * moved is then the same byte for byte, and covers of other places that looked alike go. The images in linear
 * memory are rewritten for it and put back. Answers the first covers where a second pass is not worth its time.
 */
export function* matchAgain(
  kernel: DiffKernel,
  pair: ImagePair,
  bytes: { readonly oldBytes: Uint8Array; readonly newBytes: Uint8Array },
  covers: Uint32Array,
  effort: EffortLevel,
): Steps<Uint32Array> {
  const old = imageOf(bytes.oldBytes);
  const next = imageOf(bytes.newBytes);
  if (effort < SECOND_PASS_EFFORT || old === undefined || next === undefined) return covers;
  normalizeOld(kernel, residentImage(pair.oldPtr, bytes.oldBytes, old));
  normalizeNew(kernel, residentImage(pair.newPtr, bytes.newBytes, next), old, covers);
  const second = yield* matchImages(kernel, pair, effort);
  kernel.write(pair.oldPtr, bytes.oldBytes);
  kernel.write(pair.newPtr, bytes.newBytes);
  return second;
}

function imageOf(bytes: Uint8Array): Image | undefined {
  return wholeImage(bytesAccess(bytes))?.image;
}

function residentImage(ptr: number, bytes: Uint8Array, layout: Image): ResidentImage {
  const marks = layout.kind === 'mach-o' ? findPointers(bytesAccess(bytes), 0, layout) : undefined;
  const hints = { hasMarks: marks !== undefined, ...symbolTableOf(layout) };
  return { ptr, layout, hints, ...(marks === undefined ? {} : { marks }) };
}
