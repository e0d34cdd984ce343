/**
 * Threads that share the work of one patch. What they make is what one thread would make: jobs are parts of a whole that does not
 * depend on who does them (range-search.ts), or streams, each coded on its own.
 */

import type { CodedBytes, StreamPlan } from '../entropy/encode-stream.js';
import type { CoverRange } from '../match/gap-filling.js';
import type { MatchParameters } from '../match/match-parameters.js';
import type { ScannedRange } from '../match/range-search.js';
import type { Progress } from '../progress/operation-options.js';
import type { Steps } from '../progress/run-steps.js';
import type { ImageDigests } from './image-digests.js';

/** A pair of images that all threads see. */
export interface SharedImages {
  readonly old: SharedArrayBuffer;
  readonly next: SharedArrayBuffer;
}

/** A part of the seed index, and a search that it is for. */
export interface IndexJob {
  readonly kind: 'index';
  /** What to match, where it is not the images as they were read. */
  readonly images: SharedImages | undefined;
  readonly words: Uint32Array | undefined;
  /** The seed index: each thread writes its part. */
  readonly table: SharedArrayBuffer;
  readonly parameters: MatchParameters;
  readonly part: number;
  readonly parts: number;
}

/** A part of the work. Shared buffers are seen by all threads. */
export type CrewJob =
  /** Reads the images and looks what they are, before there is anything else to do. */
  | { readonly kind: 'prepare' }
  | IndexJob
  | { readonly kind: 'scan'; readonly start: number; readonly end: number }
  | { readonly kind: 'fill'; readonly range: CoverRange }
  /** Old as it was read, normalized. */
  | { readonly kind: 'normalize'; readonly into: SharedArrayBuffer }
  /** Waits until there is nothing else to do. */
  | {
      readonly kind: 'digest';
      readonly image: keyof SharedImages;
      readonly windowSizeLog2?: number | undefined;
    }
  | { readonly kind: 'encode'; readonly bytes: Uint8Array; readonly plan: StreamPlan };

/** What a job of each kind answers. */
export interface CrewResults {
  readonly prepare: undefined;
  readonly index: undefined;
  readonly scan: ScannedRange;
  readonly fill: Uint32Array;
  readonly normalize: undefined;
  readonly digest: ImageDigests;
  readonly encode: CodedBytes;
}

/** The threads beside the caller's own. */
export interface Crew {
  readonly size: number;
  /** Has a thread do a job; it does its jobs in their order. Rejects when the thread is gone or the job failed. */
  post<Job extends CrewJob>(thread: number, job: Job): Promise<CrewResults[Job['kind']]>;
}

/** Has all threads read the images meanwhile. A failure shows again in the first job that needs them. */
export function prepareCrew(crew: Crew): void {
  void settle(Array.from({ length: crew.size }, (_, thread) => crew.post(thread, { kind: 'prepare' })));
}

/** What a crew is asked to do, and how this thread does such a job itself. */
export interface SharedWork<Job extends CrewJob> {
  readonly jobs: readonly Job[];
  here(job: Job): Generator<number, CrewResults[Job['kind']], void>;
  /** What each thread has to do first. */
  readonly before?: readonly (Promise<unknown> | undefined)[] | undefined;
  /** What this thread does before it takes jobs. */
  readonly first?: (() => Steps<void>) | undefined;
  readonly stage: Progress['stage'];
  readonly total: number;
}

/**
 * Has jobs done by a crew and this thread, each by whoever is free; answers their results in order. The crew takes them from the front, where the longest
 * are best put, this thread from the back: it may come late, and what it does last is waited for.
 */
export function* shareWork<Job extends CrewJob>(
  crew: Crew,
  { jobs, here, before, first, stage, total }: SharedWork<Job>,
): Steps<CrewResults[Job['kind']][]> {
  const results = new Array<CrewResults[Job['kind']]>(jobs.length);
  let next = 0;
  let end = jobs.length;
  const drain = async (thread: number) => {
    await before?.[thread];
    while (next < end) {
      const i = next++;
      results[i] = await crew.post(thread, jobs[i]!);
    }
  };
  const others = settle(Array.from({ length: crew.size }, (_, thread) => drain(thread)));
  if (first !== undefined) yield* first();
  while (next < end) {
    const i = --end;
    const work = here(jobs[i]!);
    let step = work.next();
    for (; !step.done; step = work.next()) yield { stage, done: Math.min(total, step.value), total };
    results[i] = step.value;
  }
  yield { stage, done: total, total, until: others };
  return results;
}

/** All of the promises; a rejection is kept until it is awaited. */
export function settle(promises: readonly Promise<unknown>[]): Promise<unknown> {
  const all = Promise.all(promises);
  all.catch(() => {});
  return all;
}
