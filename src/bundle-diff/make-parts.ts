import { concatBytes } from '../bytes/concat-bytes.js';
import { assertInteger } from '../errors/assert.js';
import type { CreateBundleOptions } from './create-bundle-patch.js';
import { createPart, type PartResult } from './create-part.js';
import type { PlannedPart } from './pair-entries.js';
import { type PartMaker, runWithMakers, startPartWorker } from './part-pool.js';

export interface MadePart extends PlannedPart, PartResult {
  /** Content of a file whole, for devices whose base is another. */
  readonly isFallback: boolean;
}

interface Job extends PlannedPart {
  readonly isFallback: boolean;
  /** Bytes of new. */
  readonly size: number;
}

const MAX_THREADS = 64;

/** Answers the content of a file by its path. */
export type ReadFile = (path: string) => Uint8Array<ArrayBuffer>;

/** Makes the patches of all parts, in the order of the plan; behind each, if asked for, the full forms of its files. */
export async function makeParts(
  plan: readonly PlannedPart[],
  readOld: ReadFile,
  readNew: ReadFile,
  sizes: ReadonlyMap<string, number>,
  options: CreateBundleOptions,
): Promise<MadePart[]> {
  const { onFiles, onProgress, signal, fallbacks, threads = 1 } = options;
  assertInteger(threads, 'threads', 1, MAX_THREADS);
  const jobs = listJobs(plan, sizes, fallbacks ?? false);
  const total = jobs.reduce((sum, { size }) => sum + size, 0);
  const made: MadePart[] = [];
  let done = 0;
  const { effort, image, memoryLimit, verify, simd } = options;
  const count = Math.min(threads, jobs.length);
  // In this thread progress and abortion reach into the part; other threads are ended.
  const makers = count > 1 ? Array.from({ length: count }, startPartWorker) : [ownMaker(options)];
  await runWithMakers(
    jobs.map((job, index) => ({ job, index })),
    makers,
    signal,
    async ({ job, index }, maker) => {
      onFiles?.(job.outputs, done, total);
      const oldBytes = concatBytes(...job.sources.map(readOld));
      const newBytes = concatBytes(...job.outputs.map(readNew));
      const result = await maker.make({
        oldBytes,
        newBytes,
        options: { effort, image, memoryLimit, verify, simd },
      });
      made[index] = { ...job, ...result };
      done += job.size;
      if (count > 1) onProgress?.({ stage: 'encode', done, total });
    },
  );
  return made;
}

function ownMaker({ signal, onProgress }: CreateBundleOptions): PartMaker {
  return {
    make: ({ options, ...bytes }) => createPart({ ...bytes, options: { ...options, signal, onProgress } }),
    close: () => Promise.resolve(),
  };
}

function listJobs(
  plan: readonly PlannedPart[],
  sizes: ReadonlyMap<string, number>,
  fallbacks: boolean,
): Job[] {
  return plan.flatMap(({ sources, outputs }): Job[] => {
    const size = outputs.reduce((sum, path) => sum + sizes.get(path)!, 0);
    const part = { sources, outputs, size, isFallback: false };
    if (!fallbacks || sources.length === 0) return [part];
    const whole = outputs.map((path) => ({
      sources: [],
      outputs: [path],
      size: sizes.get(path)!,
      isFallback: true,
    }));
    return [part, ...whole];
  });
}
