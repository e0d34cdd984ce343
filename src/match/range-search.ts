/**
 * The search of cover-search.ts cut into parts that several threads do side by side, with the same covers as one thread finds.
 *
 * Index. What a bucket holds depends on old alone, so each thread fills a part of the buckets, and each gets the others' parts.
 *
 * Scan. A scan depends on what came before only through ten words of state (assembly/match/scan-matches.ts), and forgets
 * it soon: two scans that began at different places take the same covers once both have left the diagonals they began on.
 * So each thread scans a range of new as if new began there, and notes its state at every step. The scan of the
 * range before is then carried on into the range until it meets a noted state; from there on the range's own covers are
 * what it would have found. Where they never meet (periodic data, a range without covers) it is carried on to the range's
 * end: slow, never wrong. Ranges and steps therefore change no cover, and neither does the number of threads.
 *
 * Gaps. What one is filled with depends on the covers beside it alone (gap-filling.ts), so each thread fills those of a range.
 */

import type { MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import {
  bucketCount,
  type ImagePair,
  joinCovers,
  layWordRanges,
  MATCH_SLICE,
  startSearch,
} from './cover-search.js';
import { BUFFER_COVERS, type CoverRange, GapFilling } from './gap-filling.js';
import type { MatchParameters } from './match-parameters.js';

/** Words of a scan's state, and those of them that are not 0 in one that begins at some place. */
const STATE_FIELDS = 10;
const POSITION = 0;
const COVER_START = 2;
const BEST_END = 5;
const IS_OPEN = 6;
const TAKEN = 9;

/** What the scan of new[start, end) found. */
export interface ScannedRange {
  readonly start: number;
  readonly end: number;
  readonly covers: Uint32Array;
  /** At each step the scan's state, and how many numbers of `covers` it had written. */
  readonly states: Uint32Array;
  readonly written: Uint32Array;
}

/** A range of buckets. */
export interface TablePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class RangeSearch {
  private readonly kernel: KernelInstance<MatchExports>;
  private readonly pair: ImagePair;
  private readonly parameters: MatchParameters;
  private readonly buffer: number;
  private readonly state: number;
  private readonly table: number;

  /** What it allocates stays allocated until the host releases a mark taken before. */
  constructor(kernel: KernelInstance<MatchExports>, pair: ImagePair, parameters: MatchParameters) {
    this.kernel = kernel;
    this.pair = pair;
    this.parameters = parameters;
    this.buffer = kernel.alloc(BUFFER_COVERS * COVER_FIELDS * 4);
    this.state = kernel.alloc(kernel.exports.scanStateSize());
    layWordRanges(kernel, pair.words);
    this.table = startSearch(kernel, pair, parameters);
  }

  /** Bytes of a whole seed index. */
  static tableSize(oldSize: number, parameters: MatchParameters): number {
    return bucketCount(oldSize, parameters) * parameters.ways * 4;
  }

  /** Fills a part of the index. Yields how many bytes of old were looked at. */
  *indexPart(part: number, parts: number): Generator<number, void, void> {
    const { exports } = this.kernel;
    const { oldSize } = this.pair;
    exports.limitSeedIndex(this.firstBucket(part, parts), this.firstBucket(part + 1, parts));
    for (let start = 0; start < oldSize; start += MATCH_SLICE) {
      exports.batchSeeds(start, Math.min(oldSize, start + MATCH_SLICE));
      yield start;
    }
    exports.finishSeedBatches();
  }

  private firstBucket(part: number, parts: number): number {
    return Math.floor((bucketCount(this.pair.oldSize, this.parameters) * part) / parts);
  }

  /** The bytes of a part of the index; stale after the next allocation. */
  tablePart(part: number, parts: number): TablePart {
    const bucketSize = this.parameters.ways * 4;
    const offset = this.firstBucket(part, parts) * bucketSize;
    const end = this.firstBucket(part + 1, parts) * bucketSize;
    return { offset, bytes: this.kernel.view(this.table + offset, end - offset) };
  }

  /** Scans new[start, end) as if new began at `start`. The index is complete. Yields how many bytes of it are scanned. */
  *scanRange(start: number, end: number): Generator<number, ScannedRange, void> {
    const first = new Uint32Array(STATE_FIELDS);
    for (const field of [POSITION, COVER_START, BEST_END, TAKEN]) first[field] = start;
    first[IS_OPEN] = 1;
    this.restore(first);
    const found: Uint32Array[] = [];
    const states: Uint32Array[] = [];
    const written: number[] = [];
    let count = 0;
    for (const limit of stepsOf(start, end)) {
      for (const covers of this.scanTo(limit)) {
        found.push(covers);
        count += covers.length;
      }
      states.push(this.save());
      written.push(count);
      yield limit - start;
    }
    return {
      start,
      end,
      covers: joinCovers(found),
      states: joinCovers(states),
      written: Uint32Array.from(written),
    };
  }

  /** The covers of one scan through all ranges, in their order. */
  *joinRanges(ranges: readonly ScannedRange[]): Generator<number, Uint32Array<ArrayBuffer>, void> {
    const [first, ...others] = ranges;
    if (first === undefined) return new Uint32Array(0);
    const found = [first.covers];
    let state = stateAt(first, first.written.length - 1);
    for (const range of others) {
      this.restore(state);
      state = yield* this.enterRange(range, found);
    }
    return joinCovers(found);
  }

  /** Carries the scan on into a range; adds the covers up to the range's end and answers the state there. */
  private *enterRange(range: ScannedRange, found: Uint32Array[]): Generator<number, Uint32Array, void> {
    let step = 0;
    for (const limit of stepsOf(range.start, range.end)) {
      found.push(...this.scanTo(limit));
      const noted = stateAt(range, step);
      if (this.save().every((word, i) => word === noted[i])) {
        found.push(range.covers.subarray(range.written[step]));
        return stateAt(range, range.written.length - 1);
      }
      step++;
      yield limit;
    }
    return this.save();
  }

  /** Fills the gaps of a range of covers. No range of new is scanned afterwards. Yields now and then. */
  *fillRange(range: CoverRange): Generator<number, Uint32Array, void> {
    const { kernel, pair, parameters, buffer } = this;
    const mark = kernel.mark();
    const filling = new GapFilling(kernel, pair.newSize, parameters, buffer, range);
    while (!filling.step()) yield pair.newSize;
    kernel.release(mark);
    return joinCovers(filling.covers());
  }

  /** Scans on until the walk has reached `limit`, or all of new is done. Covers come as the buffer fills. */
  private *scanTo(limit: number): Generator<Uint32Array, void, void> {
    const { exports } = this.kernel;
    for (;;) {
      exports.setCoverBuffer(this.buffer, BUFFER_COVERS);
      const isDone = exports.scanMatches(limit) !== 0;
      const count = exports.coversFound();
      yield this.kernel.view32(this.buffer, count * COVER_FIELDS).slice();
      // With a full buffer the walk may have stopped at the end of new before its last cover was written.
      if (isDone || (exports.scanPosition() >>> 0 >= limit && count < BUFFER_COVERS)) return;
    }
  }

  private save(): Uint32Array<ArrayBuffer> {
    this.kernel.exports.saveScan(this.state);
    return this.kernel.view32(this.state, STATE_FIELDS).slice();
  }

  private restore(state: Uint32Array): void {
    this.kernel.view32(this.state, STATE_FIELDS).set(state);
    this.kernel.exports.restoreScan(this.state);
  }
}

/** Cuts new into ranges of about equal size. */
export function cutRanges(
  newSize: number,
  count: number,
): { readonly start: number; readonly end: number }[] {
  const size = Math.max(MATCH_SLICE, Math.ceil(newSize / count));
  const ranges: { start: number; end: number }[] = [];
  for (let start = 0; start < newSize; start += size)
    ranges.push({ start, end: Math.min(newSize, start + size) });
  return ranges;
}

/** Where a scan of [start, end) stops to note its state. */
function* stepsOf(start: number, end: number): Generator<number, void, void> {
  for (let limit = start + MATCH_SLICE; limit < end; limit += MATCH_SLICE) yield limit;
  yield end;
}

function stateAt({ states }: ScannedRange, step: number): Uint32Array {
  return states.subarray(step * STATE_FIELDS, (step + 1) * STATE_FIELDS);
}
