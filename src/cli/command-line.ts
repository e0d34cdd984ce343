import { parseArgs } from 'node:util';
import { COMMANDS, type CommandSpec, findCommand } from './command-table.js';
import { UsageError } from './exit-code.js';
import { nearestWord } from './nearest-word.js';

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
    const names = COMMANDS.map(({ name }) => name);
    throw new UsageError(
      `there is no command ${JSON.stringify(words[0] ?? '')}; ${guess(words[0] ?? '', names) ?? `the commands are ${names.join(', ')}`}`,
    );
  }
  const { values, positionals } = parseWords(command, words.slice(1));
  if (values.help === undefined) assertOperands(command, positionals);
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
    throw new UsageError(`${explainWords(command, error as Error)}\nusage: ${command.usage}`);
  }
}

/** What is wrong with the words, in our words where those of `parseArgs` are for programmers. */
function explainWords({ name, options }: CommandSpec, { message }: Error): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return `${name}: ${message}`;
  const spellings = options.flatMap((option) => [
    `--${option.name}`,
    ...(option.short === undefined ? [] : [`-${option.short}`]),
  ]);
  return `${name} has no option ${unknown}; ${guess(unknown, spellings) ?? `deltakit ${name} --help lists them`}`;
}

function suggest(typed: string, words: readonly string[]): string {
  const guessed = guess(typed, words);
  return guessed === undefined ? '' : `; ${guessed}`;
}

function guess(typed: string, words: readonly string[]): string | undefined {
  const word = nearestWord(typed, words);
  return word === undefined ? undefined : `did you mean ${word}?`;
}

function assertOperands({ name, usage, operands }: CommandSpec, given: readonly string[]): void {
  const { least, most, choices } = operands;
  if (given.length < least || given.length > most) {
    const wanted =
      most === Number.POSITIVE_INFINITY
        ? `${least} or more operands`
        : least === most
          ? `${least} operand${least === 1 ? '' : 's'}`
          : `${least} to ${most} operands`;
    throw new UsageError(`${name} takes ${wanted}, got ${given.length}\nusage: ${usage}`);
  }
  const wrong = given.find((operand) => choices !== undefined && !choices.includes(operand));
  if (wrong !== undefined)
    throw new UsageError(
      `${name}: expected ${choices!.join(', ')}, got ${wrong}${suggest(wrong, choices!)}\nusage: ${usage}`,
    );
}

const SUFFIXES: Record<string, number> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** Bytes of a size such as 65536, 64K, 1.5G or 200MiB; undefined for undefined. Throws UsageError. */
export function parseSize(text: string | undefined, option: string, least = 0): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text);
  const size =
    match === null ? Number.NaN : Math.floor(Number(match[1]) * 1024 ** SUFFIXES[match[2]!.toLowerCase()]!);
  if (!Number.isSafeInteger(size))
    throw new UsageError(`--${option}: expected a size such as 64K or 1G, got ${text}`);
  if (size < least) throw new UsageError(`--${option}: expected ${least} bytes or more, got ${text}`);
  return size;
}

export function parseCount(text: string, option: string, min: number, max: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= min && count <= max)) {
    throw new UsageError(`--${option}: expected a number from ${min} to ${max}, got ${text}`);
  }
  return count;
}

/** A SHA-256 in hexadecimal; undefined for undefined. Throws UsageError. */
export function parseDigest(text: string | undefined, option: string): string | undefined {
  if (text === undefined || /^[0-9a-f]{64}$/i.test(text)) return text;
  throw new UsageError(`--${option}: expected a SHA-256 of 64 hexadecimal digits, got ${text}`);
}
