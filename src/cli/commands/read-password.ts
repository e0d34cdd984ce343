import type { CommandLine } from '../command-line.js';
import { readTextOperand } from './read-operand.js';

/** The first line of the file that --password-file names; undefined without it. */
export async function readPassword(line: CommandLine, signal: AbortSignal): Promise<string | undefined> {
  const path = line.text('password-file');
  if (path === undefined) return undefined;
  return (await readTextOperand(path, signal)).split(/\r?\n/)[0]!;
}
