import type { CommandLine } from '../command-line.js';
import type { SHELLS } from '../command-table.js';
import { completionScript } from '../completion-script.js';
import type { Terminal } from '../terminal.js';

export async function runCompletion({ operands }: CommandLine, terminal: Terminal): Promise<void> {
  // The command table lets no other word through.
  await terminal.print(completionScript(operands[0] as (typeof SHELLS)[number]));
}
