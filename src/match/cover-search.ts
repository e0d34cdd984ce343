import type { MatchExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { MatchParameters } from './match-parameters.js';

const INDEX_SLICE = 1 << 20;
const SCAN_SLICE = 256 << 10;
const BUFFER_COVERS = 16 << 10;

/** Two images in linear memory. */
export interface ImagePair {
  readonly oldPtr: number;
  readonly oldSize: number;
  readonly newPtr: number;
  readonly newSize: number;
}

/**
 * Finds the covers of a pair of images: builds the seed index, then scans new. Each `step()` is a slice of the work;
 * it answers true when `covers()` is complete. The result depends on the images and parameters alone.
 */
export class CoverSearch {
  private readonly kernel: KernelInstance<MatchExports>;
  private readonly pair: ImagePair;
  private readonly parameters: MatchParameters;
  private readonly buffer: number;
  private readonly found: Uint32Array[] = [];
  private indexed = 0;
  private scanned = 0;
  private finished: boolean;

  constructor(kernel: KernelInstance<MatchExports>, pair: ImagePair, parameters: MatchParameters) {
    this.kernel = kernel;
    this.pair = pair;
    this.parameters = parameters;
    const { seedSize, ways, tolerance } = parameters;
    const { exports } = kernel;
    const bits = indexBits(pair.oldSize, parameters);
    exports.seedIndexStart(kernel.alloc(exports.seedIndexSize(bits, ways)), bits, ways, seedSize);
    exports.scanStart(pair.oldPtr, pair.oldSize, pair.newPtr, pair.newSize, seedSize, tolerance);
    this.buffer = kernel.alloc(BUFFER_COVERS * COVER_FIELDS * 4);
    this.finished = pair.newSize === 0;
  }

  /** Bytes of new that were scanned. */
  get position(): number {
    return this.scanned;
  }

  step(): boolean {
    const { exports } = this.kernel;
    const { oldPtr, oldSize, newSize } = this.pair;
    if (this.finished) return true;
    if (this.indexed < oldSize) {
      const end = Math.min(oldSize, this.indexed + INDEX_SLICE);
      exports.seedIndexAdd(oldPtr, oldSize, this.indexed, end, this.parameters.stride);
      this.indexed = end;
      return false;
    }
    const target = Math.min(newSize, exports.scanPosition() + SCAN_SLICE);
    this.finished = exports.scanStep(target, this.buffer, BUFFER_COVERS) === 1;
    this.scanned = exports.scanPosition();
    this.found.push(this.kernel.view32(this.buffer, exports.scanCoverCount() * COVER_FIELDS).slice());
    return this.finished;
  }

  /** The covers found so far: triples { newOffset, oldOffset, length }. */
  covers(): Uint32Array {
    const all = new Uint32Array(this.found.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.found) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Buckets of the index: about as many entries as seeds. */
function indexBits(oldSize: number, { stride, ways }: MatchParameters): number {
  const buckets = Math.max(1, oldSize / stride / ways);
  return Math.min(28, Math.max(8, Math.ceil(Math.log2(buckets))));
}
