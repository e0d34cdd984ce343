import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchTool, isInstalled, ownTool, PEER_TOOLS } from './bench-tools.js';
import {
  findMeter,
  type MeasuredRun,
  type Meter,
  measureProcess,
  type ProcessCost,
} from './measure-process.js';

export interface BenchRow {
  readonly tool: string;
  readonly patchBytes: number | undefined;
  /** Medians of the rounds; of memory the peak. */
  readonly create: ProcessCost | undefined;
  readonly apply: ProcessCost | undefined;
  /** Whether applying gave new. */
  readonly outcome: 'same' | 'differs' | 'failed' | 'missing';
  /** Why there is no figure, or what is wrong with it. */
  readonly note: string | undefined;
}

export interface BenchPairOptions {
  readonly peers: boolean;
  readonly efforts: readonly string[];
  /** How often every tool runs; in each round each runs once, so that a slow spell of the machine falls on all. */
  readonly rounds: number;
}

/** Every effort and every installed peer on one pair; each operation is a process of its own. */
export function* benchPair(
  oldPath: string,
  newPath: string,
  { peers, efforts, rounds }: BenchPairOptions,
): Generator<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-bench-'));
  const meter = findMeter();
  const tools = [...efforts.map((effort) => ownTool(effort)), ...(peers ? PEER_TOOLS : [])];
  const rows = tools.map((): BenchRow[] => []);
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const [i, tool] of tools.entries()) {
        rows[i]!.push(runTool(tool, meter, oldPath, newPath, folder));
        if (round === rounds) yield summarize(rows[i]!);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One row of a tool's rounds; a round that went wrong speaks for all. */
function summarize(rounds: readonly BenchRow[]): BenchRow {
  const wrong = rounds.find(({ outcome }) => outcome !== 'same');
  const [first] = rounds as [BenchRow];
  return wrong ?? { ...first, create: medianCost(rounds, 'create'), apply: medianCost(rounds, 'apply') };
}

function medianCost(rounds: readonly BenchRow[], operation: 'create' | 'apply'): ProcessCost {
  const pick = (figure: keyof ProcessCost) =>
    rounds.flatMap((row) => row[operation]?.[figure] ?? []).sort((a, b) => a - b);
  const median = (values: readonly number[]) => values[(values.length - 1) >> 1];
  return {
    cpuSeconds: median(pick('cpuSeconds')),
    userSeconds: median(pick('userSeconds')),
    peakKiB: pick('peakKiB').at(-1),
  };
}

function runTool(tool: BenchTool, meter: Meter, oldPath: string, newPath: string, folder: string): BenchRow {
  const patch = join(folder, 'patch');
  const out = join(folder, 'out');
  for (const path of [patch, out]) rmSync(path, { force: true });
  const missing = { tool: tool.name, patchBytes: undefined, create: undefined, apply: undefined };
  if (!isInstalled(tool.program) || !isInstalled(tool.applyProgram)) {
    return { ...missing, outcome: 'missing', note: 'not installed' };
  }
  const create = measureProcess(meter, tool.program, tool.create(oldPath, newPath, patch));
  if (create.status !== 0 || !existsSync(patch)) {
    return { ...missing, outcome: 'failed', note: `creating failed${reason(create)}` };
  }
  const apply = measureProcess(meter, tool.applyProgram, tool.apply(oldPath, patch, out));
  const row = { tool: tool.name, patchBytes: statSync(patch).size, create: create.cost, apply: apply.cost };
  if (apply.status !== 0 || !existsSync(out)) {
    return { ...row, outcome: 'failed', note: `applying failed${reason(apply)}` };
  }
  if (Buffer.compare(readFileSync(out), readFileSync(newPath)) !== 0) {
    return { ...row, outcome: 'differs', note: 'RESULT DIFFERS' };
  }
  return { ...row, outcome: 'same', note: clockNote(create, apply) };
}

/** First line of what a failed process said. */
function reason({ errorText }: MeasuredRun): string {
  const [line] = errorText.trim().split('\n');
  return line ? `: ${line}` : '';
}

/** Seconds by the clock, where no others can be had; a busy machine stretches them. */
function clockNote(create: MeasuredRun, apply: MeasuredRun): string | undefined {
  if (create.cost.cpuSeconds !== undefined && apply.cost.cpuSeconds !== undefined) return undefined;
  return `by the clock ${create.wallSeconds.toFixed(2)} s and ${apply.wallSeconds.toFixed(2)} s`;
}
