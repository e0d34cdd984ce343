#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { FORMAT_VERSION } from '../container/format.js';
import { type CommandLine, parseCommandLine } from './command-line.js';
import { tuneEngine } from './engine-flags.js';
import { describeError, errorObject } from './error-text.js';
import { CheckFailure, EXIT, exitCodeOf } from './exit-code.js';
import { openTerminal, type Terminal, writeJson } from './terminal.js';

type Run = (line: CommandLine, terminal: Terminal) => Promise<void>;

/** Commands load what they need when they run: applying never loads the matcher. */
const RUNS: Record<string, () => Promise<Run>> = {
  diff: async () => {
    tuneEngine('diff');
    return (await import('./commands/diff.js')).runDiff;
  },
  apply: async () => {
    tuneEngine('apply');
    return (await import('./commands/apply.js')).runApply;
  },
  verify: async () => (await import('./commands/verify.js')).runVerify,
  keygen: async () => (await import('./commands/keygen.js')).runKeygen,
  sign: async () => (await import('./commands/sign.js')).runSign,
  heal: async () => (await import('./commands/heal.js')).runHeal,
  inspect: async () => (await import('./commands/inspect.js')).runInspect,
  digest: async () => (await import('./commands/digest.js')).runDigest,
  identify: async () => (await import('./commands/identify.js')).runIdentify,
  bsdiff: async () => (await import('./commands/bsdiff.js')).runBsdiff,
  bspatch: async () => (await import('./commands/bspatch.js')).runBspatch,
  convert: async () => (await import('./commands/convert.js')).runConvert,
  serve: async () => (await import('./commands/serve.js')).runServe,
  bench: async () => (await import('./commands/bench.js')).runBench,
  publish: async () => (await import('./commands/publish.js')).runPublish,
  agent: async () => (await import('./commands/agent.js')).runAgentCommand,
  completion: async () => (await import('./commands/completion.js')).runCompletion,
  manual: async () => runManual,
  help: async () => runHelp,
};

async function runManual(_line: CommandLine, terminal: Terminal): Promise<void> {
  const { manualPage } = await import('./help-text.js');
  await terminal.print(manualPage(packageVersion()));
}

async function runHelp({ operands }: CommandLine, terminal: Terminal): Promise<void> {
  const { programHelp, helpOn } = await import('./help-text.js');
  await terminal.print(operands.length === 0 ? programHelp() : helpOn(operands[0]!));
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Aborts at the signals by which people and systems end a program; what is half-done is undone on the way out. */
function abortOnSignals(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => abort.abort(new DOMException('interrupted', 'AbortError')));
  }
  return abort.signal;
}

async function main(words: readonly string[]): Promise<number> {
  const [first] = words;
  if (first === undefined) {
    const { programHelp } = await import('./help-text.js');
    process.stderr.write(programHelp());
    return EXIT.usage;
  }
  if (first === '--version') {
    process.stdout.write(`deltakit ${packageVersion()} (patch format ${FORMAT_VERSION})\n`);
    return EXIT.ok;
  }
  const signal = abortOnSignals();
  let line: CommandLine | undefined;
  let terminal: Terminal | undefined;
  try {
    line = parseCommandLine(first === '--help' || first === '-h' ? ['help', ...words.slice(1)] : words);
    terminal = openTerminal(line, signal);
    if (line.flag('help')) {
      const { commandHelp } = await import('./help-text.js');
      await terminal.print(commandHelp(line.command));
      return EXIT.ok;
    }
    const run = await RUNS[line.command.name]!();
    await run(line, terminal);
    terminal.clear();
    return EXIT.ok;
  } catch (error) {
    terminal?.clear();
    const context = { command: line?.command.name, verbose: line?.flag('verbose') ?? false };
    process.stderr.write(`${describeError(error, context)}\n`);
    if (line?.flag('json') ?? asksForJson(words)) await reportError(error, line?.command.name ?? first);
    return exitCodeOf(error);
  }
}

/** Whether JSON is wanted on a command line that could not be parsed. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? words.length : end).includes('--json');
}

/** The error as JSON on standard output, for programs that asked for JSON. */
async function reportError(error: unknown, command: string): Promise<void> {
  // What a check found was printed as its result: one object is promised.
  if (error instanceof CheckFailure) return;
  try {
    await writeJson('error', errorObject(error, command));
  } catch {
    // Standard output is gone; the message on standard error was told.
  }
}

process.exitCode = await main(process.argv.slice(2));
