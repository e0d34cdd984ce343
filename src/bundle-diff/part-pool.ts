/**
 * Worker threads that make parts side by side. Parts know nothing of each other, so the bytes of a patch never depend on how many threads
 * there are. A thread is asked for one part at a time, and memory follows the number of threads times the largest part.
 */

import { Worker } from 'node:worker_threads';
import { patchError } from '../errors/patch-error.js';
import type { PartResult, PartTask } from './create-part.js';
import type { PartAnswer, PartError } from './part-worker.js';

/** Something that makes one part at a time. */
export interface PartMaker {
  make(task: PartTask): Promise<PartResult>;
  close(): Promise<void>;
}

/** Starts a worker thread. */
export function startPartWorker(): PartMaker {
  const worker = new Worker(new URL('./part-worker.js', import.meta.url));
  return {
    make: (task) =>
      new Promise((resolve, reject) => {
        const onMessage = (answer: PartAnswer) => {
          forget();
          if ('result' in answer) resolve(answer.result);
          else reject(rebuildError(answer.error));
        };
        const onError = (error: unknown) => {
          forget();
          reject(error);
        };
        const onExit = (code: number) => {
          onError(patchError('KERNEL_TRAP', 'bundle', `a worker thread ended with code ${code}`, { code }));
        };
        // One by one: `removeAllListeners` would take the worker's own listeners too, and it would hear nothing more.
        const forget = () => {
          worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        };
        worker.on('message', onMessage).on('error', onError).on('exit', onExit);
        worker.postMessage(task, [task.oldBytes.buffer, task.newBytes.buffer]);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}

function rebuildError(error: PartError): Error {
  if ('code' in error) return patchError(error.code, error.stage, error.message, error.data);
  const CLASSES: Readonly<Record<string, new (message: string) => Error>> = { TypeError, RangeError };
  return new (CLASSES[error.name] ?? Error)(error.message);
}

/**
 * Does all jobs, each by whichever maker is free; jobs are begun in order. The first failure, or `signal`, ends everything.
 *
 * @throws what a job throws · `signal.reason`
 */
export async function runWithMakers<Job>(
  jobs: readonly Job[],
  makers: readonly PartMaker[],
  signal: AbortSignal | undefined,
  run: (job: Job, maker: PartMaker) => Promise<void>,
): Promise<void> {
  let next = 0;
  let isStopped = false;
  const work = async (maker: PartMaker) => {
    while (next < jobs.length && !isStopped) {
      signal?.throwIfAborted();
      await run(jobs[next++]!, maker);
    }
  };
  const aborted = rejectOnAbort(signal);
  try {
    await Promise.race([Promise.all(makers.map(work)), aborted.promise]);
  } finally {
    isStopped = true;
    aborted.forget();
    await Promise.all(makers.map((maker) => maker.close()));
  }
}

/** A promise that only ever rejects: what threads do is not waited for once nobody wants it. */
function rejectOnAbort(signal: AbortSignal | undefined): { promise: Promise<never>; forget(): void } {
  let listener = () => {};
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(signal!.reason);
    signal?.addEventListener('abort', listener, { once: true });
  });
  return { promise, forget: () => signal?.removeEventListener('abort', listener) };
}
