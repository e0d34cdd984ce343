/**
 * Measures creating and applying patches on real pairs, beside the peers that are installed.
 *   npm run bench -- [--tier npm|debian|vectors|all] [--help]
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMeter } from '../src/cli/measure-process.js';
import { type BenchOptions, parseBenchOptions, USAGE } from './bench-options.js';
import { describeRun } from './describe-run.js';
import { ensureBuilt } from './ensure-built.js';
import { corpusFolder, fetchPair, listPairs } from './fetch-corpus.js';
import { addToHistory } from './history.js';
import { measurePair } from './measure-pair.js';
import { PeerCache } from './peer-cache.js';
import { writeReport } from './report.js';
import {
  type BenchResults,
  type KernelResult,
  type PairResult,
  RESULTS_SCHEMA,
  RESULTS_SCHEMA_VERSION,
  writeResultsText,
} from './results.js';
import { printPair } from './results-table.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const QUICK_SIZE = 16 * 2 ** 20;

function choosePairs({ tiers, pairs, quick }: BenchOptions) {
  const all = listPairs(tiers);
  const unknown = pairs.find((name) => !all.some((pair) => pair.name === name));
  if (unknown !== undefined) {
    throw new RangeError(
      `--pair: no ${unknown} in tier ${tiers.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`,
    );
  }
  if (pairs.length > 0) return all.filter(({ name }) => pairs.includes(name));
  return quick ? all.filter((pair) => pair.new.size <= QUICK_SIZE) : all;
}

function measureAll(options: BenchOptions): BenchResults {
  const facts = describeRun(options.peers);
  const meter = findMeter();
  if (meter === 'none') {
    process.stdout.write(
      'Neither GNU time nor python3 is here: sizes are measured, seconds and memory are not.\n',
    );
  }
  const cache = new PeerCache(options.peerCacheFile);
  const pairs: PairResult[] = [];
  const skipped: { name: string; reason: string }[] = [];
  for (const pair of choosePairs(options)) {
    const fetched = fetchPair(pair);
    if ('reason' in fetched) {
      skipped.push({ name: pair.name, reason: fetched.reason });
      process.stdout.write(`\n${pair.name}: skipped, ${fetched.reason}\n`);
      continue;
    }
    const versionOf = (program: string) => facts.peers[program] ?? '';
    const entries = measurePair(fetched, options, meter, ({ name, program }) =>
      cache.find(pair, name, versionOf(program)),
    );
    for (const entry of entries) {
      const program = entry.tool.split(' ')[0]!;
      if (program !== 'deltakit') cache.keep(pair, entry, versionOf(program));
    }
    const result = { ...pair, old: fileFacts(pair.old), new: fileFacts(pair.new), entries };
    printPair(result);
    pairs.push(result);
  }
  return {
    schema: RESULTS_SCHEMA,
    schemaVersion: RESULTS_SCHEMA_VERSION,
    ...facts,
    meter,
    rounds: options.rounds,
    onceAbove: options.onceAbove,
    pairs,
    skipped,
    kernels: options.kernels ? measureKernels(options.quick) : [],
  };
}

function fileFacts({ source, size, sha256 }: { source: string; size: number; sha256: string }) {
  return { source, size, sha256 };
}

/** The micro-benchmarks have a runner of their own. */
function measureKernels(quick: boolean): KernelResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-bench-'));
  try {
    const file = join(folder, 'kernels.json');
    const words = ['tsx', 'bench/micro/run.ts', '--json', file, ...(quick ? ['--quick'] : [])];
    execFileSync('npx', words, { cwd: ROOT, stdio: 'inherit' });
    const { warm } = JSON.parse(readFileSync(file, 'utf8')) as { warm: KernelResult[] };
    return warm.map(({ group, name, medianMBs, bestMBs }) => ({ group, name, medianMBs, bestMBs }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A whole run is published; a quick or partial one is not, unless it was given a name. */
function saveResults(results: BenchResults, options: BenchOptions): void {
  const whole =
    options.pairs.length === 0 &&
    options.tiers.some((tier) => tier !== 'vectors') &&
    !options.quick &&
    options.efforts.length >= 3;
  const name = `${options.name ?? options.tiers.join('-')}.json`;
  const published = options.name !== undefined || (whole && options.jsonFile === undefined);
  const file = options.jsonFile ?? join(ROOT, published ? 'bench/results' : '.cache/bench', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, writeResultsText(results));
  process.stdout.write(`\nResults: ${file}\n`);
  if (published && options.jsonFile === undefined) {
    addToHistory(results);
    for (const written of writeReport()) process.stdout.write(`Report: ${written}\n`);
  }
}

function listProblems({ pairs }: BenchResults): string[] {
  return pairs.flatMap(({ name, entries }) =>
    entries
      .filter(({ problem }) => problem !== undefined && !problem.endsWith('is not installed'))
      .map(({ tool, problem }) => `${name}, ${tool}: ${problem}`),
  );
}

function main(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const options = parseBenchOptions(args);
  if (options.fetchOnly) {
    const fetched = choosePairs(options).map(fetchPair);
    for (const one of fetched) {
      process.stdout.write(`${one.pair.name}: ${'reason' in one ? `skipped, ${one.reason}` : 'there'}\n`);
    }
    process.stdout.write(`In ${corpusFolder()}\n`);
    return 0;
  }
  ensureBuilt();
  const results = measureAll(options);
  if (results.pairs.length === 0) {
    process.stderr.write('No pair was measured.\n');
    return results.skipped.length > 0 ? 0 : 1;
  }
  saveResults(results, options);
  const problems = listProblems(results);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof RangeError || error instanceof TypeError ? 2 : 1;
}
