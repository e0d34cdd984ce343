/**
 * Measures every tool on one pair. A round lets each tool create and apply once, so that a slow spell of the machine
 * falls on all of them; what took long is not repeated. Every result is compared with new, and a tool whose patch
 * differs between rounds is reported.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchTool, isInstalled, ownTool, PEER_TOOLS } from '../src/cli/bench-tools.js';
import { type MeasuredRun, type Meter, measureProcess } from '../src/cli/measure-process.js';
import type { BenchOptions } from './bench-options.js';
import type { FetchedPair } from './fetch-corpus.js';
import type { BenchEntry, Samples } from './results.js';

const CLI = fileURLToPath(new URL('../dist/bin/main.js', import.meta.url));
const WARM = fileURLToPath(new URL('./warm.mjs', import.meta.url));

/** Answers what is known of a tool on a pair already, if anything. */
export type KnownEntry = (tool: BenchTool) => BenchEntry | undefined;

interface GrowingSamples {
  userSeconds: number[];
  systemSeconds: number[];
  peakKiB: number[];
}

interface Contest {
  readonly tool: BenchTool;
  readonly create: GrowingSamples;
  readonly apply: GrowingSamples;
  patch: { readonly bytes: number; readonly sha256: string } | undefined;
  problem: string | undefined;
}

export function measurePair(
  fetched: FetchedPair,
  options: BenchOptions,
  meter: Meter,
  known: KnownEntry,
): BenchEntry[] {
  const own = options.efforts.map((effort) => ownTool(effort, CLI));
  const peers = PEER_TOOLS.filter(({ program }) => options.peers.includes(program));
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-bench-'));
  try {
    const contests = [...own, ...peers.filter((tool) => known(tool) === undefined)].map(openContest);
    for (let round = 0; round < options.rounds; round++) {
      contests.forEach((contest, i) => {
        runRound(contest, fetched, meter, join(folder, `patch-${i}`), join(folder, 'out'), options.onceAbove);
      });
    }
    const entries = contests.map((contest) => closeContest(contest, fetched, options));
    return [...entries, ...peers.flatMap((tool) => known(tool) ?? [])];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openContest(tool: BenchTool): Contest {
  const missing = [tool.program, tool.applyProgram].find((program) => !isInstalled(program));
  return {
    tool,
    create: { userSeconds: [], systemSeconds: [], peakKiB: [] },
    apply: { userSeconds: [], systemSeconds: [], peakKiB: [] },
    patch: undefined,
    problem: missing === undefined ? undefined : `${missing} is not installed`,
  };
}

function runRound(
  contest: Contest,
  { oldPath, newPath }: FetchedPair,
  meter: Meter,
  patchPath: string,
  outPath: string,
  onceAbove: number,
): void {
  const { tool, create, apply } = contest;
  if (contest.problem !== undefined) return;
  if (isWorthRepeating(create, onceAbove)) {
    rmSync(patchPath, { force: true });
    const run = measureProcess(meter, tool.program, tool.create(oldPath, newPath, patchPath));
    if (!keepSample(contest, create, run, 'creating', patchPath)) return;
    notePatch(contest, patchPath);
  }
  if (isWorthRepeating(apply, onceAbove)) {
    rmSync(outPath, { force: true });
    const run = measureProcess(meter, tool.applyProgram, tool.apply(oldPath, patchPath, outPath));
    if (!keepSample(contest, apply, run, 'applying', outPath)) return;
    if (Buffer.compare(readFileSync(outPath), readFileSync(newPath)) !== 0) {
      contest.problem = 'RESULT DIFFERS FROM NEW';
    }
  }
}

function isWorthRepeating({ userSeconds, systemSeconds }: Samples, onceAbove: number): boolean {
  return userSeconds.every((user, i) => user + systemSeconds[i]! <= onceAbove);
}

function keepSample(
  contest: Contest,
  samples: GrowingSamples,
  { status, cost, errorText }: MeasuredRun,
  what: string,
  outputPath: string,
): boolean {
  if (status !== 0 || !existsSync(outputPath)) {
    const lastLine = errorText.trim().split('\n').at(-1);
    contest.problem = `${what} failed (status ${status ?? 'none'}): ${lastLine || 'no message'}`;
    return false;
  }
  if (cost.userSeconds === undefined || cost.cpuSeconds === undefined || cost.peakKiB === undefined) {
    return true;
  }
  samples.userSeconds.push(cost.userSeconds);
  // Thousandths, as measured: a difference of doubles has a tail.
  samples.systemSeconds.push(Math.round((cost.cpuSeconds - cost.userSeconds) * 1e6) / 1e6);
  samples.peakKiB.push(cost.peakKiB);
  return true;
}

function notePatch(contest: Contest, path: string): void {
  const bytes = readFileSync(path);
  const patch = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  if (contest.patch !== undefined && contest.patch.sha256 !== patch.sha256) {
    contest.problem = 'patch differs between rounds';
  }
  contest.patch = patch;
}

function closeContest(contest: Contest, fetched: FetchedPair, { warmRounds }: BenchOptions): BenchEntry {
  const { tool, create, apply, patch } = contest;
  const effort = /^deltakit (\w+)$/.exec(tool.name)?.[1];
  const isWarm = effort !== undefined && warmRounds > 0 && contest.problem === undefined;
  return {
    tool: tool.name,
    patchBytes: patch?.bytes,
    patchSha256: patch?.sha256,
    cold: patch === undefined ? undefined : { create, apply },
    warm: isWarm ? measureWarm(fetched, effort, warmRounds) : undefined,
    cached: false,
    problem: contest.problem,
  };
}

function measureWarm({ oldPath, newPath }: FetchedPair, effort: string, rounds: number): BenchEntry['warm'] {
  const words = [WARM, oldPath, newPath, effort, String(rounds)];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`measuring warm failed: ${stderr}`);
  return JSON.parse(stdout) as BenchEntry['warm'];
}
