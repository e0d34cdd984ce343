import { SHORT_DIGEST_SIZE } from '../container/format.js';
import { digestedWindowCount } from '../container/patch-header.js';
import { type CodedStreamBytes, sizeInPatch } from '../container/patch-writer.js';
import { type Crew, settle } from '../diff/crew.js';
import { digestRange, digestWindows, type ImageDigests } from '../diff/image-digests.js';
import type { ImageSources } from '../diff/loaded-images.js';
import type { Steps } from '../progress/run-steps.js';

/** A small image is one window; a larger one has windows of 8 MiB, which is what applying to a stream holds. */
const ONE_WINDOW_LOG2 = 24;
const WINDOW_LOG2 = 23;
/** The largest that readers take by default: 32 MiB. */
const MOST_LOG2 = 25;
/** Largest part of a patch that digests of windows take while larger windows would make it smaller. */
const DIGEST_SHARE = 1 / 4;
/** What a patch has besides streams and digests of windows: magic, sizes, three digests. */
const FIXED_SIZE = 110;

/** What it is where the patch is not that small. */
function usualWindowSize(newSize: number): number {
  return newSize <= 2 ** ONE_WINDOW_LOG2 ? ONE_WINDOW_LOG2 : WINDOW_LOG2;
}

/**
 * log2 of the bytes of new's windows. A window costs a digest of 16 bytes, and where new leaves in order it is held in memory until its digest
 * matched. Where a patch is so small that the digests would be a good part of it, windows are larger: of a rebuilt library of 92 MB, 8 MiB
 * would cost 176 bytes of a patch of 385, 32 MiB cost 32.
 */
export function chooseWindowSize(newSize: number, streams: readonly CodedStreamBytes[]): number {
  const otherSize = FIXED_SIZE + sizeInPatch(streams);
  let log2 = usualWindowSize(newSize);
  for (; log2 < MOST_LOG2; log2++) {
    const digestSize = digestedWindowCount(newSize, log2) * SHORT_DIGEST_SIZE;
    if (digestSize <= (digestSize + otherSize) * DIGEST_SHARE) break;
  }
  return log2;
}

/** Digests that threads make beside what else they do; there when `until` is. */
export interface AskedDigests {
  readonly until: Promise<unknown>;
  readonly found: { old?: ImageDigests; next?: ImageDigests };
}

/** Asks a crew for the digests of both images, with windows of the size that new most likely has. */
export function askForDigests(crew: Crew, newSize: number): AskedDigests {
  const found: AskedDigests['found'] = {};
  const ask = async (thread: number, image: 'old' | 'next', windowSizeLog2?: number) => {
    found[image] = await crew.post(thread, { kind: 'digest', image, windowSizeLog2 });
  };
  const asked = [ask(0, 'old'), ask(crew.size - 1, 'next', usualWindowSize(newSize))];
  return { until: settle(asked), found };
}

/** Digests of both images and of new's windows, as far as they were not asked for. */
export function* digestImages(
  { old, next }: ImageSources,
  windowSizeLog2: number,
  asked: AskedDigests | undefined,
): Steps<{ oldDigest: Uint8Array; newDigest: Uint8Array; windowDigests: readonly Uint8Array[] }> {
  if (asked !== undefined) yield { stage: 'digest', done: 0, total: next.size, until: asked.until };
  const found = asked?.found;
  return {
    oldDigest: found?.old?.whole ?? (yield* digestRange(old, 0, old.size)),
    newDigest: found?.next?.whole ?? (yield* digestRange(next, 0, next.size)),
    windowDigests:
      found?.next?.windowSizeLog2 === windowSizeLog2
        ? found.next.windows
        : yield* digestWindows(next, windowSizeLog2),
  };
}
