import { bytesAccess } from '../bytes/random-access.js';
import { detectElements, type Element } from '../image/detect-image.js';
import { listFunctionStarts } from '../image/function-starts.js';
import type { Image } from '../image/image.js';
import { placeLayout } from '../image/image-layout.js';
import { pairElements } from '../image/side-table.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CoverSearch, type ImagePair } from '../match/cover-search.js';
import { type MatchParameters, matchParameters } from '../match/match-parameters.js';
import { normalizeNew, normalizeOld, type ResidentImage } from '../predict/normalize-image.js';
import type { OffsetRange } from '../predict/plan-walk.js';
import { describeImage } from '../predict/prediction.js';
import { coversWithin } from '../predict/set-up-prediction.js';
import type { Steps } from '../progress/run-steps.js';
import type { Crew } from './crew.js';
import type { DiffSettings } from './diff-settings.js';
import type { LoadedImages } from './loaded-images.js';
import { matchTogether } from './match-together.js';
import { snapCovers } from './snap-covers.js';
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

/** Finds the covers of a pair that stands in linear memory; what the search allocates is released. */
export function* matchImages(
  kernel: DiffKernel,
  pair: ImagePair,
  settings: DiffSettings,
  pass: MatchPass,
  crew?: Crew,
): Steps<Uint32Array> {
  const isInPlace = changesInPlace(kernel, pair);
  const usual = parametersOf(settings, pass);
  if (crew !== undefined && !isInPlace && pair.oldSize + pair.newSize >= SHARED_SIZE) {
    return yield* matchTogether(kernel, pair, usual, crew);
  }
  const mark = kernel.mark();
  // An index of one seed: what little changed is looked for near where it was.
  const parameters = { ...usual, ...(isInPlace && { stride: pair.oldSize }) };
  const search = new CoverSearch(kernel, pair, parameters);
  while (!search.step()) yield { stage: 'match', done: search.position, total: pair.newSize };
  kernel.release(mark);
  return search.covers();
}

function parametersOf({ effort, quick }: DiffSettings, pass: MatchPass): MatchParameters {
  const usual = matchParameters(effort);
  return quick ? { ...usual, ...QUICK[pass] } : usual;
}

/** Whether covers of images are followed by a second pass, unless they explain nearly everything. */
export function isMatchedTwice({ effort }: DiffSettings): boolean {
  return effort >= SECOND_PASS_EFFORT;
}

/**
 * Matches images again with every reference replaced by what it refers to, as the first covers say: code that only
 * moved is then the same byte for byte, and covers of other places that looked alike go. Borders of covers are put at functions. The images in linear
 * memory are rewritten for it and put back. Answers the first covers where a second pass is not worth its time.
 */
export function* matchAgain(
  kernel: DiffKernel,
  images: LoadedImages,
  pair: ImagePair,
  covers: Uint32Array,
  settings: DiffSettings,
  crew?: Crew,
): Steps<Uint32Array> {
  if (!isMatchedTwice(settings)) return covers;
  if (explainsAllBut(Math.min(FEW_LEFT, pair.newSize >>> 10), kernel, pair, covers)) return covers;
  const pairs = pairImages(images.oldBytes, images.newBytes);
  if (pairs.length === 0) return covers;
  const starts = functionStartsOf(
    images.oldBytes,
    pairs.map(({ old }) => old),
  );
  for (const { old, next } of pairs) {
    const oldImage = residentImage(pair.oldPtr, images.oldBytes, old);
    normalizeOld(kernel, oldImage);
    const within = coversWithin(covers, { oldRange: rangeOf(old), newRange: rangeOf(next) });
    normalizeNew(kernel, residentImage(pair.newPtr, images.newBytes, next), oldImage.layout, within);
  }
  const isLight = uncoveredBytes(pair, covers) < pair.newSize / LITTLE_SHARE;
  const second = yield* matchImages(kernel, pair, settings, isLight ? 'light' : 'last', crew);
  snapCovers(second, starts, images.oldBytes, images.newBytes);
  images.reload();
  return second;
}

/** Offsets in the file at which functions of its images start. */
function functionStartsOf(bytes: Uint8Array, elements: readonly ImageElement[]): Set<number> {
  const starts = new Set<number>();
  for (const { offset, image } of elements) {
    for (const start of listFunctionStarts(bytesAccess(bytes), offset, image)) starts.add(start + offset);
  }
  return starts;
}

/** Whether new is old with a few bytes changed where they are. */
function changesInPlace(kernel: DiffKernel, pair: ImagePair): boolean {
  const inPlace = Uint32Array.of(0, 0, Math.min(pair.oldSize, pair.newSize));
  return explainsAllBut(Math.min(FEW_CHANGES, pair.newSize >>> 10), kernel, pair, inPlace);
}

type ImageElement = Element & { readonly image: Image };

/** Images of new with the images of old that they are predicted from. */
function pairImages(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
): { readonly old: ImageElement; readonly next: ImageElement }[] {
  const old = detectElements(bytesAccess(oldBytes));
  const next = detectElements(bytesAccess(newBytes));
  return pairElements(next, old, () => []).flatMap(({ oldIndex }, i) => {
    const [from, to] = [old[oldIndex], next[i]];
    return isImage(from) && isImage(to) ? [{ old: from, next: to }] : [];
  });
}

function isImage(element: Element | undefined): element is ImageElement {
  return element?.image != null;
}

function rangeOf({ offset, size }: ImageElement): OffsetRange {
  return { start: offset, end: offset + size };
}

function residentImage(ptr: number, bytes: Uint8Array, element: ImageElement): ResidentImage {
  const layout = placeLayout(element.image, element.offset);
  return { ptr, layout, ...describeImage(bytesAccess(bytes), element) };
}
