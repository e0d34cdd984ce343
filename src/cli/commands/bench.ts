import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { FileReader } from '../../node/file-reader.js';
import { compareBenches, describeChanges, type RegressionLimits } from '../bench-compare.js';
import { BENCH_FORMATS, type BenchFormat, formatBench } from '../bench-formats.js';
import { type BenchRow, benchPair } from '../bench-pair.js';
import { type FilePair, listFilePairs, PAIRINGS } from '../bench-releases.js';
import { type BenchedPair, type BenchResult, readBenchResult } from '../bench-result.js';
import { type CommandLine, parseCount } from '../command-line.js';
import { CheckFailure, EXIT, UsageError } from '../exit-code.js';
import { count } from '../report-text.js';
import { JSON_SCHEMA_VERSION, type Terminal } from '../terminal.js';

const EFFORTS = ['fast', 'default', 'max', ...'0123456789'];

export async function runBench(line: CommandLine, terminal: Terminal): Promise<void> {
  const format = chooseWord(line, 'format', BENCH_FORMATS);
  const limits = parseLimits(line);
  const [from, compared] = ['from', 'compare'].map((option) => line.text(option));
  // Read before minutes of measuring.
  const before = compared === undefined ? undefined : readBenchResult(compared, JSON_SCHEMA_VERSION);
  const result =
    from === undefined ? await measure(line, terminal) : readBenchResult(from, JSON_SCHEMA_VERSION);
  await printResult(result, format, terminal);
  assertGoodRows(result.pairs);
  if (before !== undefined) assertNoRegression(before, result, limits, terminal);
}

async function measure(line: CommandLine, terminal: Terminal): Promise<BenchResult> {
  const rounds = parseCount(line.text('rounds') ?? '1', 'rounds', 1, 1000);
  const options = {
    peers: !line.flag('no-peers'),
    efforts: listEfforts(line.texts('effort')),
    rounds,
  };
  if (line.operands.length === 0) throw new UsageError(`bench takes releases\nusage: ${line.command.usage}`);
  const files = listFilePairs(line.operands, chooseWord(line, 'pairs', PAIRINGS) ?? 'successive');
  // A path that cannot be read is told at once, not by every tool in its own way.
  for (const { oldPath, newPath } of files)
    for (const path of [oldPath, newPath]) new FileReader(path).close();
  const pairs: BenchedPair[] = [];
  for (const file of files) {
    const rows = await measurePair(file, options, terminal);
    const [oldSize, newSize] = [file.oldPath, file.newPath].map((path) => statSync(path).size);
    pairs.push({ name: file.name, oldSize: oldSize!, newSize: newSize!, rows });
  }
  return { rounds, pairs };
}

async function measurePair(
  { oldPath, newPath }: FilePair,
  options: Parameters<typeof benchPair>[2],
  terminal: Terminal,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const row of benchPair(oldPath, newPath, options)) {
    // An interrupt ended the measured process as well; the event loop tells it now, and leaving the loop cleans up.
    await setImmediate();
    terminal.signal.throwIfAborted();
    rows.push(row);
    terminal.note(
      `${row.tool}: ${row.patchBytes === undefined ? row.note : `${count(row.patchBytes)} bytes`}`,
    );
  }
  return rows;
}

async function printResult(
  result: BenchResult,
  format: BenchFormat | undefined,
  terminal: Terminal,
): Promise<void> {
  if (await terminal.printJson('bench', result)) return;
  if (format !== undefined) return terminal.print(formatBench(result, format));
  const { pairs } = result;
  const titled = pairs.map(({ name, rows }) =>
    pairs.length === 1 ? table(rows) : `${name}\n${table(rows)}`,
  );
  await terminal.print(
    `${titled.join('\n')}seconds are user CPU time of a cold process, then with system time; MiB is its peak memory\n`,
  );
}

function chooseWord<Word extends string>(
  line: CommandLine,
  option: string,
  words: readonly Word[],
): Word | undefined {
  const text = line.text(option);
  const word = words.find((one) => one === text);
  if (text !== undefined && word === undefined) {
    throw new UsageError(`--${option}: expected ${words.join(', ')}, got ${text}`);
  }
  return word;
}

function listEfforts(texts: readonly string[]): string[] {
  const efforts = texts.flatMap((text) => text.split(','));
  const wrong = efforts.find((effort) => !EFFORTS.includes(effort));
  if (wrong !== undefined)
    throw new UsageError(`--effort: expected fast, default, max or 0 to 9, got ${wrong}`);
  return efforts.length > 0 ? efforts : ['fast', 'default', 'max'];
}

function parseLimits(line: CommandLine): RegressionLimits {
  const [bytes, seconds] = ['fail-above', 'fail-above-time'].map((option) => parseRatio(line, option));
  if ((bytes ?? seconds) !== undefined && line.text('compare') === undefined) {
    throw new UsageError('--fail-above needs --compare FILE, what an earlier deltakit bench --json printed');
  }
  return { bytes, seconds };
}

function parseRatio(line: CommandLine, option: string): number | undefined {
  const text = line.text(option);
  if (text === undefined) return undefined;
  const ratio = Number(text);
  if (!(ratio >= 1 && ratio <= 1000)) {
    throw new UsageError(`--${option}: expected a ratio from 1 such as 1.10, got ${text}`);
  }
  return ratio;
}

/** A tool whose result is not new spoils the comparison; a peer that fails only lacks its figures. */
function assertGoodRows(pairs: readonly BenchedPair[]): void {
  const rows = pairs.flatMap((pair) => pair.rows);
  const wrong = rows.filter(({ outcome }) => outcome === 'differs').map(({ tool }) => tool);
  if (wrong.length > 0)
    throw new CheckFailure(`the result differs from NEW: ${wrong.join(', ')}`, EXIT.wrongResult);
  const failed = rows.find(({ tool, outcome }) => outcome === 'failed' && tool.startsWith('deltakit '));
  if (failed !== undefined) throw new CheckFailure(`${failed.tool}: ${failed.note}`, EXIT.failure);
}

function assertNoRegression(
  before: BenchResult,
  now: BenchResult,
  limits: RegressionLimits,
  terminal: Terminal,
): void {
  const comparison = compareBenches(before, now, limits);
  for (const change of describeChanges(comparison)) terminal.note(change);
  const count = comparison.changes.filter(({ tooMuch }) => tooMuch).length;
  if (count > 0) {
    throw new CheckFailure(
      `${count} figure${count === 1 ? '' : 's'} above the limit of the comparison`,
      EXIT.failure,
    );
  }
}

function table(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ tool, patchBytes, create, apply, note }) =>
    [
      tool.padEnd(22),
      (patchBytes === undefined ? '-' : count(patchBytes)).padStart(13),
      seconds(create?.userSeconds).padStart(10),
      seconds(create?.cpuSeconds).padStart(9),
      memory(create?.peakKiB).padStart(7),
      seconds(apply?.userSeconds).padStart(10),
      seconds(apply?.cpuSeconds).padStart(9),
      memory(apply?.peakKiB).padStart(7),
      note === undefined ? '' : `  ${note}`,
    ].join(''),
  );
  const operation = (name: string) => `${name.padStart(10)}${'+ sys'.padStart(9)}${'MiB'.padStart(7)}`;
  const head = `${'tool'.padEnd(22)}${'bytes'.padStart(13)}${operation('create s')}${operation('apply s')}`;
  return `${[head, ...lines].join('\n')}\n`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(2);
}

function memory(value: number | undefined): string {
  return value === undefined ? '-' : String(Math.round(value / 1024));
}
