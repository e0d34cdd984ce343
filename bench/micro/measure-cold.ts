/**
 * Times the first pass of fresh code against the passes after it, in wall time: an update agent runs once, and the
 * engine's compiler works beside it on another thread.
 */

import type { ColdCase } from './micro-case.js';
import { medianOf, megabytesPerSecond } from './statistics.js';

export interface ColdMeasurement {
  readonly name: string;
  readonly bytes: number;
  readonly coldMBs: number;
  readonly warmMBs: number;
  /** Median of cold/warm within one process start: what the first pass reaches of the speed of the later ones. */
  readonly coldToWarm: number;
  readonly coldMs: readonly number[];
  readonly warmMs: readonly number[];
}

const PASSES = 6;
/** Passes that count as warm: those behind the first two, in which the optimised code arrives. */
const WARM_FROM = 2;

export function measureCold(cases: readonly ColdCase[], rounds: number): ColdMeasurement[] {
  const passes = cases.map(() => [] as number[][]);
  for (let round = 0; round < rounds; round++) {
    cases.forEach((source, i) => {
      const { run } = source.start();
      passes[i]!.push(Array.from({ length: PASSES }, () => timePass(run)));
    });
  }
  return cases.map(({ name, bytes }, i) => {
    const coldMs = passes[i]!.map((times) => times[0]!);
    const warmMs = passes[i]!.map((times) => medianOf(times.slice(WARM_FROM)));
    return {
      name,
      bytes,
      coldMBs: megabytesPerSecond(bytes, medianOf(coldMs)),
      warmMBs: megabytesPerSecond(bytes, medianOf(warmMs)),
      coldToWarm: medianOf(coldMs.map((ms, round) => warmMs[round]! / ms)),
      coldMs,
      warmMs,
    };
  });
}

function timePass(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e6;
}
