import { encodeStream } from '../entropy/encode-stream.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance, KernelOptions } from '../kernels/kernel-instance.js';
import { RangeSearch } from '../match/range-search.js';
import type { CrewJob, CrewResults, IndexJob } from './crew.js';
import { digestImage } from './image-digests.js';
import { type ImageSources, LoadedImages } from './loaded-images.js';
import { putPart, takeOtherParts } from './match-together.js';
import { listPairedImages, normalizeOldImages, type PairedImages } from './normalize-pair.js';

type JobSteps<Kind extends CrewJob['kind']> = Generator<unknown, CrewResults[Kind], void>;

/** The work of one thread of a crew: does jobs as they come, with kernels and images of its own. */
export class CrewMember {
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly sources: ImageSources;
  private images: LoadedImages | undefined;
  private pairs: readonly PairedImages[] | undefined;
  /** Above the images. */
  private bottom = 0;
  /** Whether images in memory are other than what was read. */
  private areRewritten = false;
  private search: RangeSearch | undefined;
  /** The index is made and waits for the others' parts. */
  private waiting: IndexJob | undefined;

  constructor(options: KernelOptions, sources: ImageSources) {
    this.kernel = diffKernels(options);
    this.sources = sources;
  }

  /** The steps of a job. */
  run(job: CrewJob): JobSteps<CrewJob['kind']> {
    switch (job.kind) {
      case 'prepare':
        return this.prepare();
      case 'index':
        return this.index(job);
      case 'scan':
        return this.scan(job.start, job.end);
      case 'fill':
        return this.searchOf(job).fillRange(job.range);
      case 'normalize':
        return this.normalize(job.into);
      case 'encode':
        return encodeStream(this.kernel, job.bytes, job.plan);
      case 'digest':
        return digestImage(this.sources[job.image], job.windowSizeLog2);
    }
  }

  private *prepare(): JobSteps<'prepare'> {
    const images = this.readImages();
    yield;
    this.pairs = listPairedImages(images);
  }

  private *index(job: IndexJob): JobSteps<'index'> {
    const { images, words, table, parameters, part, parts } = job;
    const { oldPtr, oldSize, newPtr, newSize } = this.readImages();
    if (images !== undefined) {
      this.kernel.write(oldPtr, new Uint8Array(images.old));
      this.kernel.write(newPtr, new Uint8Array(images.next));
      this.areRewritten = true;
    }
    const pair = { oldPtr, oldSize, newPtr, newSize, words };
    this.search = new RangeSearch(this.kernel, pair, parameters);
    yield* this.search.indexPart(part, parts);
    putPart(this.search, table, part, parts);
    this.waiting = job;
  }

  private scan(start: number, end: number): JobSteps<'scan'> {
    const search = this.searchOf({ kind: 'scan' });
    if (this.waiting !== undefined) {
      takeOtherParts(search, this.waiting.table, this.waiting.part, this.waiting.parts);
      this.waiting = undefined;
    }
    return search.scanRange(start, end);
  }

  private *normalize(into: SharedArrayBuffer): JobSteps<'normalize'> {
    const images = this.readImages();
    const pairs = this.pairs ?? listPairedImages(images);
    this.areRewritten = true;
    normalizeOldImages(this.kernel, images, pairs);
    yield;
    new Uint8Array(into).set(images.oldBytes);
  }

  /** The images as they were read, and nothing above them. */
  private readImages(): LoadedImages {
    this.search = undefined;
    if (this.images === undefined) {
      this.images = new LoadedImages(this.kernel, this.sources);
      this.bottom = this.kernel.mark();
    }
    this.kernel.release(this.bottom);
    if (this.areRewritten) this.images.reload();
    this.areRewritten = false;
    return this.images;
  }

  private searchOf({ kind }: Pick<CrewJob, 'kind'>): RangeSearch {
    if (this.search === undefined) throw new TypeError(`job: ${kind} before index`);
    return this.search;
  }
}
