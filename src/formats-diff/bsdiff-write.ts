import { concatBytes } from '../bytes/concat-bytes.js';
import { writeSignMagnitude } from '../formats/sign-magnitude.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import type { Bzip2EncoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { Steps } from '../progress/run-steps.js';
import { encodeBzip2 } from './bzip2-encode.js';
import type { TripleArrays } from './cover-triples.js';

/** Formats of the bsdiff family that are written; src/formats/bsdiff-read.ts has their layouts. */
export type BsdiffFormat = 'bsdiff40' | 'bsdifn40' | 'bsdiff43';

const TRIPLE_SIZE = 24;

/** A patch of the bsdiff family from its control triples and streams. The kernel is one whose memory may be used. */
export function* writeBsdiff(
  newSize: number,
  { control, diff, extra }: TripleArrays,
  format: BsdiffFormat,
  kernel: KernelInstance<Bzip2EncoderExports> = diffKernels(),
): Steps<Uint8Array<ArrayBuffer>> {
  const triples = new Uint8Array((control.length / 3) * TRIPLE_SIZE);
  for (let i = 0; i < control.length; i++) writeSignMagnitude(triples, 8 * i, control[i]!);
  const isOne = format === 'bsdiff43';
  const streams = isOne ? [interleave(control, triples, diff, extra)] : [triples, diff, extra];
  if (format !== 'bsdifn40') {
    const total = triples.length + newSize;
    let before = 0;
    for (let i = 0; i < streams.length; i++) {
      const size = streams[i]!.length;
      const mark = kernel.mark();
      const encoder = encodeBzip2(kernel, kernel.put(streams[i]!), size);
      let step = encoder.next();
      for (; step.done !== true; step = encoder.next())
        yield { stage: 'encode', done: before + step.value, total };
      kernel.release(mark);
      streams[i] = step.value;
      before += size;
    }
  }
  if (isOne) return concatBytes(headerBytes('ENDSLEY/BSDIFF43', [newSize]), ...streams);
  const magic = format === 'bsdiff40' ? 'BSDIFF40' : 'BSDIFN40';
  return concatBytes(headerBytes(magic, [streams[0]!.length, streams[1]!.length, newSize]), ...streams);
}

function headerBytes(magic: string, numbers: readonly number[]): Uint8Array {
  const header = new Uint8Array(magic.length + 8 * numbers.length);
  header.set(new TextEncoder().encode(magic));
  numbers.forEach((number, i) => {
    writeSignMagnitude(header, magic.length + 8 * i, number);
  });
  return header;
}

function interleave(
  control: Float64Array,
  triples: Uint8Array,
  diff: Uint8Array,
  extra: Uint8Array,
): Uint8Array {
  const whole = new Uint8Array(triples.length + diff.length + extra.length);
  let at = 0;
  let diffAt = 0;
  let extraAt = 0;
  const put = (bytes: Uint8Array): void => {
    whole.set(bytes, at);
    at += bytes.length;
  };
  for (let i = 0; i < control.length; i += 3) {
    put(triples.subarray(8 * i, 8 * i + TRIPLE_SIZE));
    put(diff.subarray(diffAt, (diffAt += control[i]!)));
    put(extra.subarray(extraAt, (extraAt += control[i + 1]!)));
  }
  return whole;
}
