/** npm run demo: makes and applies a patch of a real pair and shows what it took, beside bsdiff where it is installed. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchTool, isInstalled, ownTool, PEER_TOOLS } from '../src/cli/bench-tools.js';
import { findMeter, type MeasuredRun, type Meter, measureProcess } from '../src/cli/measure-process.js';
import { makeCodePair } from '../test/support/make-pair.js';
import { CORPUS } from './corpus.js';
import { ensureBuilt } from './ensure-built.js';
import { fetchPair } from './fetch-corpus.js';
import { formatCount, formatMebibytes, formatRatio, formatSeconds } from './format-figure.js';

const PAIR = 'esbuild-macho-0.28.1-0.28.2';

interface DemoPair {
  readonly title: string;
  readonly oldPath: string;
  readonly newPath: string;
}

/** The real pair, or one made on the spot where it cannot be fetched. */
function choosePair(scratch: string): DemoPair {
  const pair = CORPUS.find(({ name }) => name === PAIR)!;
  say(`Fetching ${pair.old.source} and ${pair.new.source} ...`);
  const fetched = fetchPair(pair);
  if (!('reason' in fetched))
    return { title: `${pair.old.source} to ${pair.new.source}, ${pair.what}`, ...fetched };
  say(`  That failed: ${fetched.reason}`);
  say('  Taking a pair made on the spot instead.');
  const { oldBytes, newBytes } = makeCodePair(1, 400_000);
  const [oldPath, newPath] = [join(scratch, 'old'), join(scratch, 'new')] as const;
  writeFileSync(oldPath, oldBytes);
  writeFileSync(newPath, newBytes);
  return { title: 'generated machine code, a stretch of it moved', oldPath, newPath };
}

interface Outcome {
  readonly patchBytes: number;
  readonly create: MeasuredRun;
  readonly apply: MeasuredRun;
}

/** Makes and applies a patch; throws when anything fails or the result is not new. */
function tryTool(tool: BenchTool, { oldPath, newPath }: DemoPair, meter: Meter, scratch: string): Outcome {
  const [patchPath, outPath] = [join(scratch, 'patch'), join(scratch, 'out')] as const;
  for (const path of [patchPath, outPath]) rmSync(path, { force: true });
  const create = measureProcess(meter, tool.program, tool.create(oldPath, newPath, patchPath));
  if (create.status !== 0 || !existsSync(patchPath))
    throw new Error(`${tool.name}: ${create.errorText.trim()}`);
  const apply = measureProcess(meter, tool.applyProgram, tool.apply(oldPath, patchPath, outPath));
  if (apply.status !== 0 || !existsSync(outPath)) throw new Error(`${tool.name}: ${apply.errorText.trim()}`);
  if (Buffer.compare(readFileSync(outPath), readFileSync(newPath)) !== 0) {
    throw new Error(`${tool.name}: the result differs from the new file`);
  }
  return { patchBytes: statSync(patchPath).size, create, apply };
}

const WIDTHS = [18, 14, 10, 16, 15, 19];

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!))).join('')}`;
}

function outcomeRow(name: string, { patchBytes, create, apply }: Outcome, newSize: number): string {
  const secondsOf = (run: MeasuredRun) => `${formatSeconds(run.cost.cpuSeconds ?? run.wallSeconds)} s`;
  return row([
    name,
    `${formatCount(patchBytes)} B`,
    `${((patchBytes / newSize) * 100).toFixed(2)} %`,
    secondsOf(create),
    secondsOf(apply),
    `${formatMebibytes(apply.cost.peakKiB)} MiB`,
  ]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function showDemo(scratch: string): void {
  const cli = ensureBuilt();
  const pair = choosePair(scratch);
  const meter = findMeter();
  const newSize = statSync(pair.newPath).size;
  say(`\n${pair.title}`);
  say(`  old ${formatCount(statSync(pair.oldPath).size)} B, new ${formatCount(newSize)} B\n`);
  say(row(['', 'patch', 'of new', 'create', 'apply', 'memory to apply']));
  const own = tryTool(ownTool('default', cli), pair, meter, scratch);
  say(outcomeRow('deltakit', own, newSize));
  const peer = PEER_TOOLS.find(({ name }) => name === 'bsdiff')!;
  if (isInstalled(peer.program) && isInstalled(peer.applyProgram)) {
    const other = tryTool(peer, pair, meter, scratch);
    say(outcomeRow('bsdiff', other, newSize));
    say(`\n${compareText(own, other)}`);
  } else {
    say('  (bsdiff is not installed; with it here, its figures would stand beside)');
  }
  const clock = meter === 'none' ? 'by the clock' : 'CPU time of the whole process';
  say(`\nApplied and compared with the new file: the same bytes. Seconds are ${clock};`);
  say('applying with deltakit includes SHA-256 of the old and the new file, with bsdiff no such check.');
  say('\nThe same by hand:\n  npx deltakit diff OLD NEW -o PATCH\n  npx deltakit apply OLD PATCH -o OUT');
}

function compareText(own: Outcome, other: Outcome): string {
  const ratio = (pick: (outcome: Outcome) => number) => formatRatio(pick(own) / pick(other));
  const seconds = (run: MeasuredRun) => run.cost.cpuSeconds ?? run.wallSeconds;
  return [
    `Of what bsdiff takes: ${ratio(({ patchBytes }) => patchBytes)} of the bytes,`,
    `${ratio(({ create }) => seconds(create))} of the time to make the patch,`,
    `${ratio(({ apply }) => seconds(apply))} of the time to apply it.`,
  ].join(' ');
}

const scratch = mkdtempSync(join(tmpdir(), 'deltakit-demo-'));
try {
  showDemo(scratch);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
