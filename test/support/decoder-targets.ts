/**
 * Every decoder of the wasm kernels, as something that takes hostile bytes: bare streams of the lz coder, control streams, and each stream of whole deltas with
 * the others as they were, straight into the decoding of a delta, where no digest stands before it.
 */

import { codedStream } from '../../src/apply/coded-stream.js';
import { decodeDelta } from '../../src/apply/decode-delta.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { readBody } from '../../src/container/patch-body.js';
import { readPatch } from '../../src/container/patch-reader.js';
import { decodeControl, encodeControl } from '../../src/control/control-stream.js';
import { CODER, type LzParameters, writeLzParameters } from '../../src/entropy/codec.js';
import { encodeDeflate } from '../../src/entropy/deflate.js';
import { encodeLz } from '../../src/entropy/lz-encode.js';
import { createStreamDecoder } from '../../src/entropy/stream-decoder.js';
import { createPatchSync } from '../../src/index.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import type { Effort } from '../../src/progress/effort.js';
import { exampleProgram } from './built-images.js';
import { buildElf } from './elf-builder.js';
import { makeTextPair, type Pair } from './make-pair.js';
import { randomCovers } from './random-covers.js';
import { SeededRandom } from './seeded-random.js';
import { goModulePair, insertFunction, universalPair } from './vector-set.js';

export interface DecoderTarget {
  readonly name: string;
  /** Coded bytes as an encoder made them. */
  readonly seed: Uint8Array;
  /** Most bytes that decoding may hand out. */
  readonly limit: number;
  /** Decodes, handing out pieces in order. Throws what the decoder throws. */
  run(coded: Uint8Array, simd: boolean, onBytes: (bytes: Uint8Array) => void): void;
}

export function listDecoderTargets(): DecoderTarget[] {
  const pairs: readonly (readonly [name: string, pair: Pair, effort: Effort])[] = [
    ['arm64, mixed', elfPair('arm64'), 'default'],
    ['arm64, direct', elfPair('arm64'), 'fast'],
    ['x86-64, mixed', elfPair('x86-64'), 'default'],
    ['Mach-O', pairOf(universalPair()), 'default'],
    ['Go module', pairOf(goModulePair()), 'default'],
    ['text', makeTextPair(71, 600), 'default'],
  ];
  return [
    ...bareStreams(),
    controlTarget(),
    ...pairs.flatMap(([name, pair, effort]) => streamsOfDelta(name, pair, effort)),
  ];
}

function elfPair(arch: 'arm64' | 'x86-64'): Pair {
  const build = (program: ReturnType<typeof exampleProgram>) =>
    Uint8Array.from(buildElf(program, { arch, relocations: 'rela', frames: 'hdr' }).bytes);
  const program = exampleProgram(73, 120, 200);
  return { oldBytes: build(program), newBytes: build(insertFunction(program)) };
}

function pairOf({ oldBytes, newBytes }: { oldBytes: Uint8Array; newBytes: Uint8Array }): Pair {
  return { oldBytes: Uint8Array.from(oldBytes), newBytes: Uint8Array.from(newBytes) };
}

const RAW = makeTextPair(72, 60).newBytes.subarray(0, 3000);
const LZ: readonly LzParameters[] = [
  { lc: 3, lp: 0, pb: 0, dictionaryLog2: 12 },
  { lc: 0, lp: 2, pb: 2, dictionaryLog2: 12 },
  { lc: 1, lp: 3, pb: 4, dictionaryLog2: 16 },
];
const PIECE = 700;

function bareStreams(): DecoderTarget[] {
  const bare = (name: string, coder: number, parameters: Uint8Array, seed: Uint8Array): DecoderTarget => ({
    name,
    seed,
    limit: RAW.length,
    run(coded, simd, onBytes) {
      const kernel = applyKernels({ simd });
      const decoder = createStreamDecoder(kernel, coder, parameters, RAW.length);
      const cut = coded.length >> 1;
      decoder.feed(coded.subarray(0, cut), false);
      decoder.feed(coded.subarray(cut), true);
      const ptr = kernel.alloc(PIECE);
      for (let done = 0; done < RAW.length; ) {
        const count = decoder.pull(ptr, Math.min(PIECE, RAW.length - done));
        if (count === 0) break;
        onBytes(kernel.view(ptr, count));
        done += count;
      }
      decoder.finish();
    },
  });
  const lz = LZ.map((parameters) => {
    const kernel = diffKernels();
    const work = encodeLz(kernel, kernel.put(RAW), RAW.length, parameters, {
      optimal: true,
      depth: 64,
      nice: 273,
    });
    let step = work.next();
    while (!step.done) step = work.next();
    const { lc, lp, pb } = parameters;
    return bare(`lz ${lc}/${lp}/${pb}`, CODER.lz, writeLzParameters(parameters), step.value);
  });
  return [...lz, bare('deflate', CODER.deflate, new Uint8Array(0), encodeDeflate(RAW, 9))];
}

function controlTarget(): DecoderTarget {
  const { covers, frame } = randomCovers(new SeededRandom(74), 120, 200);
  const count = covers.length / 3;
  return {
    name: 'control',
    seed: encodeControl(diffKernels(), covers, frame),
    limit: covers.byteLength,
    run(coded, simd, onBytes) {
      onBytes(new Uint8Array(decodeControl(applyKernels({ simd }), coded, count, frame).buffer));
    },
  };
}

/** One target for each stream of a delta. */
function streamsOfDelta(name: string, { oldBytes, newBytes }: Pair, effort: Effort): DecoderTarget[] {
  const { header, body } = readPatch(createPatchSync(oldBytes, newBytes, { effort }).patch);
  const pieces = readBody(body, header.streams);
  return header.streams.map((target, index) => ({
    name: `${target.name}${target.name === 'values' ? ` ${index}` : ''} of ${name}`,
    seed: pieces[index]![0]!.slice(),
    limit: newBytes.length,
    run(coded, simd, onBytes) {
      const streams = header.streams.map((entry, i) =>
        i === index
          ? codedStream(
              { ...entry, codedSize: coded.length },
              coded.length === 0 ? [] : [coded],
              createStreamDecoder,
            )
          : codedStream(entry, pieces[i]!, createStreamDecoder),
      );
      const changed = { ...header, streams: streams.map(({ entry }) => entry) };
      const steps = decodeDelta(bytesAccess(oldBytes), changed, streams, onBytes, { simd });
      while (!steps.next().done) {}
    },
  }));
}
