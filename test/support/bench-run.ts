import {
  type BenchEntry,
  type BenchResults,
  type PairResult,
  RESULTS_SCHEMA,
  RESULTS_SCHEMA_VERSION,
  type Samples,
} from '../../bench/results.js';

/** A run of the bench with figures made up for tests. */
export function makeRun(changes: Partial<BenchResults> = {}): BenchResults {
  return {
    schema: RESULTS_SCHEMA,
    schemaVersion: RESULTS_SCHEMA_VERSION,
    date: '2030-01-02T03:04:05Z',
    version: '9.9.9',
    commit: '0123456789ab',
    modified: false,
    machine: { processor: 'Test CPU', cores: 2, memoryMiB: 4096, platform: 'linux', architecture: 'x64' },
    node: '20.19.0',
    v8: '11.3',
    peers: { bsdiff: '4.3', zstd: '1.5' },
    meter: 'bash and GNU time',
    rounds: 2,
    onceAbove: 20,
    pairs: [makePairResult('alpha'), makeSmallPair()],
    skipped: [{ name: 'gamma', reason: 'apt-get failed: <E> & more' }],
    kernels: [{ group: 'SHA-256, 1 MiB', name: 'SIMD', medianMBs: 512.4, bestMBs: 530.9 }],
    ...changes,
  };
}

export function makePairResult(name: string, changes: Partial<PairResult> = {}): PairResult {
  return {
    name,
    tier: 'npm',
    what: 'a test pair',
    old: { source: `${name}@1.0.0`, size: 2_000_000, sha256: 'a'.repeat(64) },
    new: { source: `${name}@1.0.1`, size: 2_100_000, sha256: 'b'.repeat(64) },
    entries: [
      makeEntry('deltakit default', 40_000, [0.5, 0.25]),
      makeEntry('bsdiff', 100_000, [4, 0.5]),
      { ...makeEntry('zstd -3 --patch-from', 300_000, [0.25, 0.125]), cached: true },
    ],
    ...changes,
  };
}

/** A pair that is too small to stand for others, whose best peer is a listed one, and where one tool is missing. */
function makeSmallPair(): PairResult {
  return makePairResult('fsevents-fat-2.3.2-2.3.3', {
    new: { source: 'generated', size: 150_000, sha256: 'c'.repeat(64) },
    entries: [
      makeEntry('deltakit default', 4_000, [0.125, 0.125]),
      {
        tool: 'bsdiff',
        patchBytes: undefined,
        patchSha256: undefined,
        cold: undefined,
        warm: undefined,
        cached: false,
        problem: 'bsdiff is not installed',
      },
    ],
  });
}

export function makeEntry(tool: string, patchBytes: number, [create, apply]: [number, number]): BenchEntry {
  return {
    tool,
    patchBytes,
    patchSha256: 'd'.repeat(64),
    cold: { create: makeSamples(create), apply: makeSamples(apply) },
    warm: tool.startsWith('deltakit')
      ? {
          create: { ...makeSamples(create / 2), peakKiB: [] },
          apply: { ...makeSamples(apply / 2), peakKiB: [] },
        }
      : undefined,
    cached: false,
    problem: undefined,
  };
}

/** Two samples whose median is `user`, with a quarter of it for the system. */
function makeSamples(user: number): Samples {
  return {
    userSeconds: [user * 1.5, user * 0.5],
    systemSeconds: [user / 4, user / 4],
    peakKiB: [51_200, 61_440],
  };
}
