import { sha256 } from '../../src/digest/digest.js';
import { PatchError } from '../../src/errors/patch-error.js';
import type { DecoderTarget } from './decoder-targets.js';
import { guardKernels } from './guard-kernels.js';
import { mutateBytes } from './mutate-bytes.js';
import { SeededRandom } from './seeded-random.js';

export interface FuzzTally {
  tried: number;
  refused: number;
  /** Inputs that ended in a way that none before had, and were mutated further. */
  kept: number;
  slowest: number;
}

/** Corpus of one target at most; from then on a new input takes the place of another. */
const MAX_CORPUS = 400;

/**
 * Drives a decoder with mutated bytes until `goesOn` says no. V8 counts no blocks of wasm, so what an input does stands for the way that it took: the error, how
 * much came out, how much of it was as it should be. The oracle: it ends, with bytes or with a PatchError that is no KernelError, hands out no more than allowed,
 * writes nothing outside the blocks that it was given, and does the same with SIMD and without.
 *
 * @throws Error with the seed and the input
 */
export function fuzzDecoder(
  target: DecoderTarget,
  seed: number,
  goesOn: (tally: FuzzTally) => boolean,
): FuzzTally {
  const random = new SeededRandom(seed);
  const tally: FuzzTally = { tried: 0, refused: 0, kept: 0, slowest: 0 };
  const corpus = [target.seed];
  const seen = new Set<string>();
  const guard = guardKernels();
  try {
    const right = endingOf(target, target.seed, true, undefined);
    guard.check();
    if (right.error !== 'none') throw new Error(`${target.name}: the seed is refused: ${right.error}`);
    while (goesOn(tally)) {
      const input = mutateBytes(
        random,
        corpus[random.below(corpus.length)]!,
        corpus[random.below(corpus.length)]!,
      );
      const start = performance.now();
      try {
        const ending = endingOf(target, input, true, right.bytes);
        guard.check();
        const plain = endingOf(target, input, false, right.bytes);
        guard.check();
        if (ending.digest !== plain.digest || ending.error !== plain.error) {
          throw new Error(`SIMD: ${ending.error}, scalar: ${plain.error}`);
        }
        if (ending.error !== 'none') tally.refused++;
        if (!seen.has(ending.way)) {
          seen.add(ending.way);
          tally.kept++;
          if (corpus.length < MAX_CORPUS) corpus.push(input);
          else corpus[1 + random.below(MAX_CORPUS - 1)] = input;
        }
      } catch (cause) {
        const text = Buffer.from(input).toString('base64');
        throw new Error(`${target.name} (seed ${seed}) on ${text}: ${(cause as Error).message}`, { cause });
      }
      tally.tried++;
      tally.slowest = Math.max(tally.slowest, performance.now() - start);
    }
    return tally;
  } finally {
    guard.restore();
  }
}

/** Bytes at the beginning that are the same. */
function countSame(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

interface Ending {
  readonly error: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly way: string;
}

function endingOf(
  { limit, run }: DecoderTarget,
  input: Uint8Array,
  simd: boolean,
  right: Uint8Array | undefined,
): Ending {
  const bytes = new Uint8Array(limit);
  let size = 0;
  let error = 'none';
  try {
    run(input, simd, (piece) => {
      if (size + piece.length > limit) throw new Error(`more than ${limit} bytes come out`);
      bytes.set(piece, size);
      size += piece.length;
    });
  } catch (thrown) {
    if (!(thrown instanceof PatchError) || thrown.name === 'KernelError') throw thrown;
    error = `${thrown.code} ${thrown.message}`;
  }
  // Of numbers in a message their order of size: cover 3 and cover 300 are different ways.
  const ending = error.replaceAll(/\d+/g, (number) => `${Math.ceil(Math.log2(Number(number) + 1))}`);
  const way = [ending, size >> 8, countSame(bytes, right ?? bytes) >> 5].join(' ');
  return { error, bytes, digest: Buffer.from(sha256(bytes.subarray(0, size))).toString('hex'), way };
}
