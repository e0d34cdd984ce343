import type { MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { MatchParameters } from './match-parameters.js';

const SLICE = 256 << 10;
const BUFFER_COVERS = 16 << 10;
/** Entries of the table for each seed: a quarter more than needed, so that few full buckets forget. */
const SPARE = 1.25;

/** Two images in linear memory. */
export interface ImagePair {
  readonly oldPtr: number;
  readonly oldSize: number;
  readonly newPtr: number;
  readonly newSize: number;
}

/**
 * Finds the covers of a pair of images: builds the seed index, then scans new. Each `step()` is a slice of the work;
 * it answers true when `covers()` is complete. The result depends on the images and parameters alone. What it
 * allocates stays allocated until the host releases a mark taken before.
 */
export class CoverSearch {
  private readonly kernel: KernelInstance<MatchExports>;
  private readonly pair: ImagePair;
  private readonly buffer: number;
  private readonly found: Uint32Array[] = [];
  private indexed = 0;
  private scanned = 0;
  private finished = false;

  constructor(kernel: KernelInstance<MatchExports>, pair: ImagePair, parameters: MatchParameters) {
    this.kernel = kernel;
    this.pair = pair;
    const { exports } = kernel;
    const { oldPtr, oldSize, newPtr, newSize } = pair;
    const { stride, seedSize, ways, tolerance, advantage, minimumGain } = parameters;
    this.buffer = kernel.alloc(BUFFER_COVERS * COVER_FIELDS * 4);
    const buckets = Math.max(1, Math.ceil((oldSize / stride) * (SPARE / ways)));
    const table = kernel.alloc(exports.seedTableSize(buckets, ways) >>> 0);
    exports.startSeedIndex(oldPtr, oldSize, table, buckets, ways, stride, seedSize);
    exports.startScan(oldPtr, oldSize, newPtr, newSize, seedSize, tolerance, advantage, minimumGain);
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
    if (this.finished) return true;
    if (this.indexed < this.pair.oldSize) this.indexSlice();
    else this.scanSlice();
    return this.finished;
  }

  /** The covers found so far: triples { newOffset, oldOffset, length }. */
  covers(): Uint32Array<ArrayBuffer> {
    const all = new Uint32Array(this.found.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.found) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  private indexSlice(): void {
    const end = Math.min(this.pair.oldSize, this.indexed + SLICE);
    this.kernel.exports.indexSeeds(this.indexed, end);
    this.indexed = end;
  }

  private scanSlice(): void {
    const { exports } = this.kernel;
    exports.setCoverBuffer(this.buffer, BUFFER_COVERS);
    this.finished = exports.scanMatches(Math.min(this.pair.newSize, this.scanned + SLICE)) !== 0;
    this.scanned = exports.scanPosition() >>> 0;
    this.found.push(this.kernel.view32(this.buffer, exports.coversFound() * COVER_FIELDS).slice());
  }
}
