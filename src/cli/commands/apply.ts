import type { ApplyOptions, ApplyReport } from '../../apply/apply-options.js';
import { applyPatch, applyPatchTo } from '../../apply/apply-patch.js';
import { PatchError, patchError } from '../../errors/patch-error.js';
import { applyToFile } from '../../node/apply-patch-file.js';
import { findDestination } from '../../node/destination.js';
import { assertBinaryOutput } from '../binary-output.js';
import { type CommandLine, parseDigest, parseSize } from '../command-line.js';
import { assertOutputIsNoInput, refuseOptions } from '../command-rules.js';
import { UsageError } from '../exit-code.js';
import { isFolder } from '../is-folder.js';
import { applyDetails, count } from '../report-text.js';
import { type Terminal, writeOutput } from '../terminal.js';
import {
  assertOneStandardInput,
  isForeignPatch,
  isPatchFile,
  openOperand,
  readOperand,
  readPatchOperand,
} from './read-operand.js';
import { readVerifier } from './read-public-keys.js';

export async function runApply(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, patchPath] = line.operands as [string, string];
  assertOneStandardInput(oldPath, patchPath, ...line.texts('key'));
  if (isFolder(oldPath)) return (await import('../bundle-commands.js')).applyToFolder(line, terminal);
  refuseOptions(line, ['in-place', 'copy', 'keep-extras'], 'OLD is a file, and these are for folders');
  const expect = { newDigest: parseDigest(line.text('expect-digest'), 'expect-digest') };
  const limits: ApplyOptions = {
    expect,
    signal: terminal.signal,
    onProgress: terminal.onProgress,
    maxNewSize: parseSize(line.text('max-output'), 'max-output'),
    memoryLimit: parseSize(line.text('memory'), 'memory'),
    reverse: line.flag('reverse'),
  };
  const dryRun = line.flag('dry-run');
  const output = line.text('output') ?? (dryRun ? undefined : defaultOutput(patchPath));
  if (output !== undefined) assertOutputIsNoInput(line, output, [patchPath]);
  if (isForeignPatch(patchPath)) {
    const { applyForeignTo } = await import('../foreign-commands.js');
    refuseOptions(line, ['reverse', 'resume', 'memory', 'key'], "PATCH is another tool's");
    if (!dryRun && output !== '-') findDestination(output!, line.flag('force'));
    const paths = { old: oldPath, patch: patchPath, output: dryRun ? undefined : output };
    return applyForeignTo(line, terminal, paths, line.flag('force'));
  }
  refuseOptions(line, ['lenient'], 'PATCH is one of deltakit');
  const options = { ...limits, verifier: await readVerifier(line, terminal) };
  if (output === '-' && !dryRun) return applyToOutput(line, terminal, options);
  const force = line.flag('force');
  if (!dryRun) findDestination(output!, force);
  const patch = await readPatch(oldPath, patchPath, terminal.signal);
  const old = await openOperand(oldPath, terminal.signal);
  try {
    const report = dryRun
      ? await applyPatchTo(old, patch, { write() {} }, { checkWindows: false, ...options })
      : await applyToFile(old, patch, { ...options, new: output!, force, resume: line.flag('resume') });
    await tell(terminal, report, dryRun ? undefined : output);
  } finally {
    old.close();
  }
}

/** The result goes to standard output when it is proved, not before. */
async function applyToOutput(line: CommandLine, terminal: Terminal, options: ApplyOptions): Promise<void> {
  const [oldPath, patchPath] = line.operands as [string, string];
  assertBinaryOutput(line);
  const patch = await readPatch(oldPath, patchPath, terminal.signal);
  const newBytes = await applyPatch(await readOperand(oldPath, terminal.signal), patch, options);
  terminal.clear();
  await writeOutput(newBytes);
}

/** The patch; when it is none but old is one, the operands were probably swapped. */
async function readPatch(oldPath: string, patchPath: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await readPatchOperand(patchPath, signal);
  } catch (error) {
    if (!(error instanceof PatchError) || error.code !== 'BAD_MAGIC' || !isPatchFile(oldPath)) throw error;
    throw patchError('BAD_MAGIC', 'container', error.message, { ...error.data, swapped: true }, error);
  }
}

async function tell(terminal: Terminal, report: ApplyReport, output: string | undefined): Promise<void> {
  if (await terminal.printJson('apply', { output: output ?? null, written: output !== undefined, ...report }))
    return;
  terminal.note(
    `${output ?? 'not written (dry run)'}: ${count(report.newSize)} bytes, sha256 ${report.newDigest}${
      report.alreadyApplied ? ' (the patch was applied already: OLD is what it makes)' : ''
    }`,
  );
  terminal.detail(applyDetails(report));
}

function defaultOutput(patchPath: string): string {
  if (patchPath === '-') return '-';
  if (/[^/\\]\.dkp$/.test(patchPath)) return patchPath.slice(0, -'.dkp'.length);
  throw new UsageError('apply: name the output with -o, the patch has no .dkp at its end');
}
