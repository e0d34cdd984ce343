import { healBundle } from '../../bundle-apply/in-place.js';
import type { CommandLine } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import { counted } from '../report-text.js';
import type { Terminal } from '../terminal.js';
import { readVerifier } from './read-public-keys.js';

export async function runHeal(line: CommandLine, terminal: Terminal): Promise<void> {
  const folder = line.operands[0]!;
  const patch = line.text('patch');
  if (patch === undefined) throw new UsageError('heal: name the patch that made the folder, --patch PATCH');
  const report = await healBundle({
    folder,
    patch,
    old: line.text('old'),
    verifier: await readVerifier(line, terminal),
    signal: terminal.signal,
    onProgress: terminal.onProgress,
  });
  terminal.clear();
  if (await terminal.printJson('heal', report)) return;
  for (const { path, fault } of report.damages) terminal.note(`${path}: ${fault}, repaired`);
  if (report.extras.length > 0) terminal.note(`not in the patch: ${report.extras.join(', ')}`);
  terminal.note(
    `${folder}: ${report.written.length === 0 ? 'nothing to repair' : `${counted(report.written.length, 'entry')} repaired`}`,
  );
}
