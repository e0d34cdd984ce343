import { COMMANDS } from './command-table.js';
import { UsageError } from './exit-code.js';

/** A completion script for a shell, made from the command table. */
export function completionScript(shell: string): string {
  if (shell === 'bash') return bashScript();
  if (shell === 'zsh') return zshScript();
  if (shell === 'fish') return fishScript();
  throw new UsageError(`completion: expected bash, zsh or fish, got ${shell}`);
}

const names = COMMANDS.map(({ name }) => name);

function bashScript(): string {
  const cases = COMMANDS.map(({ name, options }) => {
    const words = options.map((option) => `--${option.name}`).join(' ');
    return `    ${name}) words="${words}" ;;`;
  });
  return `# bash completion for deltakit
_deltakit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names.join(' ')} --help --version" -- "$current"))
    return
  fi
  case "$previous" in
    --effort) COMPREPLY=($(compgen -W "fast default max" -- "$current")); return ;;
    --image) COMPREPLY=($(compgen -W "auto raw" -- "$current")); return ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _deltakit deltakit
`;
}

function zshScript(): string {
  const described = COMMANDS.map(
    ({ name, summary }) => `    '${name}:${summary.replaceAll("'", '').replaceAll(':', ' ')}'`,
  );
  const cases = COMMANDS.map(({ name, options }) => {
    const specs = options.map((option) => {
      const value =
        option.value === undefined
          ? ''
          : option.choices
            ? `:value:(${option.choices.join(' ')})`
            : ':value:_files';
      return `'--${option.name}[${option.help.replaceAll("'", '').replaceAll(/[[\]:]/g, ' ')}]${value}'`;
    });
    return `    ${name}) _arguments ${specs.join(' ')} '*:file:_files' ;;`;
  });
  return `#compdef deltakit
_deltakit() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe 'command' commands; return; fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
_deltakit "$@"
`;
}

function fishScript(): string {
  const lines = COMMANDS.flatMap(({ name, summary, options }) => [
    `complete -c deltakit -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '')}'`,
    ...options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short}`;
      const value =
        option.value === undefined ? '' : option.choices ? ` -xa '${option.choices.join(' ')}'` : ' -r';
      return `complete -c deltakit -n '__fish_seen_subcommand_from ${name}' -l ${option.name}${short}${value} -d '${option.help.replaceAll("'", '')}'`;
    }),
  ]);
  return `# fish completion for deltakit\n${lines.join('\n')}\n`;
}
