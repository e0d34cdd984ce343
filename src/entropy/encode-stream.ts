import { varintSize } from '../bytes/leb128.js';
import type { LzEncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { chooseContexts, type LzPlan, looksRandom } from './choose-contexts.js';
import { CODER, writeLzParameters } from './codec.js';
import { encodeDeflate } from './deflate.js';
import { encodeLz } from './lz-encode.js';

/** Which coder a stream is to be tried with. */
export type StreamPlan =
  | { readonly coder: 'stored' }
  | { readonly coder: 'deflate'; readonly level: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 }
  | LzPlan;

export interface CodedBytes {
  readonly coder: number;
  readonly parameters: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Settles what `encodeStream` would find out first, so that the thread that codes the stream need not: it makes the same of it with the plan that
 * this answers.
 */
export function* probeStream(
  kernel: KernelInstance<LzEncoderExports>,
  raw: Uint8Array,
  plan: StreamPlan,
): Generator<number, StreamPlan, void> {
  if (plan.coder !== 'lz') return plan;
  const mark = kernel.mark();
  const ptr = kernel.put(raw);
  const isRandom = yield* looksRandom(kernel, ptr, raw.length);
  const contexts = isRandom ? [] : yield* chooseContexts(kernel, ptr, raw.length, plan);
  kernel.release(mark);
  return isRandom ? { coder: 'stored' } : { ...plan, contexts, isProbed: true };
}

/**
 * Codes a stream as planned, or leaves it as it is when that is not smaller. Data that looks random is not tried at all.
 * Yields how many bytes are done.
 */
export function* encodeStream(
  kernel: KernelInstance<LzEncoderExports>,
  raw: Uint8Array,
  plan: StreamPlan,
): Generator<number, CodedBytes, void> {
  const stored: CodedBytes = { coder: CODER.stored, parameters: new Uint8Array(0), bytes: raw };
  if (raw.length === 0 || plan.coder === 'stored') return stored;
  const mark = kernel.mark();
  const ptr = kernel.put(raw);
  let coded = stored;
  const isProbed = plan.coder === 'lz' && plan.isProbed;
  if (isProbed || !(yield* looksRandom(kernel, ptr, raw.length))) {
    coded =
      plan.coder === 'lz'
        ? yield* encodeBest(kernel, ptr, raw.length, plan)
        : { ...stored, coder: CODER.deflate, bytes: encodeDeflate(raw, plan.level) };
  }
  kernel.release(mark);
  // A patch tells the raw size of what is not stored.
  const extra = coded.parameters.length + varintSize(raw.length);
  return coded.bytes.length + extra < raw.length ? coded : stored;
}

/** The smallest of what the contexts worth trying make; the earlier of equals. */
function* encodeBest(
  kernel: KernelInstance<LzEncoderExports>,
  ptr: number,
  size: number,
  plan: LzPlan,
): Generator<number, CodedBytes, void> {
  let best: CodedBytes | undefined;
  for (const contexts of plan.isProbed ? plan.contexts : yield* chooseContexts(kernel, ptr, size, plan)) {
    const parameters = { ...contexts, dictionaryLog2: plan.dictionaryLog2 };
    const bytes = yield* encodeLz(kernel, ptr, size, parameters, plan.search);
    if (best === undefined || bytes.length < best.bytes.length) {
      best = { coder: CODER.lz, parameters: writeLzParameters(parameters), bytes };
    }
  }
  if (best === undefined) throw new RangeError('plan.contexts: expected at least one');
  return best;
}
