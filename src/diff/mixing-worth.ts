/**
 * Whether a long stream is mixed.
 *
 * A mixed byte takes the applier half a microsecond to a microsecond and an lz coded one a hundredth of that, so a stream must shrink by
 * more than the odd byte: by 1/128 of its raw size, which is some 10 KB for each second of applying. Text, code and values shrink by 1 to
 * 12 % of their raw size, compressed data by less than 0.4 %: swc's 8.3 MB by 0.08 %, for 6.2 s of applying.
 *
 * It is asked twice. When the first 192 KiB are mixed they are coded by the other coder too, and where they do not gain, the rest is not mixed: values of
 * images without a predictor lose 2 to 20 % by mixing. At the end both codings of the whole stream are compared. Streams that the default effort mixes need gain a
 * byte only, since they are short beside the rest of the work.
 */
import { encodeStream } from '../entropy/encode-stream.js';
import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { EffortLevel } from '../progress/effort.js';
import type { MixedName } from './encode-residual.js';
import { SHORT_STREAM, streamPlan } from './stream-plans.js';

/** log2 of the part of its raw size by which a long stream must shrink more. */
const GAIN_SHIFT = 7;

/** Bytes that mixing must save of a stream of `rawSize` bytes. */
export function leastGain(rawSize: number): number {
  return rawSize <= SHORT_STREAM ? 0 : rawSize >>> GAIN_SHIFT;
}

/** Whether mixing pays so far: `parts` are the beginnings of a stream, of values one for each kind, which became `mixedSize` bytes. */
export function mixingPays(
  kernel: KernelInstance<DiffExports>,
  name: MixedName,
  parts: readonly Uint8Array[],
  mixedSize: number,
  effort: EffortLevel,
): boolean {
  let rawSize = 0;
  let codedSize = 0;
  for (const part of parts) {
    rawSize += part.length;
    codedSize += encodedSize(kernel, name, part, effort);
  }
  return mixedSize + (rawSize >>> GAIN_SHIFT) < codedSize;
}

function encodedSize(
  kernel: KernelInstance<DiffExports>,
  name: MixedName,
  bytes: Uint8Array,
  effort: EffortLevel,
): number {
  const work = encodeStream(kernel, bytes, streamPlan(name, bytes.length, effort));
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value.bytes.length;
}
