import type { MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { MatchParameters } from './match-parameters.js';

/** Bytes of old that are indexed between two steps, and covers that are taken at once. */
const FILL_SLICE = 256 << 10;
export const BUFFER_COVERS = 16 << 10;
/** Bytes of gaps that are worth a job. */
const LEAST_RANGE = 16 << 10;

/** Covers of a scan in their order, or some of them: what a gap gets depends on the covers beside it alone (assembly/match/fill-gaps.ts). */
export interface CoverRange {
  readonly covers: Uint32Array;
  /** 1: the first cover is the last of the range before. */
  readonly first: 0 | 1;
  /** The gap behind the last cover belongs to the range. */
  readonly hasTail: boolean;
}

/** Searches gaps between covers again, near their neighbours. The host releases what is allocated. */
export class GapFilling {
  private readonly kernel: KernelInstance<MatchExports>;
  private readonly buffer: number;
  private readonly found: Uint32Array[] = [];

  /** `buffer` holds `BUFFER_COVERS` covers. */
  constructor(
    kernel: KernelInstance<MatchExports>,
    newSize: number,
    parameters: MatchParameters,
    buffer: number,
    { covers, first, hasTail }: CoverRange,
  ) {
    this.kernel = kernel;
    this.buffer = buffer;
    const { exports } = kernel;
    const { gapSeedSize, gapStride, gapReach, gapMinimumGain, tolerance, advantage } = parameters;
    const scratch = kernel.alloc(exports.gapIndexSize() >>> 0);
    const coversPtr = kernel.alloc(covers.byteLength);
    kernel.view32(coversPtr, covers.length).set(covers);
    exports.setWordRanges(0, 0);
    exports.startFilling(
      newSize,
      coversPtr,
      covers.length / COVER_FIELDS,
      scratch,
      gapSeedSize,
      gapStride,
      gapReach,
      tolerance,
      advantage,
      gapMinimumGain,
      first,
      hasTail ? 1 : 0,
    );
  }

  /** A slice of the work; true when all of it is done. */
  step(): boolean {
    const { exports } = this.kernel;
    exports.setCoverBuffer(this.buffer, BUFFER_COVERS);
    const isDone = exports.fillGaps(FILL_SLICE) !== 0;
    const count = exports.coversFound();
    this.found.push(this.kernel.view32(this.buffer, count * COVER_FIELDS).slice());
    return isDone;
  }

  /** The covers of the range and of its gaps, as far as they were filled. */
  covers(): readonly Uint32Array[] {
    return this.found;
  }
}

/** Cuts the covers of a scan into ranges whose gaps are of about equal size. */
export function cutCovers(covers: Uint32Array, newSize: number, count: number): CoverRange[] {
  let gaps = newSize;
  for (let i = 0; i < covers.length; i += COVER_FIELDS) gaps -= covers[i + 2]!;
  const size = Math.max(LEAST_RANGE, Math.ceil(gaps / count));
  const ranges: CoverRange[] = [];
  let start = 0;
  let passed = 0;
  let end = 0;
  const cut = (at: number, hasTail: boolean) => {
    const first = start === 0 ? 0 : 1;
    ranges.push({ covers: covers.slice(start - first * COVER_FIELDS, at), first, hasTail });
    start = at;
    passed = 0;
  };
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    passed += covers[i]! - end;
    end = covers[i]! + covers[i + 2]!;
    if (passed >= size) cut(i + COVER_FIELDS, false);
  }
  cut(covers.length, true);
  return ranges;
}
