import { COMMANDS, type CommandSpec, type OptionSpec, type SHELLS } from './command-table.js';

/** A completion script for a shell, made from the command table. */
export function completionScript(shell: (typeof SHELLS)[number]): string {
  switch (shell) {
    case 'bash':
      return bashScript();
    case 'zsh':
      return zshScript();
    case 'fish':
      return fishScript();
  }
}

const NAMES = COMMANDS.map(({ name }) => name);

/** Both spellings of an option, such as `-o` and `--output`. */
function spellings({ name, short }: OptionSpec): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/** Bash has no descriptions: words only. */
function bashScript(): string {
  const commands = COMMANDS.map(({ name, options, operands }) => {
    const words = options.map((option) => `--${option.name}`).join(' ');
    return `    ${name}) options="${words}" operands="${(operands.choices ?? []).join(' ')}" ;;`;
  });
  const values = COMMANDS.flatMap(({ name, options }) =>
    options
      .filter(({ value, isFile }) => value !== undefined && !isFile)
      .map((option) => {
        const cases = spellings(option).map((spelling) => `${name}:${spelling}`);
        return `    ${cases.join('|')}) COMPREPLY=($(compgen -W "${(option.choices ?? []).join(' ')}" -- "$current")); return ;;`;
      }),
  );
  return `# bash completion for deltakit
_deltakit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" options="" operands=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${NAMES.join(' ')} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}:$previous" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [ -n "$operands" ]; then
    COMPREPLY=($(compgen -W "$operands" -- "$current"))
  else
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _deltakit deltakit
`;
}

function zshScript(): string {
  const described = COMMANDS.map(({ name, summary }) => `    '${zshText(`${name}:${summary}`)}'`);
  const cases = COMMANDS.map((command) => {
    const words = [...command.options.map(zshOption), ...zshOperands(command)];
    return `    ${command.name})\n      _arguments -s -S : \\\n${words.map((word) => `        ${word}`).join(' \\\n')} ;;`;
  });
  return `#compdef deltakit
_deltakit() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_deltakit" ]; then
  _deltakit "$@"
else
  compdef _deltakit deltakit
fi
`;
}

function zshOption(option: OptionSpec): string {
  const names = spellings(option);
  const help = `[${zshText(option.help).replaceAll(/[[\]]/g, '\\$&')}]`;
  const action = option.isFile ? '_files' : option.choices ? `(${option.choices.join(' ')})` : ' ';
  const value = option.value === undefined ? '' : `:${option.value}:${action}`;
  if (option.repeats) return `'*--${option.name}${help}${value}'`;
  if (names.length === 1) return `'--${option.name}${help}${value}'`;
  // Braces outside the quotes: zsh makes two specifications of one.
  return `'(${names.join(' ')})'{${names.join(',')}}'${help}${value}'`;
}

function zshOperands({ operands }: CommandSpec): string[] {
  if (operands.choices) return [`'1:operand:(${operands.choices.join(' ')})'`];
  return operands.most === 0 ? [] : ["'*:file:_files'"];
}

/** Text within single quotes. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function fishScript(): string {
  const lines = COMMANDS.flatMap(({ name, summary, options, operands }) => {
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c deltakit -n __fish_use_subcommand -f -a ${name} -d ${fishText(summary)}`,
      ...(operands.choices ? [`complete -c deltakit ${seen} -f -a '${operands.choices.join(' ')}'`] : []),
      ...options.map((option) => {
        const short = option.short === undefined ? '' : ` -s ${option.short}`;
        return `complete -c deltakit ${seen} -l ${option.name}${short}${fishValue(option)} -d ${fishText(option.help)}`;
      }),
    ];
  });
  return `# fish completion for deltakit\n${lines.join('\n')}\n`;
}

function fishValue({ value, isFile, choices }: OptionSpec): string {
  if (value === undefined) return '';
  if (isFile) return ' -r -F';
  return choices ? ` -x -a '${choices.join(' ')}'` : ' -x';
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
