import { COMMANDS, type CommandSpec, findCommand, type OptionSpec } from './command-table.js';
import { EXIT_MEANINGS } from './exit-code.js';

function optionLine({ name, short, value, help }: OptionSpec): string {
  const names = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  return `  ${names.padEnd(26)} ${help}`;
}

/** Help of one command, with an example. */
export function commandHelp(command: CommandSpec): string {
  const lines = command.options.map(optionLine);
  return `usage: ${command.usage}\n\n${capital(command.summary)}.\n\noptions:\n${lines.join('\n')}\n\nexample:\n  ${command.example}\n`;
}

/** Help of the command of this name. */
export function helpOn(name: string): string {
  return commandHelp(findCommand(name)!);
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
    'A file named - is standard input or output; -- ends the options.',
    '',
    'exit codes:',
    ...EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(12)} ${meaning}`),
    '',
  ].join('\n');
}

const ENVIRONMENT = [
  ['CI', 'Draw no progress bar.'],
  ['NO_COLOR', 'Draw the progress bar without colour.'],
  ['FORCE_COLOR', 'Draw it with colour, in CI too; 0 is as NO_COLOR.'],
  ['TERM', 'dumb: draw no progress bar.'],
] as const;

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
    ...EXIT_MEANINGS.map(([code, meaning]) => `.TP\n.B ${code}\n${roff(capital(meaning))}.`),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.map(([names, meaning]) => `.TP\n.B ${names}\n${roff(meaning)}`),
    '',
  ].join('\n');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Text that roff prints as it is: an escape, a dash, or a dot or quote at the start of a line mean something to it. */
function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}
