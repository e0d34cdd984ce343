/** What a worker thread of `part-pool.ts` runs, and nobody imports: patches of parts, one after the other. */

import { parentPort } from 'node:worker_threads';
import { PatchError } from '../errors/patch-error.js';
import { createPart, type PartResult, type PartTask } from './create-part.js';

/** An error on its way between threads, where classes are lost. */
export type PartAnswer = { readonly result: PartResult } | { readonly error: PartError };
export type PartError =
  | ReturnType<PatchError['toJSON']>
  | { readonly name: string; readonly message: string };

parentPort!.on('message', (task: PartTask) => {
  void answer(task).then((reply) => {
    const transferred = 'result' in reply ? [reply.result.patch.buffer] : [];
    parentPort!.postMessage(reply, transferred);
  });
});

async function answer(task: PartTask): Promise<PartAnswer> {
  try {
    return { result: await createPart(task) };
  } catch (error) {
    if (error instanceof PatchError) return { error: error.toJSON() };
    const { name, message } = error as Error;
    return { error: { name, message } };
  }
}
