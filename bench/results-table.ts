import { findBestPeer } from './compare-tools.js';
import { formatCount, formatMebibytes, formatRatio, formatSeconds } from './format-figure.js';
import {
  type BenchEntry,
  medianCpu,
  medianUser,
  type PairResult,
  peakMemory,
  type Samples,
} from './results.js';

const WIDTHS = [22, 12, 8, 18, 7, 18, 7, 18];
const HEAD = ['', 'bytes', '/ best', 'create user (cpu)', 'MiB', 'apply user (cpu)', 'MiB', 'warm cpu, both'];

/** Prints a pair's figures for the terminal. */
export function printPair(pair: PairResult): void {
  const best = findBestPeer(pair);
  const lines = [
    '',
    `${pair.name}: ${pair.what}, ${formatCount(pair.new.size)} bytes`,
    joinCells(HEAD),
    ...pair.entries.map((entry) => entryLine(entry, best?.bytes)),
  ];
  if (best?.listed) lines.push(joinCells([`${best.tool} (listed)`, formatCount(best.bytes), '1.00']));
  process.stdout.write(`${lines.join('\n')}\n`);
}

function entryLine(
  { tool, patchBytes, cold, warm, cached, problem }: BenchEntry,
  best: number | undefined,
): string {
  const note = [cached ? 'from the peer cache' : '', problem ?? ''].filter(Boolean).join(', ');
  if (patchBytes === undefined) return `${tool.padEnd(WIDTHS[0]!)}  ${note}`;
  const cells = [
    tool,
    formatCount(patchBytes),
    formatRatio(best === undefined ? undefined : patchBytes / best),
    ...[cold?.create, cold?.apply].flatMap((samples) => [
      formatTimes(samples),
      formatMebibytes(samples && peakMemory(samples)),
    ]),
    warm === undefined
      ? ''
      : `${formatSeconds(medianCpu(warm.create))} / ${formatSeconds(medianCpu(warm.apply))}`,
  ];
  return note === '' ? joinCells(cells) : `${joinCells(cells)}  ${note}`;
}

function formatTimes(samples: Samples | undefined): string {
  return samples === undefined
    ? '-'
    : `${formatSeconds(medianUser(samples))} (${formatSeconds(medianCpu(samples))})`;
}

function joinCells(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!)))
    .join(' ')
    .trimEnd();
}
