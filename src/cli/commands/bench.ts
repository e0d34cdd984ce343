import { setImmediate } from 'node:timers/promises';
import { FileReader } from '../../node/file-reader.js';
import { type BenchRow, benchPair } from '../bench-pair.js';
import type { CommandLine } from '../command-line.js';
import { CheckFailure, EXIT } from '../exit-code.js';
import { count } from '../report-text.js';
import type { Terminal } from '../terminal.js';

export async function runBench(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, newPath] = line.operands as [string, string];
  // A path that cannot be read is told at once, not by every tool in its own way.
  for (const path of [oldPath, newPath]) new FileReader(path).close();
  const rows: BenchRow[] = [];
  for (const row of benchPair(oldPath, newPath, { peers: !line.flag('no-peers') })) {
    // An interrupt ended the measured process as well; the event loop tells it now, and leaving the loop cleans up.
    await setImmediate();
    terminal.signal.throwIfAborted();
    rows.push(row);
    terminal.note(
      `${row.tool}: ${row.patchBytes === undefined ? row.note : `${count(row.patchBytes)} bytes`}`,
    );
  }
  if (!(await terminal.printJson('bench', { rows }))) await terminal.print(table(rows));
  assertGoodRows(rows);
}

/** A tool whose result is not new spoils the comparison; a peer that fails only lacks its figures. */
function assertGoodRows(rows: readonly BenchRow[]): void {
  const wrong = rows.filter(({ outcome }) => outcome === 'differs').map(({ tool }) => tool);
  if (wrong.length > 0)
    throw new CheckFailure(`the result differs from NEW: ${wrong.join(', ')}`, EXIT.wrongResult);
  const failed = rows.find(({ tool, outcome }) => outcome === 'failed' && tool.startsWith('deltakit '));
  if (failed !== undefined) throw new CheckFailure(`${failed.tool}: ${failed.note}`, EXIT.failure);
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
  return `${[head, ...lines].join('\n')}\nseconds are user CPU time of a cold process, then with system time; MiB is its peak memory\n`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(2);
}

function memory(value: number | undefined): string {
  return value === undefined ? '-' : String(Math.round(value / 1024));
}
