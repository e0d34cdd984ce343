import { type RandomAccess, viewBytes } from '../bytes/random-access.js';
import { SHORT_DIGEST_SIZE } from '../container/format.js';
import { digestedWindowCount } from '../container/patch-header.js';
import { type CodedStreamBytes, sizeInPatch } from '../container/patch-writer.js';
import { createSha256 } from '../digest/digest.js';
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

/**
 * log2 of the bytes of new's windows. A window costs a digest of 16 bytes, and where new leaves in order it is held in memory until its digest
 * matched. Where a patch is so small that the digests would be a good part of it, windows are larger: of a rebuilt library of 92 MB, 8 MiB
 * would cost 176 bytes of a patch of 385, 32 MiB cost 32.
 */
export function chooseWindowSize(newSize: number, streams: readonly CodedStreamBytes[]): number {
  const otherSize = FIXED_SIZE + sizeInPatch(streams);
  let log2 = newSize <= 2 ** ONE_WINDOW_LOG2 ? ONE_WINDOW_LOG2 : WINDOW_LOG2;
  for (; log2 < MOST_LOG2; log2++) {
    const digestSize = digestedWindowCount(newSize, log2) * SHORT_DIGEST_SIZE;
    if (digestSize <= (digestSize + otherSize) * DIGEST_SHARE) break;
  }
  return log2;
}

/** Short digests of new's windows but the last. */
export function* digestWindows(image: RandomAccess, windowSizeLog2: number): Steps<Uint8Array[]> {
  const size = 2 ** windowSizeLog2;
  const count = digestedWindowCount(image.size, windowSizeLog2);
  const digests: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const digest = yield* digestRange(image, i * size, (i + 1) * size);
    digests.push(digest.subarray(0, SHORT_DIGEST_SIZE));
  }
  return digests;
}

const PIECE = 1 << 18;

/** SHA-256 of the bytes [start, end) of an image. */
export function* digestRange(image: RandomAccess, start: number, end: number): Steps<Uint8Array> {
  const hasher = createSha256();
  const buffer = new Uint8Array(Math.min(PIECE, end - start));
  for (let offset = start; offset < end; offset += PIECE) {
    hasher.update(viewBytes(image, offset, Math.min(PIECE, end - offset), buffer));
    yield { stage: 'digest', done: offset, total: image.size };
  }
  return hasher.digest();
}
