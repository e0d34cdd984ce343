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
  readonly create: ProcessCost | undefined;
  readonly apply: ProcessCost | undefined;
  /** Whether applying gave new. */
  readonly outcome: 'same' | 'differs' | 'failed' | 'missing';
  /** Why there is no figure, or what is wrong with it. */
  readonly note: string | undefined;
}

/** Every effort and every installed peer on one pair; each operation is a process of its own. */
export function* benchPair(
  oldPath: string,
  newPath: string,
  options: { readonly peers: boolean },
): Generator<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-bench-'));
  const meter = findMeter();
  const own = ['fast', 'default', 'max'].map((effort) => ownTool(effort));
  try {
    for (const tool of [...own, ...(options.peers ? PEER_TOOLS : [])]) {
      yield runTool(tool, meter, oldPath, newPath, folder);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
