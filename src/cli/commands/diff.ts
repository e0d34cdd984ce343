import type { CreateOptions } from '../../create/create-options.js';
import { createPatch } from '../../create/create-patch.js';
import { writeFileAtomically } from '../../node/atomic-file.js';
import type { Effort } from '../../progress/effort.js';
import { type CommandLine, parseCount, parseSize } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import { createSummary } from '../report-text.js';
import { type Terminal, writeAll } from '../terminal.js';
import { readOperand } from './read-operand.js';

export async function runDiff(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, newPath] = line.operands as [string, string];
  const output = line.text('output') ?? (newPath === '-' ? '-' : `${newPath}.dkp`);
  if (oldPath === '-' && newPath === '-')
    throw new UsageError('diff: only one of OLD and NEW can be standard input');
  if (output === '-' && line.flag('json'))
    throw new UsageError('diff: -o - and --json both want standard output');
  const { patch, report } = await createPatch(readOperand(oldPath), readOperand(newPath), {
    ...createOptions(line),
    signal: terminal.signal,
    onProgress: terminal.onProgress,
  });
  if (output === '-') writeAll(1, patch);
  else writeFileAtomically(output, patch, line.flag('force'));
  if (terminal.printJson('diff', { output, ...report })) return;
  terminal.note(`${output}: ${createSummary(report)}`);
}

function createOptions(line: CommandLine): CreateOptions {
  const memory = line.text('memory');
  const threads = line.text('threads');
  return {
    effort: parseEffort(line.text('effort')),
    image: parseImage(line.text('image')),
    memoryLimit: memory === undefined ? undefined : parseSize(memory, 'memory'),
    threads: threads === undefined ? undefined : parseCount(threads, 'threads', 1, 64),
    metadata: Object.fromEntries(line.texts('metadata').map(parseMetadata)),
    verify: !line.flag('no-verify'),
  };
}

function parseEffort(text: string | undefined): Effort {
  if (text === undefined) return 'default';
  if (text === 'fast' || text === 'default' || text === 'max') return text;
  return parseCount(text, 'effort', 0, 9) as Effort;
}

function parseImage(text: string | undefined): 'auto' | 'raw' {
  if (text === undefined || text === 'auto') return 'auto';
  if (text === 'raw') return 'raw';
  throw new UsageError(`--image: expected auto or raw, got ${text}`);
}

function parseMetadata(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--metadata: expected KEY=VALUE, got ${text}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
