import { parseArgs } from 'node:util';
import { COMMANDS, type CommandSpec, findCommand } from './command-table.js';
import { UsageError } from './exit-code.js';

/** A command line, taken apart. */
export interface CommandLine {
  readonly command: CommandSpec;
  readonly operands: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
}

/** Parses the words behind the program's name. Throws UsageError. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const command = findCommand(words[0] ?? '');
  if (command === undefined) {
    const names = COMMANDS.map(({ name }) => name).join(', ');
    throw new UsageError(`there is no command ${JSON.stringify(words[0] ?? '')}; the commands are ${names}`);
  }
  const { values, positionals } = parseWords(command, words.slice(1));
  const { least, most } = command.operands;
  if (values.help === undefined && (positionals.length < least || positionals.length > most)) {
    throw new UsageError(
      `${command.name} takes ${least === most ? least : `${least} or more`} operands, got ${positionals.length}\nusage: ${command.usage}`,
    );
  }
  return {
    command,
    operands: positionals,
    flag: (name) => values[name] !== undefined,
    text: (name) => (values[name] as string[] | undefined)?.at(-1),
    texts: (name) => (values[name] as string[] | undefined) ?? [],
  };
}

function parseWords(command: CommandSpec, args: string[]) {
  const options = Object.fromEntries(
    command.options.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: value !== undefined,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nusage: ${command.usage}`);
  }
}

const SUFFIXES: Record<string, number> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** Bytes of a size such as 65536, 64K, 1.5G or 200MiB. Throws UsageError. */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text);
  const size =
    match === null ? Number.NaN : Math.floor(Number(match[1]) * 1024 ** SUFFIXES[match[2]!.toLowerCase()]!);
  if (!Number.isSafeInteger(size))
    throw new UsageError(`--${option}: expected a size such as 64K or 1G, got ${text}`);
  return size;
}

export function parseCount(text: string, option: string, min: number, max: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= min && count <= max)) {
    throw new UsageError(`--${option}: expected a number from ${min} to ${max}, got ${text}`);
  }
  return count;
}
