import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CoverSearch, type ImagePair } from '../match/cover-search.js';
import { type MatchParameters, matchParameters } from '../match/match-parameters.js';
import type { ImageFacts } from '../predict/prediction.js';
import type { Steps } from '../progress/run-steps.js';
import { alignCovers } from './align-covers.js';
import type { Crew, SharedImages } from './crew.js';
import type { DiffSettings } from './diff-settings.js';
import type { LoadedImages } from './loaded-images.js';
import { matchTogether } from './match-together.js';
import {
  listPairedImages,
  normalizeNewImages,
  normalizeOldImages,
  normalizeTogether,
} from './normalize-pair.js';
import { snapCovers } from './snap-covers.js';
import { splitCovers } from './split-covers.js';
import { explainsAllBut, uncoveredBytes } from './unexplained-bytes.js';

/** From this effort on, images are matched a second time by their references' targets. */
const SECOND_PASS_EFFORT = 4;
/** Bytes of new that may differ from old in place, at most a thousandth of new, for old to be left without an index. */
const FEW_CHANGES = 512;
/** Bytes of new that the first covers may leave wrong or uncovered, at most a thousandth of new, without a second pass. */
const FEW_LEFT = 4096;
/** The first pass left little when it covers all but this share of new: 0.1 % on node, 1.2 % on esbuild, 6 % on bun. */
const LITTLE_SHARE = 64;
/** From this size of both images on, threads save more than it takes to tell them. */
const SHARED_SIZE = 1 << 20;

/**
 * The pass of a search: the first, whose covers only tell where references went; the last; or the last where the first left little, so that the
 * index is most of the work. An estimate makes the first and a light pass coarser.
 */
export type MatchPass = 'first' | 'last' | 'light';

const QUICK: Readonly<Record<MatchPass, Partial<MatchParameters>>> = {
  first: { stride: 16, ways: 2, gapReach: 0 },
  last: {},
  light: { stride: 8, ways: 2 },
};

type DiffKernel = KernelInstance<DiffExports>;

/**
 * Finds the covers of a pair that stands in linear memory; what the search allocates is released. `shared` are these images where they are not as they
 * were read.
 */
export function* matchImages(
  kernel: DiffKernel,
  pair: ImagePair,
  settings: DiffSettings,
  pass: MatchPass,
  crew?: Crew,
  shared?: SharedImages,
): Steps<Uint32Array> {
  const isInPlace = changesInPlace(kernel, pair);
  const usual = parametersOf(settings, pass);
  if (crew !== undefined && !isInPlace && isLarge(pair.oldSize, pair.newSize)) {
    return yield* matchTogether(kernel, pair, usual, crew, shared);
  }
  const mark = kernel.mark();
  // An index of one seed: what little changed is looked for near where it was.
  const parameters = { ...usual, ...(isInPlace && { stride: pair.oldSize }) };
  const search = new CoverSearch(kernel, pair, parameters);
  while (!search.step()) yield { stage: 'match', done: search.position, total: pair.newSize };
  kernel.release(mark);
  return search.covers();
}

/** Whether threads save more than it takes to tell them. */
export function isLarge(oldSize: number, newSize: number): boolean {
  return oldSize + newSize >= SHARED_SIZE;
}

function parametersOf({ effort, quick }: DiffSettings, pass: MatchPass): MatchParameters {
  const usual = matchParameters(effort);
  return quick ? { ...usual, ...QUICK[pass] } : usual;
}

/** Whether covers of images are followed by a second pass, unless they explain nearly everything. */
export function isMatchedTwice({ effort }: DiffSettings): boolean {
  return effort >= SECOND_PASS_EFFORT;
}

/** A pair of images, what is known of old, and where new holds code of four-byte words. */
export interface KnownPair extends ImagePair {
  readonly facts: ImageFacts;
  readonly wordRanges: Uint32Array;
}

/**
 * Matches images again with every reference replaced by what it refers to, as the first covers say: code that only
 * moved is then the same byte for byte, and covers of other places that looked alike go. Borders of covers are put at functions, and
 * between the words of `wordRanges`, where covers leave what they explain badly. The images in linear memory are rewritten for it
 * and put back. Answers the first covers where a second pass is not worth its time, with borders between words at efforts that have none.
 */
export function* matchAgain(
  kernel: DiffKernel,
  images: LoadedImages,
  pair: KnownPair,
  covers: Uint32Array,
  settings: DiffSettings,
  crew?: Crew,
): Steps<Uint32Array> {
  const { wordRanges, facts } = pair;
  if (!isMatchedTwice(settings)) {
    alignCovers(covers, wordRanges, images.oldBytes, images.newBytes);
    return covers;
  }
  if (explainsAllBut(Math.min(FEW_LEFT, pair.newSize >>> 10), kernel, pair, covers)) return covers;
  const pairs = listPairedImages(images);
  if (pairs.length === 0) return covers;
  const starts = new Set(pairs.flatMap(({ old }) => [...facts.functionStarts(old)]));
  const sharing = isLarge(pair.oldSize, pair.newSize) ? crew : undefined;
  const shared = sharing && (yield* normalizeTogether(kernel, images, pairs, covers, sharing));
  if (shared === undefined) {
    normalizeOldImages(kernel, images, pairs, facts);
    normalizeNewImages(kernel, images, pairs, covers);
  }
  const isLight = uncoveredBytes(pair, covers) < pair.newSize / LITTLE_SHARE;
  const second = yield* matchImages(kernel, pair, settings, isLight ? 'light' : 'last', crew, shared);
  snapCovers(second, starts, images.oldBytes, images.newBytes);
  const split = splitCovers(kernel, images, second, wordRanges);
  alignCovers(split, wordRanges, images.oldBytes, images.newBytes);
  images.reload();
  return split;
}

/** Whether new is old with a few bytes changed where they are. */
function changesInPlace(kernel: DiffKernel, pair: ImagePair): boolean {
  const inPlace = Uint32Array.of(0, 0, Math.min(pair.oldSize, pair.newSize));
  return explainsAllBut(Math.min(FEW_CHANGES, pair.newSize >>> 10), kernel, pair, inPlace);
}
