import { type RandomAccess, viewBytes } from '../bytes/random-access.js';
import { SHORT_DIGEST_SIZE } from '../container/format.js';
import { digestedWindowCount } from '../container/patch-header.js';
import { createSha256 } from '../digest/digest.js';
import type { Steps } from '../progress/run-steps.js';

/** Digests of an image, and short ones of its windows but the last. */
export interface ImageDigests {
  readonly whole: Uint8Array;
  readonly windowSizeLog2: number | undefined;
  readonly windows: readonly Uint8Array[];
}

/** Digests of all of an image and, where a size is given, of its windows. */
export function* digestImage(image: RandomAccess, windowSizeLog2?: number): Steps<ImageDigests> {
  const whole = yield* digestRange(image, 0, image.size);
  const windows = windowSizeLog2 === undefined ? [] : yield* digestWindows(image, windowSizeLog2);
  return { whole, windowSizeLog2, windows };
}

/** Short digests of an image's windows but the last. */
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
