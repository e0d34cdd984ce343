/**
 * Fails when a change makes patches larger or code slower, and does not fail on a noisy machine.
 *   npm run bench:gate -- [--base REV] [--rounds N] [--tier vectors|npm|debian]
 *   npm run bench:baseline -- [--tier ...]                 records the exact figures as they are
 * Exact figures are compared with bench/baseline.json, tolerance 0. With --base, times of that revision and of the working tree are
 * measured in turn, in this job; only a ratio above 1.10 that chance makes less often than 1 time in 100, and that shows again, fails.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { TIERS, type Tier } from '../corpus.js';
import { fetchPair, listPairs } from '../fetch-corpus.js';
import { type Build, buildHead, buildRevision } from './builds.js';
import {
  compareFigures,
  describeDifference,
  type Figures,
  readBaseline,
  writeBaseline,
} from './exact-gate.js';
import { CHANCE_LIMIT, FEWEST_ROUNDS, RATIO_LIMIT, type TimeVerdict } from './judge-time.js';
import { judgeTwice, makeTimeCases } from './run-rounds.js';

const EXACT = fileURLToPath(new URL('./exact-figures.mjs', import.meta.url));
/** The slowest effort of a pair past this size takes minutes, and says little that the others do not. */
const MAX_EFFORT_SIZE = 16 * 2 ** 20;

interface GateOptions {
  readonly base: string | undefined;
  readonly rounds: number;
  readonly tiers: readonly Tier[];
  readonly record: boolean;
  readonly plant: number;
}

function parseOptions(args: readonly string[]): GateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      base: { type: 'string' },
      rounds: { type: 'string', default: String(FEWEST_ROUNDS) },
      tier: { type: 'string', default: 'vectors' },
      record: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new RangeError(`--rounds: expected a whole number from ${FEWEST_ROUNDS}, got ${values.rounds}`);
  }
  const wanted = values.tier.split(',');
  const tiers = wanted.includes('all') ? TIERS : TIERS.filter((tier) => wanted.includes(tier));
  if (tiers.length === 0)
    throw new RangeError(`--tier: expected ${TIERS.join(', ')} or all, got ${values.tier}`);
  const plant = Number(process.env.DELTAKIT_BENCH_PLANT ?? 1);
  if (!(plant >= 1 && plant <= 10)) {
    throw new RangeError(
      `DELTAKIT_BENCH_PLANT: expected a factor from 1 to 10, got ${process.env.DELTAKIT_BENCH_PLANT}`,
    );
  }
  return { base: values.base, rounds, tiers, record: values.record, plant };
}

interface MeasuredFigures {
  readonly figures: Figures;
  readonly isMeasured: (name: string) => boolean;
}

function measureFigures(head: Build, tiers: readonly Tier[], folder: string): MeasuredFigures {
  const known = TIERS.flatMap((tier) => listPairs([tier])).map(({ name }) => name);
  const pairs = listPairs(tiers).flatMap((pair) => {
    const fetched = fetchPair(pair);
    if ('reason' in fetched) {
      say(`${pair.name}: not measured, ${fetched.reason}`);
      return [];
    }
    const efforts = pair.new.size > MAX_EFFORT_SIZE ? ['fast', 'default'] : ['fast', 'default', 'max'];
    return [{ name: pair.name, oldPath: fetched.oldPath, newPath: fetched.newPath, efforts }];
  });
  const pairsFile = join(folder, 'pairs.json');
  writeFileSync(pairsFile, JSON.stringify(pairs));
  const text = execFileSync(process.execPath, [EXACT, head.dist, pairsFile], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const measured = new Set(pairs.map(({ name }) => name));
  return {
    figures: JSON.parse(text) as Figures,
    isMeasured: (figure) => {
      const pair = figure.split(', ')[0]!;
      return measured.has(pair) || !known.includes(pair);
    },
  };
}

function passExactGate({ figures, isMeasured }: MeasuredFigures): boolean {
  const differences = compareFigures(readBaseline(), figures, isMeasured);
  const count = Object.keys(figures).length;
  if (differences.length === 0) {
    say(`Exact figures: all ${count} are those of bench/baseline.json.`);
    return true;
  }
  say(`Exact figures: ${differences.length} of ${count} are not those of bench/baseline.json:`);
  for (const difference of differences) say(`  ${describeDifference(difference)}`);
  say(
    'If that is what the change is for, record them with npm run bench:baseline and say why in the commit.',
  );
  return false;
}

function passTimeGate(base: Build, head: Build, options: GateOptions, folder: string): boolean {
  if (options.plant > 1) say(`The working tree is made ${options.plant} times slower on purpose.`);
  const { first, again } = judgeTwice(base, head, makeTimeCases(folder), { ...options, folder });
  say(`User CPU time of ${head.name} against ${base.name}, medians of ${options.rounds} rounds:`);
  first.forEach(sayVerdict);
  if (again.length === 0) return true;
  say('What was slower, measured again:');
  again.forEach(sayVerdict);
  const confirmed = again.filter(({ slower }) => slower);
  for (const { name, ratio } of confirmed) {
    say(
      `SLOWER: ${name}, by ${((ratio - 1) * 100).toFixed(0)} % (limit ${((RATIO_LIMIT - 1) * 100).toFixed(0)} %)`,
    );
  }
  if (confirmed.length === 0) say('It did not show again: a spell of the machine, not the change.');
  return confirmed.length === 0;
}

function sayVerdict({ name, baseSeconds, headSeconds, ratio, chance, slower }: TimeVerdict): void {
  const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(2)} ms`.padStart(11);
  const likely = chance < CHANCE_LIMIT ? `p ${chance.toExponential(0)}` : `p ${chance.toFixed(2)}`;
  say(
    `  ${name.padEnd(18)}${milliseconds(baseSeconds)} ${milliseconds(headSeconds)}  x ${ratio.toFixed(3)}  ${likely}${slower ? '  slower' : ''}`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function main(args: readonly string[]): number {
  const options = parseOptions(args);
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-gate-'));
  try {
    const head = buildHead();
    const measured = measureFigures(head, options.tiers, folder);
    if (options.record) {
      writeBaseline(measured.figures, measured.isMeasured);
      say(`Recorded ${Object.keys(measured.figures).length} figures in bench/baseline.json.`);
      return 0;
    }
    const exact = passExactGate(measured);
    const time =
      options.base === undefined || passTimeGate(buildRevision(options.base), head, options, folder);
    if (options.base === undefined) say('Times were not compared: that needs --base REV.');
    say(exact && time ? 'The gate passes.' : 'The gate fails.');
    return exact && time ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof RangeError || error instanceof TypeError ? 2 : 1;
}
