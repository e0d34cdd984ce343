/**
 * The same cases through a second library, `benchmark` 2.1.4: its ranking must agree with tinybench's. Exits 1 when
 * it does not.
 *   npx tsx bench/micro/cross-check.ts [--quick] [--only TEXT]
 */

import { parseArgs } from 'node:util';
import Benchmark from 'benchmark';
import { findCases, groupCases } from './find-cases.js';
import {
  FULL,
  type MeasureOptions,
  measureCases,
  QUICK,
  type StartedCase,
  startCases,
} from './measure-cases.js';
import { compareRounds, judgePairs, type RankedCase, rankByMedian } from './rank-agreement.js';
import { medianOf, megabytesPerSecond } from './statistics.js';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
// Both libraries measure wall time here: `benchmark` has no other clock.
const options: MeasureOptions = { ...(values.quick ? QUICK : FULL), clock: 'wall' };

/** Seconds per run, one median per round, by `benchmark`; the rounds go round all cases as tinybench's do. */
function measureWithBenchmark(started: readonly StartedCase[]): number[][] {
  const rounds = started.map(() => [] as number[]);
  for (let round = 0; round < options.rounds; round++) {
    started.forEach(({ run }, i) => {
      // A bound function has no source text, so that `benchmark` calls it instead of compiling a copy of its body,
      // which would lose the variables that it closes over.
      const bench = new Benchmark(run.run.bind(run), {
        maxTime: options.time / 1000,
        minTime: options.time / 5000,
        minSamples: 3,
      });
      bench.run({ async: false });
      if (bench.error) throw bench.error;
      rounds[i]!.push(medianOf(bench.stats.sample));
    });
  }
  return rounds;
}

function printGroup(group: string, members: readonly (RankedCase & { bytes: number })[]): boolean {
  const verdicts = judgePairs(members);
  const leader = members.find(
    ({ name }) => name === rankByMedian(members.map((m) => ({ name: m.name, rounds: m.first })))[0],
  )!;
  process.stdout.write(`\n${group}\n`);
  console.table(
    members.map(({ name, bytes, first, second }) => ({
      name,
      'tinybench MB/s': Math.round(megabytesPerSecond(bytes, medianOf(first))),
      'benchmark MB/s': Math.round(megabytesPerSecond(bytes, medianOf(second) * 1000)),
      'against the fastest (Mann-Whitney)':
        name === leader.name ? '' : ['slower', 'open', 'faster'][compareRounds(second, leader.second) + 1],
    })),
  );
  const broken = verdicts.filter(({ agrees }) => !agrees);
  for (const { faster, slower } of broken) {
    process.stdout.write(`tinybench finds ${faster} faster than ${slower}, benchmark finds the opposite\n`);
  }
  const open = (members.length * (members.length - 1)) / 2 - verdicts.length;
  const agreeing = verdicts.length - broken.length;
  process.stdout.write(`${agreeing} of ${verdicts.length} ordered pairs agree, ${open} too close to order\n`);
  return broken.length === 0;
}

const { cases } = await findCases(values.only);
const started = await startCases(cases);
const byTinybench = await measureCases(started, options);
const byBenchmark = measureWithBenchmark(started);
const ranked = byTinybench.map(({ group, name, bytes, roundMedians }, i) => ({
  group,
  name,
  bytes,
  first: roundMedians,
  second: byBenchmark[i]!,
}));
const agreements = [...groupCases(ranked)].map(([group, members]) => printGroup(group, members));
if (agreements.includes(false)) process.exitCode = 1;
