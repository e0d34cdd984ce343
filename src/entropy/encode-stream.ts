import type { LzEncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { CODER, type LzParameters, writeLzParameters } from './codec.js';
import { encodeDeflate } from './deflate.js';
import { encodeLz, type LzSearch } from './lz-encode.js';

/** Which coder a stream is to be tried with. */
export type StreamPlan =
  | { readonly coder: 'deflate'; readonly level: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 }
  | { readonly coder: 'lz'; readonly parameters: LzParameters; readonly search: LzSearch };

export interface CodedBytes {
  readonly coder: number;
  readonly parameters: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Codes a stream as planned, or leaves it as it is when that is not smaller. Data that looks random is not tried at all.
 */
export function* encodeStream(
  kernel: KernelInstance<LzEncoderExports>,
  raw: Uint8Array,
  plan: StreamPlan,
): Generator<number, CodedBytes, void> {
  const stored: CodedBytes = { coder: CODER.stored, parameters: new Uint8Array(0), bytes: raw };
  if (raw.length === 0 || (yield* looksRandom(kernel, raw))) return stored;
  let coded: CodedBytes;
  if (plan.coder === 'deflate') {
    coded = { coder: CODER.deflate, parameters: new Uint8Array(0), bytes: encodeDeflate(raw, plan.level) };
  } else {
    const mark = kernel.mark();
    const ptr = kernel.put(raw);
    const bytes = yield* encodeLz(kernel, ptr, raw.length, plan.parameters, plan.search);
    kernel.release(mark);
    coded = { coder: CODER.lz, parameters: writeLzParameters(plan.parameters), bytes };
  }
  return coded.bytes.length + coded.parameters.length < raw.length ? coded : stored;
}

const PROBE_SIZE = 256 << 10;
/** Streams below this are coded without asking. */
const LEAST_PROBED = 1 << 20;
const LEAST_GAIN = 0.015;
const PROBE: LzSearch = { optimal: false, depth: 4, nice: 32 };

/**
 * Whether three stretches of the stream shrink by less than 1.5 % when coded greedily: then a coder saves less than it costs
 * to find out. Compressed and encrypted data pass in the time of a glance.
 */
function* looksRandom(
  kernel: KernelInstance<LzEncoderExports>,
  raw: Uint8Array,
): Generator<number, boolean, void> {
  if (raw.length < LEAST_PROBED) return false;
  let coded = 0;
  for (const share of [0.1, 0.5, 0.9]) {
    const start = Math.floor((raw.length - PROBE_SIZE) * share);
    const mark = kernel.mark();
    const ptr = kernel.put(raw.subarray(start, start + PROBE_SIZE));
    const parameters = { lc: 3, lp: 0, pb: 0, dictionaryLog2: 18 };
    coded += (yield* encodeLz(kernel, ptr, PROBE_SIZE, parameters, PROBE)).length;
    kernel.release(mark);
  }
  return coded > 3 * PROBE_SIZE * (1 - LEAST_GAIN);
}
