#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { FORMAT_VERSION } from '../container/format.js';
import { type CommandLine, parseCommandLine } from './command-line.js';
import { describeError, EXIT, exitCodeOf } from './exit-code.js';
import { openTerminal, type Terminal } from './terminal.js';

type Run = (line: CommandLine, terminal: Terminal) => Promise<void>;

/** Commands load what they need when they run: applying never loads the matcher. */
const RUNS: Record<string, () => Promise<Run>> = {
  diff: async () => (await import('./commands/diff.js')).runDiff,
  apply: async () => (await import('./commands/apply.js')).runApply,
  verify: async () => (await import('./commands/verify.js')).runVerify,
  inspect: async () => (await import('./commands/inspect.js')).runInspect,
  digest: async () => (await import('./commands/digest.js')).runDigest,
  identify: async () => (await import('./commands/identify.js')).runIdentify,
  bench: async () => (await import('./commands/bench.js')).runBench,
  completion: async () => runCompletion,
  manual: async () => runManual,
};

async function runCompletion(line: CommandLine, terminal: Terminal): Promise<void> {
  const { completionScript } = await import('./completion.js');
  terminal.print(completionScript(line.operands[0]!));
}

async function runManual(_line: CommandLine, terminal: Terminal): Promise<void> {
  const { manualPage } = await import('./help-text.js');
  terminal.print(manualPage(packageVersion()));
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function main(words: readonly string[]): Promise<number> {
  if (words.length === 0 || words[0] === '--help' || words[0] === '-h' || words[0] === 'help') {
    const { programHelp } = await import('./help-text.js');
    (words.length === 0 ? process.stderr : process.stdout).write(programHelp());
    return words.length === 0 ? EXIT.usage : EXIT.ok;
  }
  if (words[0] === '--version') {
    process.stdout.write(`deltakit ${packageVersion()} (patch format ${FORMAT_VERSION})\n`);
    return EXIT.ok;
  }
  const abort = new AbortController();
  const interrupt = () => abort.abort(new DOMException('interrupted', 'AbortError'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let terminal: Terminal | undefined;
  try {
    const line = parseCommandLine(words);
    if (line.flag('help')) {
      const { commandHelp } = await import('./help-text.js');
      process.stdout.write(commandHelp(line.command));
      return EXIT.ok;
    }
    terminal = openTerminal(line, abort.signal);
    const run = await RUNS[line.command.name]!();
    await run(line, terminal);
    terminal.clear();
    return EXIT.ok;
  } catch (error) {
    terminal?.clear();
    process.stderr.write(`${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}

process.exitCode = await main(process.argv.slice(2));
