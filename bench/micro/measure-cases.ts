/**
 * Times cases with tinybench, in rounds: each round runs every case for a short while, so that a slow spell of the
 * machine falls on all of them. All samples are kept; a round's median is one observation for comparisons (the
 * samples within a round are not independent of one another).
 */

import { Bench } from 'tinybench';
import { type ClockName, clockOf } from './clock.js';
import { groupCases } from './find-cases.js';
import type { MicroCase, MicroRun } from './micro-case.js';
import { medianOf, megabytesPerSecond, minimumOf, relativeSpread } from './statistics.js';

export interface MeasureOptions {
  readonly rounds: number;
  /** Milliseconds of each case in each round. */
  readonly time: number;
  readonly clock: ClockName;
}

export const FULL: MeasureOptions = { rounds: 7, time: 150, clock: 'cpu' };
export const QUICK: MeasureOptions = { rounds: 5, time: 30, clock: 'cpu' };

export interface Measurement {
  readonly group: string;
  readonly name: string;
  readonly bytes: number;
  readonly medianMs: number;
  readonly minimumMs: number;
  readonly spread: number;
  readonly medianMBs: number;
  readonly bestMBs: number;
  readonly roundMedians: readonly number[];
  readonly samples: readonly number[];
}

export interface StartedCase {
  readonly source: MicroCase;
  readonly run: MicroRun;
}

/** Starts the cases, runs each once and throws when two of a group computed different things. */
export async function startCases(cases: readonly MicroCase[]): Promise<StartedCase[]> {
  const started: StartedCase[] = [];
  for (const source of cases) {
    const run = await source.start();
    run.run();
    started.push({ source, run });
  }
  for (const [group, members] of groupCases(started.map((item) => ({ ...item, group: item.source.group })))) {
    for (const member of members) {
      if (member.run.result() !== members[0]!.run.result()) {
        throw new Error(`${group}: ${member.source.name} computes something else than the others`);
      }
    }
  }
  return started;
}

export async function measureCases(
  started: readonly StartedCase[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  const rounds: number[][][] = started.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    const bench = new Bench({
      time: options.time,
      iterations: 3,
      warmup: round === 0,
      warmupTime: options.time,
      warmupIterations: 3,
      retainSamples: true,
      throws: true,
      timestampProvider: clockOf(options.clock),
    });
    started.forEach(({ run }, i) => {
      bench.add(String(i), () => run.run(), { async: false });
    });
    await bench.run();
    bench.tasks.forEach((task, i) => {
      if (task.result.state !== 'completed' || task.result.latency.samples === undefined) {
        throw new Error(`${started[i]!.source.name}: tinybench ended in state ${task.result.state}`);
      }
      rounds[i]!.push([...task.result.latency.samples]);
    });
  }
  return started.map(({ source }, i) => summarise(source, rounds[i]!));
}

function summarise({ group, name, bytes }: MicroCase, rounds: readonly number[][]): Measurement {
  const samples = rounds.flat();
  const medianMs = medianOf(samples);
  const minimumMs = minimumOf(samples);
  return {
    group,
    name,
    bytes,
    medianMs,
    minimumMs,
    spread: relativeSpread(samples),
    medianMBs: megabytesPerSecond(bytes, medianMs),
    bestMBs: megabytesPerSecond(bytes, minimumMs),
    roundMedians: rounds.map(medianOf),
    samples,
  };
}
