import type { CommandLine } from '../command-line.js';
import { assertOutputIsNoInput } from '../command-rules.js';
import { applyForeignTo } from '../foreign-commands.js';
import type { Terminal } from '../terminal.js';

/** As bspatch: the operands are old, new and patch, and new is overwritten. */
export async function runBspatch(line: CommandLine, terminal: Terminal): Promise<void> {
  const [old, output, patch] = line.operands as [string, string, string];
  assertOutputIsNoInput(line, output, [patch]);
  return applyForeignTo(line, terminal, { old, patch, output }, true);
}
