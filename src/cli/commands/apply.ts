import type { ApplyOptions, ApplyReport } from '../../apply/apply-options.js';
import { applyPatch, applyPatchTo } from '../../apply/apply-patch.js';
import { applyPatchFile } from '../../node/apply-patch-file.js';
import { FileReader } from '../../node/file-reader.js';
import { type CommandLine, parseSize } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import { count } from '../report-text.js';
import { type Terminal, writeAll } from '../terminal.js';
import { readOperand } from './read-operand.js';

export async function runApply(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, patchPath] = line.operands as [string, string];
  const output = line.text('output') ?? defaultOutput(patchPath);
  const maxOutput = line.text('max-output');
  const memory = line.text('memory');
  const options: ApplyOptions = {
    signal: terminal.signal,
    onProgress: terminal.onProgress,
    maxNewSize: maxOutput === undefined ? undefined : parseSize(maxOutput, 'max-output'),
    memoryLimit: memory === undefined ? undefined : parseSize(memory, 'memory'),
  };
  if (line.flag('dry-run')) {
    const old = new FileReader(oldPath);
    try {
      tell(
        terminal,
        await applyPatchTo(old, readOperand(patchPath), { write() {} }, options),
        'not written (dry run)',
      );
    } finally {
      old.close();
    }
    return;
  }
  if (output === '-') {
    if (line.flag('json')) throw new UsageError('apply: -o - and --json both want standard output');
    writeAll(1, await applyPatch(readOperand(oldPath), readOperand(patchPath), options));
    return;
  }
  if (oldPath === '-' || patchPath === '-') {
    throw new UsageError('apply: OLD and PATCH are files unless the output is - (standard output)');
  }
  const force = line.flag('force');
  tell(
    terminal,
    await applyPatchFile({ ...options, old: oldPath, patch: patchPath, new: output, force }),
    output,
  );
}

function tell(terminal: Terminal, report: ApplyReport, output: string): void {
  if (terminal.printJson('apply', { output, ...report })) return;
  terminal.note(`${output}: ${count(report.newSize)} bytes, sha256 ${report.newDigest}`);
}

function defaultOutput(patchPath: string): string {
  if (patchPath.endsWith('.dkp')) return patchPath.slice(0, -'.dkp'.length);
  throw new UsageError('apply: name the output with -o, the patch has no .dkp at its end');
}
