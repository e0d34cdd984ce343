import type { LzEncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { type LzPlan, looksRandom } from './choose-contexts.js';
import { CODER, writeLzParameters } from './codec.js';
import type { CodedBytes } from './encode-stream.js';
import { encodeLz, type LzSearch } from './lz-encode.js';

/** What is coded with the plan's own search; a longer stream is coded greedily, and a stretch of it both ways. */
const STRETCH_SIZE = 96 << 10;
/** A glance: matches are found among the last few positions only. */
const GLANCE: LzSearch = { optimal: false, depth: 2, nice: 32 };
const CONTEXT_SHARE = 0.995;

/**
 * Tells what a stream would be coded to: the result has the right coder and about the right number of bytes, all zeros. The first of the
 * plan's contexts is taken; choosing among them saves about half a percent.
 */
export function* estimateStream(
  kernel: KernelInstance<LzEncoderExports>,
  raw: Uint8Array,
  plan: LzPlan,
): Generator<number, CodedBytes, void> {
  const mark = kernel.mark();
  const ptr = kernel.put(raw);
  const contexts = plan.contexts[0] ?? { lc: 0, lp: 0, pb: 0 };
  const parameters = { ...contexts, dictionaryLog2: plan.dictionaryLog2 };
  let size = raw.length;
  if (!(yield* looksRandom(kernel, ptr, raw.length))) {
    const code = function* (start: number, length: number, search: LzSearch) {
      return (yield* encodeLz(kernel, ptr + start, length, parameters, search)).length;
    };
    if (raw.length <= STRETCH_SIZE) size = yield* code(0, raw.length, plan.search);
    else {
      const start = Math.floor((raw.length - STRETCH_SIZE) / 2) & ~3;
      const greedy = yield* code(start, STRETCH_SIZE, GLANCE);
      const planned = yield* code(start, STRETCH_SIZE, plan.search);
      size = (yield* code(0, raw.length, GLANCE)) * (planned / greedy);
    }
    size *= CONTEXT_SHARE;
  }
  kernel.release(mark);
  const coded = Math.min(raw.length, Math.round(size));
  if (coded + 2 >= raw.length) {
    return { coder: CODER.stored, parameters: new Uint8Array(0), bytes: new Uint8Array(raw.length) };
  }
  return { coder: CODER.lz, parameters: writeLzParameters(parameters), bytes: new Uint8Array(coded) };
}

/** Bytes that a stream takes when it is coded greedily, which is quick: the real search saves 5 to 25 % of it. */
export function* greedySize(
  kernel: KernelInstance<LzEncoderExports>,
  raw: Uint8Array,
  { contexts, dictionaryLog2 }: LzPlan,
): Generator<number, number, void> {
  const mark = kernel.mark();
  const parameters = { ...(contexts[0] ?? { lc: 0, lp: 0, pb: 0 }), dictionaryLog2 };
  const coded = yield* encodeLz(kernel, kernel.put(raw), raw.length, parameters, GLANCE);
  kernel.release(mark);
  return coded.length;
}
