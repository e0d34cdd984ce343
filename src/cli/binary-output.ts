import type { CommandLine } from './command-line.js';
import { UsageError } from './exit-code.js';

/** Refuses to send bytes where text is wanted: beside `--json`, or to a terminal unless forced. Throws UsageError. */
export function assertBinaryOutput(line: CommandLine): void {
  const { name } = line.command;
  if (line.flag('json')) throw new UsageError(`${name}: -o - and --json both want standard output`);
  if (process.stdout.isTTY && !line.flag('force')) {
    throw new UsageError(
      `${name}: standard output is a terminal; name a file with -o, or insist with --force`,
    );
  }
}
