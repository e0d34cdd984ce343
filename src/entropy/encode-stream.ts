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
  if (raw.length === 0 || looksRandom(raw)) return stored;
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

const SAMPLE_SIZE = 4096;
const SAMPLE_COUNT = 64;
const LEAST_SIZE = 64 << 10;

/**
 * Whether 64 samples spread over the bytes have no more repeats of 4 bytes than chance gives and a flat histogram: then no coder
 * here makes them smaller. Compressed and encrypted data pass in the time of a glance.
 */
export function looksRandom(bytes: Uint8Array): boolean {
  if (bytes.length < LEAST_SIZE) return false;
  const counts = new Uint32Array(256);
  const seen = new Map<number, number>();
  let repeats = 0;
  let total = 0;
  const stride = Math.floor((bytes.length - SAMPLE_SIZE) / (SAMPLE_COUNT - 1));
  for (let i = 0; i < SAMPLE_COUNT; i++) {
    const start = i * stride;
    for (let at = start; at < start + SAMPLE_SIZE; at++) counts[bytes[at]!]!++;
    for (let at = start; at + 4 <= start + SAMPLE_SIZE; at += 4) {
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      const before = seen.get(word) ?? 0;
      if (before > 0) repeats++;
      seen.set(word, before + 1);
    }
    total += SAMPLE_SIZE;
  }
  // Chi-square with 255 degrees of freedom: random bytes stay below 400 (6 sigma).
  const expected = total / 256;
  let chiSquare = 0;
  for (const count of counts) chiSquare += (count - expected) ** 2 / expected;
  return chiSquare < 400 && repeats < 100;
}
