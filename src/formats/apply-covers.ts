import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';
import { allocateNew } from './apply-triples.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';

/** A stretch of new: `gap` bytes that the patch holds, then a cover of `length` bytes of old with differences. */
export interface Stretch {
  readonly gap: number;
  readonly oldOffset: number;
  readonly length: number;
}

/** A patch of covers (HDiffPatch), opened. Its reader checks that stretches stay within old and new and make up all of new. */
export interface CoverPatch {
  readonly newSize: number;
  readonly oldSize: number;
  /** The next stretch, once the bytes of the one before were taken; undefined when new is complete. */
  next(): Stretch | undefined;
  /** Fills `into` with the next bytes of the gap. */
  fillGap(into: Uint8Array): void;
  /** Adds the next differences of the cover to `into`. */
  addDifferences(into: Uint8Array): void;
  /** Throws unless everything was used; lenient, bytes may be left over. */
  end(): void;
}

const SLICE = 1 << 20;

/** Makes new from old and a patch of covers. */
export function* applyCovers(
  oldBytes: Uint8Array,
  patch: CoverPatch,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const { newSize, oldSize } = patch;
  assertNewSize(newSize, options);
  if (oldSize !== oldBytes.length) {
    throw patchError(
      'OLD_SIZE_MISMATCH',
      'verify-old',
      `old is another file: the patch is for one of ${oldSize} bytes, found ${oldBytes.length}`,
      { expected: oldSize, found: oldBytes.length },
    );
  }
  const newBytes = allocateNew(newSize);
  let newAt = 0;
  for (let stretch = patch.next(); stretch !== undefined; stretch = patch.next()) {
    const { gap, oldOffset, length } = stretch;
    for (let done = 0; done < gap; done += SLICE) {
      patch.fillGap(newBytes.subarray(newAt + done, newAt + Math.min(gap, done + SLICE)));
      yield { stage: 'apply', done: newAt + done, total: newSize };
    }
    newAt += gap;
    newBytes.set(oldBytes.subarray(oldOffset, oldOffset + length), newAt);
    for (let done = 0; done < length; done += SLICE) {
      patch.addDifferences(newBytes.subarray(newAt + done, newAt + Math.min(length, done + SLICE)));
      yield { stage: 'apply', done: newAt + done, total: newSize };
    }
    newAt += length;
  }
  patch.end();
  return newBytes;
}

/** Checks the stretches of a patch as they are read: each within old and new, and together all of new. */
export class StretchChecker {
  private made = 0;
  private count = 0;
  private readonly newSize: number;
  private readonly oldSize: number;

  constructor(newSize: number, oldSize: number) {
    this.newSize = newSize;
    this.oldSize = oldSize;
  }

  /** Bytes of new that no stretch made yet. */
  get left(): number {
    return this.newSize - this.made;
  }

  take(stretch: Stretch): Stretch {
    const { gap, oldOffset, length } = stretch;
    const { left, oldSize } = this;
    const isInside = gap <= left && length <= left - gap && oldOffset >= 0 && oldOffset <= oldSize;
    if (!isInside || length > oldSize - oldOffset) {
      throw patchError(
        'BAD_CONTROL',
        'formats',
        `cover ${this.count} takes ${length} bytes of old from ${oldOffset} on behind ${gap} others; old has ${oldSize}, ${left} are left of new`,
        { cover: this.count, gap, oldOffset, length, left },
      );
    }
    this.made += gap + length;
    this.count++;
    return stretch;
  }

  end(): void {
    if (this.left === 0) return;
    throw patchError('BAD_CONTROL', 'formats', `the covers leave ${this.left} bytes of new unmade`, {
      left: this.left,
    });
  }
}

/** Refuses more covers than new has bytes: a few bytes would hold millions of empty ones. */
export function assertCoverCount(coverCount: number, newSize: number): void {
  if (coverCount <= newSize + 1) return;
  throw patchError('BAD_CONTROL', 'formats', `there are more covers than the ${newSize} bytes of new`, {
    covers: coverCount,
  });
}

/** Adds bytes to others, modulo 256. */
export function addBytes(into: Uint8Array, bytes: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += bytes[i]!;
}
