import { assertFilePatch } from '../../apply/apply-limits.js';
import { readHeader } from '../../container/patch-header.js';
import {
  CONVERT_TARGETS,
  type ConvertReport,
  type ConvertSource,
  type ConvertTarget,
} from '../../convert/convert-options.js';
import { convertPatch } from '../../convert/convert-patch.js';
import { FOREIGN_FORMATS } from '../../formats/foreign-format.js';
import { identify } from '../../identify/identify.js';
import { writeFileAtomically } from '../../node/atomic-file.js';
import { findDestination } from '../../node/destination.js';
import { assertBinaryOutput } from '../binary-output.js';
import { type CommandLine, parseDigest, parseSize } from '../command-line.js';
import { assertOutputIsNoInput } from '../command-rules.js';
import { UsageError } from '../exit-code.js';
import { count } from '../report-text.js';
import { type Terminal, writeOutput } from '../terminal.js';
import { parseEffort } from './diff.js';
import { assertOneStandardInput, readOperand } from './read-operand.js';

export async function runConvert(line: CommandLine, terminal: Terminal): Promise<void> {
  const [patchPath] = line.operands as [string];
  const [output, oldPath] = [line.text('output'), line.text('old')];
  if (output === undefined) throw new UsageError('convert: name the output with -o');
  if (oldPath !== undefined) assertOneStandardInput(patchPath, oldPath);
  const to = parseName<ConvertTarget>(line, 'to', CONVERT_TARGETS);
  if (to === undefined)
    throw new UsageError(`convert: name the format with --to (${CONVERT_TARGETS.join(', ')})`);
  const from = parseName<ConvertSource>(line, 'from', ['deltakit', ...FOREIGN_FORMATS]);
  const effort = line.text('effort');
  const force = line.flag('force');
  const options = {
    to,
    from,
    rebuild: line.flag('rebuild'),
    effort: effort === undefined ? undefined : parseEffort(effort),
    maxNewSize: parseSize(line.text('max-output'), 'max-output'),
    memoryLimit: parseSize(line.text('memory'), 'memory'),
    lenient: line.flag('lenient'),
    expect: { newDigest: parseDigest(line.text('expect-digest'), 'expect-digest') },
    signal: terminal.signal,
    onProgress: terminal.onProgress,
  };
  if (output === '-') assertBinaryOutput(line);
  else findDestination(output, force);
  if (oldPath !== undefined) assertOutputIsNoInput(line, output, [oldPath]);
  const patchBytes = await readOperand(patchPath, terminal.signal);
  if (identify(patchBytes).kind === 'deltakit') assertFilePatch(readHeader(patchBytes).header);
  const old = oldPath === undefined ? undefined : await readOperand(oldPath, terminal.signal);
  const { patch, report } = await convertPatch(patchBytes, { ...options, old });
  terminal.clear();
  if (output === '-') return writeOutput(patch);
  writeFileAtomically(output, patch, force);
  if (await terminal.printJson('convert', { output, ...report })) return;
  terminal.note(`${output}: ${count(report.resultSize)} bytes, ${summary(report)}`);
  if (report.dropped.length > 0)
    terminal.note(`${to} does not hold what was in it: ${report.dropped.join(', ')}`);
}

function summary({ from, to, way, proved, newDigest }: ConvertReport): string {
  const how = way === 'carried' ? 'carried over' : 'made anew';
  const proof = proved ? `makes the same new, sha256 ${newDigest}` : 'not tried on old: give it with --old';
  return `${from} to ${to}, ${how}; ${proof}`;
}

function parseName<Name extends string>(
  line: CommandLine,
  option: string,
  names: readonly Name[],
): Name | undefined {
  const text = line.text(option);
  const name = names.find((each) => each === text);
  if (text !== undefined && name === undefined)
    throw new UsageError(`--${option}: expected ${names.join(', ')}, got ${text}`);
  return name;
}
