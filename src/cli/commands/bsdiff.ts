import { createForeign, WRITABLE_FORMATS, type WritableFormat } from '../../formats-diff/create-foreign.js';
import { writeFileAtomically } from '../../node/atomic-file.js';
import { assertBinaryOutput } from '../binary-output.js';
import type { CommandLine } from '../command-line.js';
import { assertOutputIsNoInput } from '../command-rules.js';
import { UsageError } from '../exit-code.js';
import { count, percent } from '../report-text.js';
import { type Terminal, writeOutput } from '../terminal.js';
import { parseEffort } from './diff.js';
import { assertOneStandardInput, readOperand } from './read-operand.js';

/** As bsdiff: the operands are old, new and patch, and patch is overwritten. */
export async function runBsdiff(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, newPath, output] = line.operands as [string, string, string];
  assertOneStandardInput(oldPath, newPath);
  if (output === '-') assertBinaryOutput(line);
  assertOutputIsNoInput(line, output, [oldPath, newPath]);
  const { signal, onProgress } = terminal;
  const format = parseFormat(line.text('format'));
  const effortText = line.text('effort');
  const effort = effortText === undefined ? undefined : parseEffort(effortText);
  const oldBytes = await readOperand(oldPath, signal);
  const newBytes = await readOperand(newPath, signal);
  const verify = !line.flag('no-verify');
  const patch = await createForeign(oldBytes, newBytes, { format, effort, verify, signal, onProgress });
  terminal.clear();
  if (output === '-') return writeOutput(patch);
  writeFileAtomically(output, patch, true);
  const report = {
    output,
    format,
    oldSize: oldBytes.length,
    newSize: newBytes.length,
    patchSize: patch.length,
  };
  if (await terminal.printJson('bsdiff', report)) return;
  terminal.note(
    `${output}: ${count(patch.length)} bytes, ${percent(patch.length, newBytes.length)} of new (${format})`,
  );
}

function parseFormat(text: string | undefined): WritableFormat {
  const format = WRITABLE_FORMATS.find((name) => name === (text ?? 'bsdiff40'));
  if (format === undefined)
    throw new UsageError(`--format: expected ${WRITABLE_FORMATS.join(', ')}, got ${text}`);
  return format;
}
