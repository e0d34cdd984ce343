/** Measures two builds in turn: each round goes base, head, head, base, so that a drift of the machine falls on both. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCodePair } from '../../test/support/make-pair.js';
import { medianOf } from '../micro/statistics.js';
import type { Build } from './builds.js';
import type { RoundTimes } from './judge-time.js';

const SAMPLE = fileURLToPath(new URL('./time-sample.mjs', import.meta.url));

export interface TimeCase {
  readonly name: string;
  readonly operation: 'create' | 'apply';
  readonly effort: string;
  readonly oldPath: string;
  readonly newPath: string;
}

/** Cases on a pair of generated machine code: the same on every machine, without a download. */
export function makeTimeCases(folder: string): TimeCase[] {
  const { oldBytes, newBytes } = makeCodePair(1, 120_000);
  const [oldPath, newPath] = [join(folder, 'time-old'), join(folder, 'time-new')] as const;
  writeFileSync(oldPath, oldBytes);
  writeFileSync(newPath, newBytes);
  const efforts = ['fast', 'default'] as const;
  return (['create', 'apply'] as const).flatMap((operation) =>
    efforts.map((effort) => ({ name: `${operation}, ${effort}`, operation, effort, oldPath, newPath })),
  );
}

export interface RoundOptions {
  readonly rounds: number;
  /** Factor by which head is made slower, to prove the gate; 1: not. */
  readonly plant: number;
  readonly folder: string;
}

export function measureRounds(
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

function sampleBuild({ dist }: Build, casesFile: string, plant: number): Record<string, number> {
  const text = execFileSync(process.execPath, [SAMPLE, dist, casesFile, String(plant)], { encoding: 'utf8' });
  return JSON.parse(text) as Record<string, number>;
}

function secondsOf(seconds: Record<string, number>, name: string): number {
  const value = seconds[name];
  if (value === undefined) throw new Error(`${name}: not measured`);
  return value;
}
