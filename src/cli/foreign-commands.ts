import { type ApplyForeignOptions, applyForeign } from '../formats/apply-foreign.js';
import { foreignFormat } from '../formats/foreign-format.js';
import { writeFileAtomically } from '../node/atomic-file.js';
import { assertBinaryOutput } from './binary-output.js';
import { type CommandLine, parseDigest, parseSize } from './command-line.js';
import { readOperand } from './commands/read-operand.js';
import { count } from './report-text.js';
import { type Terminal, writeOutput } from './terminal.js';

/** Applies another tool's patch; the new file appears whole or not at all. `-` is standard output, undefined is a dry run. */
export async function applyForeignTo(
  line: CommandLine,
  terminal: Terminal,
  paths: { readonly old: string; readonly patch: string; readonly output: string | undefined },
  force: boolean,
): Promise<void> {
  const { old, patch, output } = paths;
  if (output === '-') assertBinaryOutput(line);
  const patchBytes = await readOperand(patch, terminal.signal);
  const oldBytes = await readOperand(old, terminal.signal);
  const newBytes = await applyForeign(oldBytes, patchBytes, foreignOptions(line, terminal));
  terminal.clear();
  if (output === '-') return writeOutput(newBytes);
  if (output !== undefined) writeFileAtomically(output, newBytes, force);
  const report = {
    output: output ?? null,
    written: output !== undefined,
    format: foreignFormat(patchBytes) ?? null,
    oldSize: oldBytes.length,
    newSize: newBytes.length,
    patchSize: patchBytes.length,
    proved: line.text('expect-digest') !== undefined,
  };
  if (await terminal.printJson('apply', report)) return;
  const proof = report.proved ? '' : '; the patch carries no digest of new, prove it with --expect-digest';
  terminal.note(`${output ?? 'not written (dry run)'}: ${count(newBytes.length)} bytes${proof}`);
}

function foreignOptions(line: CommandLine, terminal: Terminal): ApplyForeignOptions {
  return {
    signal: terminal.signal,
    onProgress: terminal.onProgress,
    maxNewSize: parseSize(line.text('max-output'), 'max-output'),
    lenient: line.flag('lenient'),
    expect: { newDigest: parseDigest(line.text('expect-digest'), 'expect-digest') },
  };
}
