/** Measures two builds in turn: each round goes base, head, head, base, so that a drift of the machine falls on both. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCodePair } from '../../test/support/make-pair.js';
import { medianOf } from '../micro/statistics.js';
import type { Build } from './builds.js';
import { judgeTime, type RoundTimes, type TimeVerdict } from './judge-time.js';

const SAMPLE = fileURLToPath(new URL('./time-sample.mjs', import.meta.url));

export interface TimeCase {
  readonly name: string;
  readonly operation: 'create' | 'apply';
  readonly effort: string;
  readonly oldPath: string;
  readonly newPath: string;
}

const IMAGE_PAIR = fileURLToPath(
  new URL('../../vectors/images/mach-o-with-two-code-directories-and-stale-hashes', import.meta.url),
);

/** Cases on a pair of generated machine code and on an executable of the vectors: the same on every machine, without a download. */
export function makeTimeCases(folder: string): TimeCase[] {
  const { oldBytes, newBytes } = makeCodePair(1, 120_000);
  const code = { oldPath: join(folder, 'time-old'), newPath: join(folder, 'time-new') };
  writeFileSync(code.oldPath, oldBytes);
  writeFileSync(code.newPath, newBytes);
  const image = { oldPath: join(IMAGE_PAIR, 'old.bin'), newPath: join(IMAGE_PAIR, 'new.bin') };
  return [
    { name: 'create, fast', operation: 'create', effort: 'fast', ...code },
    { name: 'create, default', operation: 'create', effort: 'default', ...code },
    { name: 'create, executable', operation: 'create', effort: 'default', ...image },
    { name: 'apply, fast', operation: 'apply', effort: 'fast', ...code },
    { name: 'apply, default', operation: 'apply', effort: 'default', ...code },
    { name: 'apply, executable', operation: 'apply', effort: 'default', ...image },
  ];
}

export interface RoundOptions {
  readonly rounds: number;
  /** Factor by which head is made slower, to prove the gate; 1: not. */
  readonly plant: number;
  readonly folder: string;
}

function measureRounds(
  base: Build,
  head: Build,
  cases: readonly TimeCase[],
  { rounds, plant, folder }: RoundOptions,
): RoundTimes[] {
  const casesFile = join(folder, 'cases.json');
  writeFileSync(casesFile, JSON.stringify(cases));
  const times = cases.map(({ name }) => ({ name, base: [] as number[], head: [] as number[] }));
  const sample = (build: Build, factor: number) => sampleBuild(build, casesFile, factor);
  for (let round = 0; round < rounds; round++) {
    const baseFirst = sample(base, 1);
    const heads = [sample(head, plant), sample(head, plant)];
    const bases = [baseFirst, sample(base, 1)];
    for (const { name, ...series } of times) {
      series.base.push(medianOf(bases.map((seconds) => secondsOf(seconds, name))));
      series.head.push(medianOf(heads.map((seconds) => secondsOf(seconds, name))));
    }
  }
  return times;
}

/** A sample takes seconds. */
const PATIENCE_MILLISECONDS = 60_000;

/**
 * A Node process may hang at its very end, its work done (https://github.com/nodejs/node/issues/54918: the main thread waits for a
 * compiler thread that waits for the main thread to collect garbage; seen once in some hundred samples). It is ended
 * then, and what it printed counts.
 */
function sampleBuild({ dist }: Build, casesFile: string, plant: number): Record<string, number> {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [SAMPLE, dist, casesFile, String(plant)],
    { encoding: 'utf8', timeout: PATIENCE_MILLISECONDS, killSignal: 'SIGKILL' },
  );
  if (status !== 0 && !(signal === 'SIGKILL' && stdout.endsWith('}\n'))) {
    throw new Error(`measuring ${dist} failed (${signal ?? status}): ${stderr}`);
  }
  return JSON.parse(stdout) as Record<string, number>;
}

function secondsOf(seconds: Record<string, number>, name: string): number {
  const value = seconds[name];
  if (value === undefined) throw new Error(`${name}: not measured`);
  return value;
}

/** Verdicts on all cases, and of those that looked slower the verdicts on a second, independent series. */
export interface RepeatedVerdicts {
  readonly first: readonly TimeVerdict[];
  readonly again: readonly TimeVerdict[];
}

/** Only what is slower in both series is slower. */
export function judgeTwice(
  base: Build,
  head: Build,
  cases: readonly TimeCase[],
  options: RoundOptions,
): RepeatedVerdicts {
  const judge = (chosen: readonly TimeCase[]) =>
    chosen.length === 0 ? [] : measureRounds(base, head, chosen, options).map(judgeTime);
  const first = judge(cases);
  const suspects = first.filter(({ slower }) => slower).map(({ name }) => name);
  return { first, again: judge(cases.filter(({ name }) => suspects.includes(name))) };
}
