import type { ImageLayout } from '../image/image-layout.js';
import type { CommonExports, NormalizeExports, PredictExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { JumpTableSearch } from './find-jump-tables.js';
import { installIdentityMap, prepareMap } from './install-map.js';
import { addressHigh, prepareFacts, type ReferencePlaces } from './install-predictor.js';
import { listRegions, type RegionHints } from './regions.js';

/** An image in a file that lies whole in the kernel's memory at `ptr`; offsets count from the file's first byte. */
export interface ResidentImage extends ReferencePlaces {
  readonly ptr: number;
  readonly layout: ImageLayout;
  readonly hints: RegionHints;
}

export type NormalizeKernel = KernelInstance<CommonExports & PredictExports & NormalizeExports>;

const SLICE = 65536;

/** Rewrites old in place: references become absolute targets. */
export function normalizeOld(kernel: NormalizeKernel, old: ResidentImage): void {
  const mark = kernel.mark();
  installIdentityMap(kernel);
  normalize(kernel, old, old.layout);
  kernel.release(mark);
}

/** Rewrites new in place: references become their targets' places in old, as the covers of the first pass say. */
export function normalizeNew(
  kernel: NormalizeKernel,
  next: ResidentImage,
  old: ImageLayout,
  covers: Uint32Array,
): void {
  const mark = kernel.mark();
  prepareMap(kernel, turnRound(covers), next.layout, old, addressHigh(next.layout))();
  normalize(kernel, next, old);
  kernel.release(mark);
}

function normalize(kernel: NormalizeKernel, image: ResidentImage, old: ImageLayout): void {
  const { exports } = kernel;
  const regions = listRegions(image.layout, image.hints);
  exports.setBases(image.ptr, image.ptr);
  exports.startPredictor(kernel.alloc(exports.predictorStateSize() >>> 0));
  prepareFacts(kernel, image.layout, old, image)();
  const search = new JumpTableSearch(kernel, regions);
  for (const scan of search.scans) search.run(scan);
  search.finish();
  for (const { oldStart, oldEnd, regionClass, addressDelta } of regions) {
    exports.beginNormalizing(oldStart, oldEnd, regionClass, addressDelta);
    for (let start = oldStart; start < oldEnd; ) {
      const end = Math.min(oldEnd, (Math.floor(start / SLICE) + 1) * SLICE);
      exports.normalizeSlice(start, end, image.ptr);
      start = end;
    }
  }
}

/** Covers with old and new exchanged. */
function turnRound(covers: Uint32Array): Uint32Array {
  const turned = new Uint32Array(covers.length);
  for (let i = 0; i < covers.length; i += 3) {
    turned[i] = covers[i + 1] as number;
    turned[i + 1] = covers[i] as number;
    turned[i + 2] = covers[i + 2] as number;
  }
  return turned;
}
