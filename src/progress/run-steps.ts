import type { OperationOptions, Progress } from './operation-options.js';

/**
 * A long operation is a generator that yields its progress after each slice of work and returns its result.
 * The same generator serves both faces: `runSync` drains it, `runAsync` gives the event loop a turn now and
 * then, so that abort signals arrive and servers stay alive.
 */
export type Steps<Result> = Generator<Step, Result, void>;

/** A step may end in waiting for something that happens elsewhere; only `runAsync` can wait. */
export interface Step extends Progress {
  readonly until?: Promise<unknown> | undefined;
}

/** Longest stretch of work between two turns of the event loop, and between two progress reports. */
const TURN_MS = 20;
const REPORT_MS = 50;

/** Runs an operation to its end without giving up the thread. */
export function runSync<Result>(steps: Steps<Result>, options: OperationOptions = {}): Result {
  const report = progressReporter(options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (step.value.until !== undefined) throw new TypeError('a synchronous operation cannot wait');
    report(step.value);
  }
}

/** Runs an operation, yielding to the event loop; rejects with `signal.reason` when aborted. */
export async function runAsync<Result>(
  steps: Steps<Result>,
  options: OperationOptions = {},
): Promise<Result> {
  const { signal } = options;
  const report = progressReporter(options);
  let turn = Date.now();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const step = steps.next();
      if (step.done) return step.value;
      const { until, ...progress } = step.value;
      report(progress);
      if (until !== undefined) await until;
      if (isTurnOver(turn)) {
        await nextTurn();
        turn = Date.now();
      }
    }
  } finally {
    steps.return(undefined as never);
  }
}

/**
 * Whether a turn that began at a time of the clock has lasted long enough. That the clock is set costs a turn. Node loads ten modules for `performance.now`, and five for a
 * message channel, which a process that lives for a fifth of a second notices.
 */
export function isTurnOver(began: number): boolean {
  return Math.abs(Date.now() - began) > TURN_MS;
}

/** Calls `onProgress` at most 20 times a second, and always for the first and last report of a stage. */
export function progressReporter({ onProgress }: OperationOptions): (progress: Progress) => void {
  if (onProgress === undefined) return () => {};
  let last = Number.NEGATIVE_INFINITY;
  let stage = '';
  return (progress) => {
    const now = performance.now();
    if (progress.stage === stage && progress.done < progress.total && now - last < REPORT_MS) return;
    if (progress.stage === stage && now - last < REPORT_MS && progress.done >= progress.total) {
      // The end of a stage is always told, but never twice.
      if (progress.total === 0) return;
    }
    stage = progress.stage;
    last = now;
    try {
      onProgress(progress);
    } catch {
      // A listener's error must not harm the operation.
    }
  };
}

/** Lets everything else that waits run first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
