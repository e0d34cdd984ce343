import { bytesAccess } from '../bytes/random-access.js';
import { detectElements, type Element } from '../image/detect-image.js';
import { placeLayout } from '../image/image-layout.js';
import { pairElements } from '../image/side-table.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { normalizeNew, normalizeOld, type ResidentImage } from '../predict/normalize-image.js';
import type { OffsetRange } from '../predict/plan-walk.js';
import { factsFrom, type ImageElement, type ImageFacts } from '../predict/prediction.js';
import { coversWithin } from '../predict/set-up-prediction.js';
import type { Steps } from '../progress/run-steps.js';
import { type Crew, type SharedImages, settle } from './crew.js';
import type { LoadedImages, PairBytes } from './loaded-images.js';
import { shareBytes } from './match-together.js';

/** An image of new with the image of old that it is predicted from. */
export interface PairedImages {
  readonly old: ImageElement;
  readonly next: ImageElement;
}

type DiffKernel = KernelInstance<DiffExports>;

export function listPairedImages({ oldBytes, newBytes }: PairBytes): PairedImages[] {
  const old = detectElements(bytesAccess(oldBytes));
  const next = detectElements(bytesAccess(newBytes));
  return pairElements(next, old, () => []).flatMap(({ oldIndex }, i) => {
    const [from, to] = [old[oldIndex], next[i]];
    return isImage(from) && isImage(to) ? [{ old: from, next: to }] : [];
  });
}

/** Rewrites old where it lies: every reference becomes what it refers to. New may be rewritten before, after or elsewhere. */
export function normalizeOldImages(
  kernel: DiffKernel,
  images: LoadedImages,
  pairs: readonly PairedImages[],
  facts: ImageFacts = factsFrom(bytesAccess(images.oldBytes)),
): void {
  for (const { old } of pairs) normalizeOld(kernel, residentImage(images.oldPtr, facts, old));
}

/** Rewrites new where it lies: every reference becomes the place in old that it refers to, as covers say. */
export function normalizeNewImages(
  kernel: DiffKernel,
  images: LoadedImages,
  pairs: readonly PairedImages[],
  covers: Uint32Array,
): void {
  const facts = factsFrom(bytesAccess(images.newBytes));
  for (const { old, next } of pairs) {
    const within = coversWithin(covers, { oldRange: rangeOf(old), newRange: rangeOf(next) });
    const layout = placeLayout(old.image, old.offset);
    normalizeNew(kernel, residentImage(images.newPtr, facts, next), layout, within);
  }
}

/** Does both, old in a thread of a crew; answers what came out for the others. */
export function* normalizeTogether(
  kernel: DiffKernel,
  images: LoadedImages,
  pairs: readonly PairedImages[],
  covers: Uint32Array,
  crew: Crew,
): Steps<SharedImages> {
  const { oldPtr, oldSize, newSize } = images;
  const old = new SharedArrayBuffer(oldSize);
  const until = settle([crew.post(0, { kind: 'normalize', into: old })]);
  normalizeNewImages(kernel, images, pairs, covers);
  const next = shareBytes(images.newBytes);
  yield { stage: 'match', done: 0, total: newSize, until };
  kernel.write(oldPtr, new Uint8Array(old));
  return { old, next };
}

function isImage(element: Element | undefined): element is ImageElement {
  return element?.image != null;
}

function rangeOf({ offset, size }: ImageElement): OffsetRange {
  return { start: offset, end: offset + size };
}

function residentImage(ptr: number, facts: ImageFacts, element: ImageElement): ResidentImage {
  const layout = placeLayout(element.image, element.offset);
  return { ptr, layout, ...facts.describe(element) };
}
