/** What a thread of a crew runs (thread-crew.ts). */

import { CrewMember } from '../diff/crew-member.js';
import { provideModule } from '../kernels/load-module.js';
import type { CrewAnswer, CrewData, CrewOrder } from './thread-crew.js';

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = threads?.parentPort;
if (threads === undefined || port == null) throw new TypeError('crew-thread: to be run as a worker thread');
const { options, kernels }: CrewData = threads.workerData;
provideModule('diff', kernels.module, { simd: kernels.simd });
const member = new CrewMember(options);

port.on('message', ({ id, job }: CrewOrder) => {
  port.postMessage(answerOrder(id, job));
});

function answerOrder(id: number, job: CrewOrder['job']): CrewAnswer {
  try {
    return { id, result: member.run(job) };
  } catch (error) {
    return { id, reason: error instanceof Error ? error.message : String(error) };
  }
}
