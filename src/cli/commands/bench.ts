import { type BenchRow, benchPair } from '../bench-pair.js';
import type { CommandLine } from '../command-line.js';
import { count } from '../report-text.js';
import type { Terminal } from '../terminal.js';

export async function runBench(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, newPath] = line.operands as [string, string];
  const rows: BenchRow[] = [];
  for (const row of benchPair(oldPath, newPath, { peers: !line.flag('no-peers') })) {
    rows.push(row);
    terminal.note(
      `${row.tool}: ${row.patchBytes === undefined ? row.note : `${count(row.patchBytes)} bytes`}`,
    );
  }
  if (!terminal.printJson('bench', { rows })) terminal.print(table(rows));
}

function table(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ tool, patchBytes, create, apply, note }) =>
    [
      tool.padEnd(22),
      (patchBytes === undefined ? '-' : count(patchBytes)).padStart(13),
      seconds(create?.cpuSeconds).padStart(10),
      memory(create?.peakKiB).padStart(9),
      seconds(apply?.cpuSeconds).padStart(10),
      memory(apply?.peakKiB).padStart(9),
      note === undefined ? '' : `  ${note}`,
    ].join(''),
  );
  const head = `${'tool'.padEnd(22)}${'bytes'.padStart(13)}${'create s'.padStart(10)}${'MiB'.padStart(9)}${'apply s'.padStart(10)}${'MiB'.padStart(9)}`;
  return `${[head, ...lines].join('\n')}\nseconds are user + system CPU time of a cold process, MiB its peak memory\n`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(2);
}

function memory(value: number | undefined): string {
  return value === undefined ? '-' : String(Math.round(value / 1024));
}
