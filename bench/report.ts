/**
 * Makes docs/BENCHMARKS.md and its charts from results of the bench.
 *   npx tsx bench/report.ts [RESULTS.json ...]      (default: all of bench/results; of a pair the newest run counts)
 */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hasBaseline } from './compare-tools.js';
import { type HistoryEntry, readHistory } from './history.js';
import { groupByClass } from './pair-class.js';
import { mergeRuns, writePage } from './report-page.js';
import { type BenchResults, readResults } from './results.js';
import { drawSizeChart } from './size-chart.js';
import { drawSpeedChart } from './speed-chart.js';
import { drawTrends } from './trend-page.js';

const RESULTS = fileURLToPath(new URL('./results', import.meta.url));
const DOCS = fileURLToPath(new URL('../docs', import.meta.url));

/** Every file of the report by its path inside docs/. */
export function renderReport(
  runs: readonly BenchResults[],
  history: readonly HistoryEntry[] = [],
): Map<string, string> {
  const sorted = [...runs].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  const pairs = mergeRuns(sorted);
  return new Map([
    ['BENCHMARKS.md', writePage(sorted)],
    ['charts/sizes.svg', drawSizeChart(pairs)],
    ...groupByClass(pairs)
      .map(({ group, members }) => ({ group, members: members.filter(hasBaseline) }))
      .filter(({ members }) => members.length > 0)
      .map(({ group, members }): [string, string] => [
        `charts/speed-${group.slug}.svg`,
        drawSpeedChart(members, group.title),
      ]),
    ...drawTrends(history),
  ]);
}

/** Writes the report and answers the files written. */
export function writeReport(files = listResults(), folder = DOCS, history = readHistory()): string[] {
  mkdirSync(join(folder, 'charts'), { recursive: true });
  return [...renderReport(files.map(readResults), history)].map(([path, text]) => {
    writeFileSync(join(folder, path), text);
    return join('docs', path);
  });
}

function listResults(): string[] {
  return readdirSync(RESULTS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(RESULTS, name));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = process.argv.slice(2);
  for (const file of writeReport(files.length > 0 ? files : undefined)) process.stdout.write(`${file}\n`);
}
