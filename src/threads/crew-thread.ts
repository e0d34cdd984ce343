/**
 * What a thread of a crew runs (thread-crew.ts). Jobs are done in their order, but one that may wait is done in slices while there is no other.
 */

import { CrewMember } from '../diff/crew-member.js';
import { provideModule } from '../kernels/load-module.js';
import { openShared } from './shared-source.js';
import type { CrewAnswer, CrewData, CrewOrder } from './thread-crew.js';

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = threads?.parentPort;
if (threads === undefined || port == null) throw new TypeError('crew-thread: to be run as a worker thread');
const { options, kernels, old, next }: CrewData = threads.workerData;
provideModule('diff', kernels.module, { simd: kernels.simd });
const member = new CrewMember(options, { old: openShared(old), next: openShared(next) });

/** One job as it is done, step by step. */
type Running = Generator<undefined, CrewAnswer, void>;
const waiting: Running[] = [];

port.on('message', (order: CrewOrder) => {
  const running = answerOrder(order);
  if (order.job.kind !== 'digest') finish(running);
  else if (waiting.push(running) === 1) setImmediate(resumeWaiting);
});

function* answerOrder({ id, job }: CrewOrder): Running {
  try {
    const work = member.run(job);
    for (;;) {
      const step = work.next();
      if (step.done) return { id, result: step.value };
      yield;
    }
  } catch (error) {
    return { id, reason: error instanceof Error ? error.message : String(error) };
  }
}

function finish(running: Running): void {
  while (!advance(running));
}

/** Orders that came meanwhile are taken between two slices. */
function resumeWaiting(): void {
  if (advance(waiting[0]!)) waiting.shift();
  if (waiting.length > 0) setImmediate(resumeWaiting);
}

/** Does a step; true after the last, which was answered. */
function advance(running: Running): boolean {
  const step = running.next();
  if (step.done) port!.postMessage(step.value);
  return step.done === true;
}
