/** The commands on folders: `diff`, `apply` and `verify` come here when their operands are folders. */

import { availableParallelism } from 'node:os';
import type { CreateOptions } from '../create/create-options.js';
import { type CommandLine, parseSize } from './command-line.js';
import { refuseOptions } from './command-rules.js';
import { CheckFailure, EXIT, UsageError } from './exit-code.js';
import { isFolder } from './is-folder.js';
import { count, counted, percent } from './report-text.js';
import type { Terminal } from './terminal.js';

const MAX_THREADS = 64;

/** Two folders, or neither. */
export function areFolders(oldPath: string, newPath: string): boolean {
  const folders = [oldPath, newPath].filter(isFolder);
  if (folders.length === 1) throw new UsageError(`${folders[0]} is a folder, the other operand is not`);
  return folders.length === 2;
}

export async function diffFolders(
  line: CommandLine,
  terminal: Terminal,
  output: string,
  options: CreateOptions,
): Promise<Uint8Array> {
  const { createBundlePatch } = await import('../bundle-diff/create-bundle-patch.js');
  const [oldPath, newPath] = line.operands as [string, string];
  const { patch, report } = await createBundlePatch(oldPath, newPath, {
    ...options,
    threads: options.threads ?? Math.min(MAX_THREADS, availableParallelism()),
    fallbacks: line.flag('fallbacks'),
    signal: terminal.signal,
    onProgress: terminal.onProgress,
    onFiles: (paths) => terminal.detail(paths.join(', ')),
  });
  terminal.clear();
  if (await terminal.printJson('diff', { output, form: 'bundle', ...report })) return patch;
  const number = (origin: string) => report.files.filter((file) => file.origin === origin).length;
  terminal.note(
    `${output}: ${count(report.patchSize)} bytes, ${percent(report.patchSize, report.newSize)} of new (folder: ${counted(number('same'), 'file')} the same, ${number('copied')} copied, ${number('patched')} patched, ${number('stored')} stored, ${counted(report.removed.length, 'entry')} removed)`,
  );
  return patch;
}

export async function applyToFolder(line: CommandLine, terminal: Terminal): Promise<void> {
  const [oldPath, patchPath] = line.operands as [string, string];
  refuseOptions(
    line,
    ['reverse', 'resume', 'dry-run', 'expect-digest', 'lenient'],
    'OLD is a folder, and these are for files',
  );
  const { readPatchOperand } = await import('./commands/read-operand.js');
  const { readVerifier } = await import('./commands/read-public-keys.js');
  const patch = await readPatchOperand(patchPath, terminal.signal);
  const common = {
    patch,
    verifier: await readVerifier(line, terminal),
    signal: terminal.signal,
    onProgress: terminal.onProgress,
    onFiles: (paths: readonly string[]) => terminal.detail(paths.join(', ')),
    maxNewSize: parseSize(line.text('max-output'), 'max-output'),
    memoryLimit: parseSize(line.text('memory'), 'memory'),
  };
  if (line.flag('in-place')) {
    refuseOptions(line, ['output', 'force', 'copy', 'keep-extras'], 'OLD itself is changed');
    const { applyBundleInPlace } = await import('../bundle-apply/in-place.js');
    const report = await applyBundleInPlace({ ...common, folder: oldPath });
    terminal.clear();
    if (await terminal.printJson('apply', { output: oldPath, ...report })) return;
    terminal.note(
      `${oldPath}: ${counted(report.written.length, 'entry')} written, ${report.removed.length} removed`,
    );
    return;
  }
  const output = line.text('output') ?? defaultFolder(patchPath);
  if (output === '-')
    throw new UsageError('apply: a folder does not go to standard output; name one with -o');
  const { applyBundle } = await import('../bundle-apply/apply-bundle.js');
  const report = await applyBundle({
    ...common,
    old: oldPath,
    new: output,
    force: line.flag('force'),
    copy: line.flag('copy'),
    extras: line.flag('keep-extras') ? 'keep' : 'report',
  });
  terminal.clear();
  if (await terminal.printJson('apply', { output, ...report })) return;
  const { linked, copied, made, extras } = report;
  terminal.note(
    `${output}: ${counted(linked.length, 'file')} linked, ${copied.length} copied, ${made.length} made, tree sha256 ${report.newDigest}`,
  );
  if (extras.length > 0) terminal.note(`not in the patch: ${extras.join(', ')}`);
}

function defaultFolder(patchPath: string): string {
  if (/[^/\\]\.dkp$/.test(patchPath)) return patchPath.slice(0, -'.dkp'.length);
  throw new UsageError('apply: name the output with -o, the patch has no .dkp at its end');
}

/** A folder against the new tree of a patch, or against a manifest that `digest --tree` printed. */
export async function verifyFolder(folder: string, manifestPath: string, terminal: Terminal): Promise<void> {
  const { readWholeFile } = await import('../node/file-reader.js');
  const { checkTree, verifyBundle } = await import('../bundle-apply/verify-bundle.js');
  const { isPatchFile } = await import('./commands/read-operand.js');
  const check = isPatchFile(manifestPath)
    ? await verifyBundle({ folder, patch: manifestPath, signal: terminal.signal })
    : await checkTree(
        folder,
        (await import('../bundle/tree-file.js')).readTreeFile(
          new TextDecoder().decode(readWholeFile(manifestPath)),
        ).entries,
        terminal,
      );
  terminal.clear();
  const { damages, extras } = check;
  if (!(await terminal.printJson('verify', { folder, damages, extras }))) {
    for (const { path, fault, detail } of damages) terminal.note(`${path}: ${fault}, ${detail}`);
    if (extras.length > 0) terminal.note(`not in the manifest: ${extras.join(', ')}`);
    if (damages.length === 0) terminal.note(`${folder}: ok`);
  }
  if (damages.length > 0) {
    throw new CheckFailure(
      `${folder}: damaged or missing: ${counted(damages.length, 'entry')}`,
      EXIT.wrongResult,
    );
  }
}
