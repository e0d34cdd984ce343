import { inspectPatch } from '../../container/inspect-patch.js';
import type { CommandLine } from '../command-line.js';
import { inspectionText } from '../inspection-text.js';
import type { Terminal } from '../terminal.js';
import { readPatchOperand } from './read-operand.js';

export async function runInspect(line: CommandLine, terminal: Terminal): Promise<void> {
  const info = inspectPatch(await readPatchOperand(line.operands[0]!, terminal.signal));
  if (await terminal.printJson('inspect', info)) return;
  await terminal.print(inspectionText(info, { windows: line.flag('verbose') }));
}
