import { statSync } from 'node:fs';
import type { CommandLine } from './command-line.js';
import { UsageError } from './exit-code.js';

/** Refuses options that would have no effect, so that nobody believes they had one. Throws UsageError. */
export function refuseOptions(line: CommandLine, names: readonly string[], why: string): void {
  const given = names.filter((name) => line.flag(name)).map((name) => `--${name}`);
  if (given.length > 0) throw new UsageError(`${line.command.name}: ${why}; leave out ${given.join(', ')}`);
}

/** Refuses an output that is a file which is read, under whatever name: --force is for older outputs. Throws UsageError. */
export function assertOutputIsNoInput(line: CommandLine, output: string, inputs: readonly string[]): void {
  const found = identityOf(output);
  if (found === undefined) return;
  const input = inputs.find((path) => identityOf(path) === found);
  if (input !== undefined)
    throw new UsageError(`${line.command.name}: the output ${output} is the input ${input}; name another`);
}

/** Which file a path leads to; undefined for standard input and output, and for what is not there. */
function identityOf(path: string): string | undefined {
  if (path === '-') return undefined;
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat?.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
}
