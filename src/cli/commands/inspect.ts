import { inspectPatch } from '../../container/inspect-patch.js';
import type { CommandLine } from '../command-line.js';
import { inspectionText } from '../report-text.js';
import type { Terminal } from '../terminal.js';
import { readOperand } from './read-operand.js';

export async function runInspect(line: CommandLine, terminal: Terminal): Promise<void> {
  const info = inspectPatch(readOperand(line.operands[0]!));
  if (!terminal.printJson('inspect', info)) terminal.print(inspectionText(info));
}
