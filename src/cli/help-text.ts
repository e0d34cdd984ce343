import { COMMANDS, type CommandSpec, type OptionSpec } from './command-table.js';

function optionLine({ name, short, value, help }: OptionSpec): string {
  const names = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  return `  ${names.padEnd(26)} ${help}`;
}

/** Help of one command, with an example. */
export function commandHelp(command: CommandSpec): string {
  const lines = command.options.map(optionLine);
  return `usage: ${command.usage}\n\n${capital(command.summary)}.\n\noptions:\n${lines.join('\n')}\n\nexample:\n  ${command.example}\n`;
}

/** Help of the program. */
export function programHelp(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`);
  return [
    'usage: deltakit COMMAND ...',
    '',
    'Small patches of framework binaries, created, applied and proved.',
    '',
    'commands:',
    ...lines,
    '',
    'deltakit COMMAND --help tells more; deltakit --version prints the versions.',
    'Exit codes: 0 ok, 1 other failure, 2 usage, 3 wrong old file, 4 malformed patch, 5 signature,',
    '6 limit, 7 storage, 8 result differs, 130 interrupted.',
    '',
  ].join('\n');
}

/** The manual page in roff. */
export function manualPage(version: string): string {
  const commands = COMMANDS.map(
    (command) =>
      `.SS ${command.name}\n.B ${roff(command.usage)}\n.PP\n${roff(capital(command.summary))}.\n${command.options
        .map(({ name, short, value, help }) => {
          const names = `${short === undefined ? '' : `\\-${short}, `}\\-\\-${roff(name)}${value === undefined ? '' : ` ${value}`}`;
          return `.TP\n.B ${names}\n${roff(help)}`;
        })
        .join('\n')}\n.PP\nExample: ${roff(command.example)}`,
  );
  return [
    `.TH DELTAKIT 1 "" "deltakit ${version}" "User Commands"`,
    '.SH NAME',
    'deltakit \\- small patches of framework binaries, created, applied and proved',
    '.SH SYNOPSIS',
    '.B deltakit',
    'COMMAND ...',
    '.SH COMMANDS',
    ...commands,
    '.SH EXIT STATUS',
    '0 ok; 1 other failure; 2 usage; 3 wrong old file; 4 malformed patch; 5 signature; 6 limit; 7 storage; 8 result differs; 130 interrupted.',
    '',
  ].join('\n');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function roff(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('-', '\\-');
}
