import type { Bzip2EncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { Steps } from '../progress/run-steps.js';
import { encodeBzip2 } from './bzip2-encode.js';
import { EVEN_REACH, extendCovers, type Reach, sumLengths } from './cover-triples.js';

/**
 * How far covers should reach into the gaps between them.
 *
 * bsdiff lets a cover go on while half of the bytes agree. Where references moved in tables or code, five of nine differing bytes are still
 * cheaper as differences than as literals; elsewhere they are dearer. So both reaches are tried, and what only the far one covers, the
 * contested bytes, is compressed alone in both forms. The far reach is taken when the differences have less than 3/4 of the literals'
 * size: literals gain more from their neighbours than differences do.
 *
 * Measured (far reach against bsdiff's own, in bytes): esbuild 570,600 to 541,368, swc 8,435,306 to 8,432,212, both taken (ratios 0.62 and
 * 0.67); jsc 6,896,189 to 6,983,968, xml2 70,193 to 70,232, neither taken (0.90 and 0.81). The time is linear in the gaps.
 */
const FAR_REACH: Reach = { agree: 5, differ: 4 };

/** Covers that share out the gaps, by the reach that compresses better. */
export function* chooseCovers(
  kernel: KernelInstance<Bzip2EncoderExports>,
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
): Steps<Uint32Array> {
  const even = extendCovers(oldBytes, newBytes, covers, EVEN_REACH);
  const far = extendCovers(oldBytes, newBytes, covers, FAR_REACH);
  const { differences, literals } = takeContested(oldBytes, newBytes, even, far);
  if (literals.length === 0) return even;
  const asDifferences = yield* measureBzip2(kernel, differences);
  const asLiterals = yield* measureBzip2(kernel, literals);
  return 4 * asDifferences < 3 * asLiterals ? far : even;
}

/** Bytes that `far` covers and `even` does not: their differences from old, and themselves. */
function takeContested(oldBytes: Uint8Array, newBytes: Uint8Array, even: Uint32Array, far: Uint32Array) {
  const most = Math.max(0, sumLengths(far) - sumLengths(even));
  let differences = new Uint8Array(most);
  let literals = new Uint8Array(most);
  let count = 0;
  const take = (start: number, end: number, delta: number): void => {
    if (count + end - start > literals.length) {
      const size = 2 * (count + end - start);
      differences = enlarge(differences, size);
      literals = enlarge(literals, size);
    }
    for (let at = start; at < end; at++) {
      differences[count] = newBytes[at]! - oldBytes[at + delta]!;
      literals[count++] = newBytes[at]!;
    }
  };
  let next = 0;
  for (let i = 0; i < far.length; i += 3) {
    const delta = far[i + 1]! - far[i]!;
    const end = far[i]! + far[i + 2]!;
    let at = far[i]!;
    while (at < end) {
      while (next < even.length && even[next]! + even[next + 2]! <= at) next += 3;
      const stop = next < even.length ? Math.min(end, even[next]!) : end;
      if (stop > at) take(at, stop, delta);
      at = next < even.length ? Math.max(stop, Math.min(end, even[next]! + even[next + 2]!)) : end;
    }
  }
  return { differences: differences.subarray(0, count), literals: literals.subarray(0, count) };
}

function enlarge(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

function* measureBzip2(kernel: KernelInstance<Bzip2EncoderExports>, bytes: Uint8Array): Steps<number> {
  const mark = kernel.mark();
  const encoder = encodeBzip2(kernel, kernel.put(bytes), bytes.length);
  let step = encoder.next();
  for (; step.done !== true; step = encoder.next())
    yield { stage: 'encode', done: step.value, total: bytes.length };
  kernel.release(mark);
  return step.value.length;
}
