import type { MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import { BUFFER_COVERS, GapFilling } from './gap-filling.js';
import type { MatchParameters } from './match-parameters.js';

export const MATCH_SLICE = 256 << 10;
/** Entries of the table for each seed: a quarter more than needed, so that few full buckets forget. */
const SPARE = 1.25;

/** Two images in linear memory. */
export interface ImagePair {
  readonly oldPtr: number;
  readonly oldSize: number;
  readonly newPtr: number;
  readonly newSize: number;
  /** Ranges { start, end } of new that are looked up by four-byte words, in their order; see assembly/match/word-ranges.ts. */
  readonly words?: Uint32Array | undefined;
}

/** Tells the kernel where new holds words, until the caller releases a mark taken before. */
export function layWordRanges(
  kernel: KernelInstance<MatchExports>,
  words: Uint32Array = new Uint32Array(0),
): void {
  const ptr = kernel.alloc(words.byteLength);
  kernel.view32(ptr, words.length).set(words);
  kernel.exports.setWordRanges(ptr, words.length / 2);
}

/** Buckets of the seed index of an image. */
export function bucketCount(oldSize: number, { stride, ways }: MatchParameters): number {
  return Math.max(1, Math.ceil((oldSize / stride) * (SPARE / ways)));
}

/** Starts an empty index and a scan at the start of new; answers the index's address. */
export function startSearch(
  kernel: KernelInstance<MatchExports>,
  { oldPtr, oldSize, newPtr, newSize }: ImagePair,
  parameters: MatchParameters,
): number {
  const { exports } = kernel;
  const { stride, seedSize, ways, tolerance, advantage, minimumGain } = parameters;
  const buckets = bucketCount(oldSize, parameters);
  const tableSize = exports.seedTableSize(buckets, ways) >>> 0;
  const table = kernel.alloc(tableSize);
  const scratch = kernel.alloc(exports.seedBatchesSize(tableSize));
  exports.startSeedIndex(oldPtr, oldSize, table, buckets, ways, stride, seedSize);
  exports.startSeedBatches(scratch);
  exports.startScan(oldPtr, oldSize, newPtr, newSize, seedSize, tolerance, advantage, minimumGain);
  return table;
}

/** Lists of covers, one behind the other. */
export function joinCovers(parts: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Finds the covers of a pair of images: builds the seed index, scans new, and searches the gaps that are left again near
 * their neighbours. Each `step()` is a slice of the work; it answers true when `covers()` is complete. The result
 * depends on the images and parameters alone. Until then nobody else may allocate from the kernel; what the search
 * allocates stays allocated until the host releases a mark taken before.
 */
export class CoverSearch {
  private readonly kernel: KernelInstance<MatchExports>;
  private readonly pair: ImagePair;
  private readonly parameters: MatchParameters;
  private readonly buffer: number;
  private readonly tableMark: number;
  private readonly found: Uint32Array[] = [];
  private filling: GapFilling | undefined;
  private stage: 'index' | 'scan' | 'fill' | 'done' = 'index';
  private indexed = 0;
  private scanned = 0;

  constructor(kernel: KernelInstance<MatchExports>, pair: ImagePair, parameters: MatchParameters) {
    this.kernel = kernel;
    this.pair = pair;
    this.parameters = parameters;
    this.buffer = kernel.alloc(BUFFER_COVERS * COVER_FIELDS * 4);
    layWordRanges(kernel, pair.words);
    this.tableMark = kernel.mark();
    startSearch(kernel, pair, parameters);
  }

  /** Bytes of new that were scanned. */
  get position(): number {
    return this.scanned;
  }

  /** Bytes of old that were indexed and of new that were scanned, of `total`. */
  get done(): number {
    return this.indexed + this.scanned;
  }

  get total(): number {
    return this.pair.oldSize + this.pair.newSize;
  }

  step(): boolean {
    if (this.stage === 'index') this.indexSlice();
    else if (this.stage === 'scan') this.scanSlice();
    else if (this.filling?.step()) this.stage = 'done';
    return this.stage === 'done';
  }

  /** The covers found so far: triples { newOffset, oldOffset, length }. */
  covers(): Uint32Array<ArrayBuffer> {
    return joinCovers(this.filling?.covers() ?? this.found);
  }

  private indexSlice(): void {
    const end = Math.min(this.pair.oldSize, this.indexed + MATCH_SLICE);
    const { exports } = this.kernel;
    exports.batchSeeds(this.indexed, end);
    this.indexed = end;
    if (end < this.pair.oldSize) return;
    exports.finishSeedBatches();
    this.stage = 'scan';
  }

  private scanSlice(): void {
    const { exports } = this.kernel;
    exports.setCoverBuffer(this.buffer, BUFFER_COVERS);
    const isDone = exports.scanMatches(Math.min(this.pair.newSize, this.scanned + MATCH_SLICE)) !== 0;
    this.scanned = exports.scanPosition() >>> 0;
    this.takeCovers();
    if (isDone) this.startFilling();
  }

  private startFilling(): void {
    const { kernel, pair, parameters, buffer } = this;
    if (parameters.gapReach === 0) {
      this.stage = 'done';
      return;
    }
    const covers = this.covers();
    kernel.release(this.tableMark);
    const all = { covers, first: 0, hasTail: true } as const;
    this.filling = new GapFilling(kernel, pair.newSize, parameters, buffer, all);
    this.stage = 'fill';
  }

  private takeCovers(): void {
    const count = this.kernel.exports.coversFound();
    this.found.push(this.kernel.view32(this.buffer, count * COVER_FIELDS).slice());
  }
}
