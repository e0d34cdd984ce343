import type { CommandLine } from '../command-line.js';
import { applyForeignTo } from '../foreign-commands.js';
import type { Terminal } from '../terminal.js';

/** As bspatch: the operands are old, new and patch, and new is overwritten. */
export function runBspatch(line: CommandLine, terminal: Terminal): Promise<void> {
  const [old, output, patch] = line.operands as [string, string, string];
  return applyForeignTo(line, terminal, { old, patch, output }, true);
}
