/**
 * Coverage-guided fuzzing of what reads hostile bytes in TypeScript: V8 counts which blocks of the parsers ran (the precise coverage that
 * profilers use), and an input that runs a block no input ran before is kept and mutated further. The kernels, which V8 does not count, are
 * fuzzed by behaviour in fuzz-kernels.test.ts and mutations.test.ts.
 *
 * Oracle for each parser: it returns or throws a PatchError that is no KernelError, within a second, and never anything else.
 * Length in seconds for each parser: DELTAKIT_FUZZ_SECONDS, by default 20. The seed is printed.
 */

import { Session } from 'node:inspector';
import { describe, expect, it } from 'vitest';
import { readPatch } from '../../src/container/patch-reader.js';
import { readSignedParts } from '../../src/container/signature-block.js';
import { applyPatchSync, createPatchSync, identify, inspectPatch, PatchError } from '../../src/index.js';
import { makeCodePair } from '../support/make-pair.js';
import { mutateBytes } from '../support/mutate-bytes.js';
import { resealPatch } from '../support/reseal-patch.js';
import { SeededRandom } from '../support/seeded-random.js';
import { buildVectors, universalPair } from '../support/vector-set.js';

const SECONDS = Number(process.env.DELTAKIT_FUZZ_SECONDS ?? 20);
const SEED = Number(process.env.DELTAKIT_FUZZ_SEED ?? 20261124);
const SLOWEST_MS = 1000;
/** Inputs between two looks at the counters, which take about a millisecond. */
const BATCH = 16;

/** Blocks of code that ran, by the counters of V8. */
class BlockCoverage {
  private readonly session = new Session();
  private readonly seen = new Set<string>();

  constructor() {
    this.session.connect();
    this.post('Profiler.enable');
    this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get size(): number {
    return this.seen.size;
  }

  /** Notes the blocks that ran since the last look; answers how many are new. */
  look(): number {
    const before = this.seen.size;
    const { result } = this.post('Profiler.takePreciseCoverage') as {
      result: {
        url: string;
        functions: {
          functionName: string;
          ranges: { startOffset: number; endOffset: number; count: number }[];
        }[];
      }[];
    };
    for (const { url, functions } of result) {
      const at = url.lastIndexOf('/src/');
      if (at < 0 || url.includes('node_modules')) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          // Often and seldom are told apart, so that loops that go on longer count as something new.
          if (count > 0)
            this.seen.add(
              `${url.slice(at)} ${startOffset} ${endOffset} ${Math.min(Math.ceil(Math.log2(count)), 4)}`,
            );
        }
      }
    }
    return this.seen.size - before;
  }

  stop(): void {
    this.session.disconnect();
  }

  private post(method: string, parameters?: object): unknown {
    let answer: unknown;
    this.session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}

const code = makeCodePair(67, 400);
const plain = createPatchSync(code.oldBytes, code.newBytes, { metadata: { from: '1', to: '2' } }).patch;
const images = [buildVectors().find(({ name }) => name.startsWith('elf-arm64'))!, universalPair()].map(
  ({ oldBytes, newBytes }) => ({
    oldBytes,
    patch: createPatchSync(oldBytes, newBytes).patch,
  }),
);

/** Lets a parser be given a body that its digest agrees with. */
function sealed(patch: Uint8Array, body: Uint8Array): Uint8Array {
  try {
    return resealPatch(patch, { body });
  } catch {
    return patch;
  }
}

const LIMITS = { maxNewSize: 4 << 20, memoryLimit: 64 << 20 } as const;

const PARSERS: readonly {
  name: string;
  seeds: readonly Uint8Array[];
  run: (bytes: Uint8Array) => unknown;
}[] = [
  {
    name: 'the container',
    seeds: [plain, ...images.map(({ patch }) => patch)],
    run: (bytes) => inspectPatch(bytes),
  },
  { name: 'the signature block', seeds: [plain], run: (bytes) => readSignedParts(bytes) },
  {
    name: 'identify',
    seeds: [plain, ...images.map(({ oldBytes }) => oldBytes.slice(0, 4096))],
    run: (bytes) => identify(bytes),
  },
  {
    name: 'the body of plain bytes',
    seeds: [readPatch(plain).body],
    run: (body) => applyPatchSync(code.oldBytes, sealed(plain, body), LIMITS),
  },
  ...images.map(({ oldBytes, patch }, i) => ({
    name: `the body and side table of image ${i}`,
    seeds: [readPatch(patch).body],
    run: (body: Uint8Array) => applyPatchSync(oldBytes, sealed(patch, body), LIMITS),
  })),
  ...images.map(({ oldBytes }, i) => ({
    name: `the executable ${i}`,
    seeds: [oldBytes.slice(0, 8192)],
    // Creating reads the image as applying does, and has nobody's digest before it.
    run: (head: Uint8Array) => {
      const lying = oldBytes.slice();
      lying.set(head.subarray(0, lying.length));
      return createPatchSync(lying, lying.subarray(1), { effort: 0 });
    },
  })),
];

describe('coverage-guided fuzzing', () => {
  it.each(PARSERS)('$name', ({ name, seeds, run }) => {
    const random = new SeededRandom(SEED);
    const coverage = new BlockCoverage();
    const corpus = [...seeds];
    let tried = 0;
    let refused = 0;
    let slowest = 0;
    const attempt = (input: Uint8Array) => {
      const start = performance.now();
      try {
        run(input);
      } catch (error) {
        if (!(error instanceof PatchError) || error.name === 'KernelError') {
          throw new Error(`${name} (seed ${SEED}) on ${Buffer.from(input).toString('base64')}`, {
            cause: error,
          });
        }
        refused++;
      }
      tried++;
      slowest = Math.max(slowest, performance.now() - start);
    };
    try {
      for (const seed of seeds) attempt(seed);
      coverage.look();
      const atStart = coverage.size;
      const end = performance.now() + SECONDS * 1000;
      while (performance.now() < end) {
        const batch = Array.from({ length: BATCH }, () =>
          mutateBytes(random, corpus[random.below(corpus.length)]!, corpus[random.below(corpus.length)]!),
        );
        for (const input of batch) attempt(input);
        if (coverage.look() === 0) continue;
        // Which of them it was is told by the next look: all are kept until the corpus is large, then one by chance.
        corpus.push(...(corpus.length < 512 ? batch : [batch[random.below(BATCH)]!]));
      }
      process.stdout.write(
        `${name}: ${tried} inputs, ${refused} refused, ${tried - refused} taken, blocks ${atStart} -> ${coverage.size}, corpus ${corpus.length}, slowest ${Math.round(slowest)} ms, seed ${SEED}\n`,
      );
      expect(coverage.size).toBeGreaterThan(atStart);
      expect(slowest).toBeLessThan(SLOWEST_MS * (1 + SECONDS / 10));
    } finally {
      coverage.stop();
    }
  });
});
