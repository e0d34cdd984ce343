import { inspectPatch } from '../../container/inspect-patch.js';
import type { CreateOptions } from '../../create/create-options.js';
import { assertInputSizes, createPatchFrom } from '../../create/create-patch.js';
import { estimatePatch } from '../../create/estimate-patch.js';
import { writeFileAtomically } from '../../node/atomic-file.js';
import { findDestination } from '../../node/destination.js';
import type { Effort } from '../../progress/effort.js';
import { assertBinaryOutput } from '../binary-output.js';
import { areFolders, diffFolders } from '../bundle-commands.js';
import { type CommandLine, parseCount, parseSize } from '../command-line.js';
import { assertOutputIsNoInput, refuseOptions } from '../command-rules.js';
import { UsageError } from '../exit-code.js';
import { costLines } from '../inspection-text.js';
import { createDetails, createSummary, estimateSummary } from '../report-text.js';
import { type Terminal, writeOutput } from '../terminal.js';
import { assertOneStandardInput, readOperand, sizeOfOperand, withOperands } from './read-operand.js';

export async function runDiff(line: CommandLine, terminal: Terminal): Promise<void> {
  if (line.flag('estimate')) return runEstimate(line, terminal);
  const [oldPath, newPath] = line.operands as [string, string];
  assertOneStandardInput(oldPath, newPath);
  const output = line.text('output') ?? (newPath === '-' ? '-' : `${newPath}.dkp`);
  const options = createOptions(line);
  // What would be refused at the end is refused before minutes are spent.
  if (output === '-') assertBinaryOutput(line);
  else findDestination(output, line.flag('force'));
  assertOutputIsNoInput(line, output, [oldPath, newPath]);
  const { signal, onProgress } = terminal;
  if (areFolders(oldPath, newPath)) {
    refuseOptions(line, ['reverse'], 'OLD and NEW are folders, and this is for files');
    const patch = await diffFolders(line, terminal, output, options);
    if (output === '-') await writeOutput(patch);
    else writeFileAtomically(output, patch, line.flag('force'));
    return;
  }
  refuseOptions(line, ['fallbacks'], 'OLD and NEW are files, and this is for folders');
  assertInputSizes(sizeOfOperand(oldPath), sizeOfOperand(newPath));
  const { patch, report } = await withOperands([oldPath, newPath], signal, ([old, next]) =>
    createPatchFrom({ old, next }, { ...options, signal, onProgress }),
  );
  terminal.clear();
  if (output === '-') await writeOutput(patch);
  else writeFileAtomically(output, patch, line.flag('force'));
  if (await terminal.printJson('diff', { output, ...report })) return;
  terminal.note(`${output}: ${createSummary(report)}`);
  terminal.detail([createDetails(report), ...costLines(inspectPatch(patch))].join('\n'));
}

/** Tells how large the patch would be. */
async function runEstimate(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, newPath] = line.operands as [string, string];
  assertOneStandardInput(oldPath, newPath);
  refuseOptions(line, ['output', 'force', 'fallbacks'], '--estimate writes nothing');
  if (areFolders(oldPath, newPath)) throw new UsageError('--estimate is for two files, not for folders');
  const { signal, onProgress } = terminal;
  const { oldBytes, newBytes } = await readImages(oldPath, newPath, signal);
  const estimate = await estimatePatch(oldBytes, newBytes, { ...createOptions(line), signal, onProgress });
  terminal.clear();
  if (await terminal.printJson('diff', { estimate: true, ...estimate })) return;
  await terminal.print(`${estimateSummary(estimate)}\n`);
}

/** Both images; files that are too large are refused before they are read. */
async function readImages(oldPath: string, newPath: string, signal: AbortSignal) {
  assertInputSizes(sizeOfOperand(oldPath), sizeOfOperand(newPath));
  return { oldBytes: await readOperand(oldPath, signal), newBytes: await readOperand(newPath, signal) };
}

/** Least limit that the library takes. */
const LEAST_MEMORY = 1 << 20;

function createOptions(line: CommandLine): CreateOptions {
  const threads = line.text('threads');
  return {
    effort: parseEffort(line.text('effort')),
    image: parseImage(line.text('image')),
    memoryLimit: parseSize(line.text('memory'), 'memory', LEAST_MEMORY),
    threads: threads === undefined ? undefined : parseCount(threads, 'threads', 1, 64),
    metadata: Object.fromEntries(line.texts('metadata').map(parseMetadata)),
    reverse: line.flag('reverse'),
    verify: !line.flag('no-verify'),
  };
}

/** The effort that `--effort` names. */
export function parseEffort(text: string | undefined): Effort {
  if (text === undefined) return 'default';
  if (text === 'fast' || text === 'default' || text === 'max') return text;
  if (/^\d$/.test(text)) return Number(text) as Effort;
  throw new UsageError(`--effort: expected fast, default, max or a number from 0 to 9, got ${text}`);
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
