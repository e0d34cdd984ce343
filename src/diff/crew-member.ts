import { encodeStream } from '../entropy/encode-stream.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance, KernelOptions } from '../kernels/kernel-instance.js';
import type { CoverRange } from '../match/gap-filling.js';
import { RangeSearch } from '../match/range-search.js';
import type { CrewJob, CrewResults } from './crew.js';
import { putPart, takeOtherParts } from './match-together.js';

/** The work of one thread of a crew: does jobs as they come, with kernels and images of its own. */
export class CrewMember {
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly bottom: number;
  private search: RangeSearch | undefined;
  /** The index is made and waits for the others' parts. */
  private waiting: Extract<CrewJob, { kind: 'index' }> | undefined;

  constructor(options: KernelOptions) {
    this.kernel = diffKernels(options);
    this.bottom = this.kernel.mark();
  }

  run(job: CrewJob): CrewResults[CrewJob['kind']] {
    switch (job.kind) {
      case 'index':
        return this.index(job);
      case 'scan':
        return this.scan(job.start, job.end);
      case 'fill':
        return this.fill(job.range);
      case 'encode':
        return finish(encodeStream(this.kernel, job.bytes, job.plan));
    }
  }

  private index(job: Extract<CrewJob, { kind: 'index' }>): undefined {
    const { kernel } = this;
    const { old, next, words, table, parameters, part, parts } = job;
    kernel.release(this.bottom);
    const pair = {
      oldPtr: kernel.put(new Uint8Array(old)),
      oldSize: old.byteLength,
      newPtr: kernel.put(new Uint8Array(next)),
      newSize: next.byteLength,
      words,
    };
    this.search = new RangeSearch(kernel, pair, parameters);
    finish(this.search.indexPart(part, parts));
    putPart(this.search, table, part, parts);
    this.waiting = job;
  }

  private scan(start: number, end: number): CrewResults['scan'] {
    if (this.search === undefined) throw new TypeError('job: scan before index');
    if (this.waiting !== undefined) {
      takeOtherParts(this.search, this.waiting.table, this.waiting.part, this.waiting.parts);
      this.waiting = undefined;
    }
    return finish(this.search.scanRange(start, end));
  }

  private fill(range: CoverRange): CrewResults['fill'] {
    if (this.search === undefined) throw new TypeError('job: fill before index');
    return finish(this.search.fillRange(range));
  }
}

function finish<Result>(work: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
