/**
 * bench/history.jsonl: one line a published run with what a trend needs: sizes, and times as ratios to bsdiff of the same run, since
 * seconds of different days and machines do not compare.
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BASELINE, findEntry, isOwn, speedUpOver } from './compare-tools.js';
import type { BenchResults } from './results.js';

const HISTORY_FILE = fileURLToPath(new URL('./history.jsonl', import.meta.url));

export interface HistoryFigure {
  readonly pair: string;
  readonly tool: string;
  readonly bytes: number;
  /** How many times faster than bsdiff and bspatch, in user CPU seconds; null where bsdiff did not run. */
  readonly createSpeedUp: number | null;
  readonly applySpeedUp: number | null;
}

export interface HistoryEntry {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly figures: readonly HistoryFigure[];
}

export function readHistory(file = HISTORY_FILE): HistoryEntry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as HistoryEntry);
}

/** Adds a run; one that is there already is left alone, so that publishing twice does no harm. */
export function addToHistory(results: BenchResults, file = HISTORY_FILE): void {
  const entry = summarizeRun(results);
  const isThere = readHistory(file).some(
    ({ date, commit }) => date === entry.date && commit === entry.commit,
  );
  if (!isThere && entry.figures.length > 0) appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

export function summarizeRun({ date, commit, node, pairs }: BenchResults): HistoryEntry {
  const figures = pairs.flatMap((pair) =>
    pair.entries
      .filter(({ tool, problem }) => isOwn(tool) && problem === undefined)
      .flatMap(({ tool }): HistoryFigure[] => {
        const bytes = findEntry(pair, tool)?.patchBytes;
        const ratio = (operation: 'create' | 'apply') => {
          const { user } = speedUpOver(pair, tool, BASELINE, operation);
          return user === undefined || user === 0 ? null : Math.round(user * 1000) / 1000;
        };
        if (bytes === undefined) return [];
        return [
          { pair: pair.name, tool, bytes, createSpeedUp: ratio('create'), applySpeedUp: ratio('apply') },
        ];
      }),
  );
  return { date, commit, node, figures };
}
