/**
 * Micro-benchmarks of the kernels.
 *   npx tsx bench/micro/run.ts [--quick] [--only TEXT] [--clock cpu|wall] [--json FILE]
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseClock } from './clock.js';
import { findCases, groupCases } from './find-cases.js';
import {
  FULL,
  type Measurement,
  type MeasureOptions,
  measureCases,
  QUICK,
  startCases,
} from './measure-cases.js';
import { type ColdMeasurement, measureCold } from './measure-cold.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    clock: { type: 'string', default: 'cpu' },
    json: { type: 'string' },
  },
});
const options: MeasureOptions = { ...(values.quick ? QUICK : FULL), clock: parseClock(values.clock) };

function printGroups(measurements: readonly Measurement[]): void {
  for (const [group, members] of groupCases(measurements)) {
    process.stdout.write(`\n${group} (MB/s of ${options.clock} time)\n`);
    console.table(
      members.map(({ name, medianMBs, bestMBs, spread, samples }) => ({
        name,
        median: Math.round(medianMBs),
        best: Math.round(bestMBs),
        'spread %': Number((spread * 100).toFixed(1)),
        samples: samples.length,
        'times first': Number((medianMBs / members[0]!.medianMBs).toFixed(2)),
      })),
    );
  }
}

function printCold(measurements: readonly ColdMeasurement[]): void {
  if (measurements.length === 0) return;
  process.stdout.write('\nFirst pass of fresh code (MB/s of wall time)\n');
  console.table(
    measurements.map(({ name, coldMBs, warmMBs, coldToWarm }) => ({
      name,
      cold: Math.round(coldMBs),
      warm: Math.round(warmMBs),
      'cold/warm': Number(coldToWarm.toFixed(2)),
    })),
  );
}

const { cases, coldCases } = await findCases(values.only);
// Cold first: the engine then has nothing else to compile.
const cold = measureCold(coldCases, options.rounds);
const warm = await measureCases(await startCases(cases), options);
printGroups(warm);
printCold(cold);
if (values.json !== undefined) {
  const { node, v8 } = process.versions;
  const report = {
    versions: { node, v8 },
    platform: process.platform,
    arch: process.arch,
    options,
    warm,
    cold,
  };
  writeFileSync(values.json, `${JSON.stringify(report)}\n`);
}
