import type { BundleInfo } from '../../bundle/inspect-bundle.js';
import { inspectPatch } from '../../container/inspect-patch.js';
import type { CommandLine } from '../command-line.js';
import { inspectionText } from '../inspection-text.js';
import type { Terminal } from '../terminal.js';
import { readOperand, readPatchOperand } from './read-operand.js';

export async function runInspect(line: CommandLine, terminal: Terminal): Promise<void> {
  const patch = await readPatchOperand(line.operands[0]!, terminal.signal);
  const info = inspectPatch(patch);
  const oldPath = line.text('old');
  const sections = oldPath === undefined ? undefined : await meterSections(oldPath, patch, terminal);
  const bundle = info.form === 'bundle' ? await describeFolder(patch) : undefined;
  if (
    await terminal.printJson('inspect', { ...info, ...(sections && { sections }), ...(bundle && { bundle }) })
  )
    return;
  const all = line.flag('verbose');
  const folder = bundle && (await import('../bundle-text.js')).bundleLines(bundle, { all });
  await terminal.print(inspectionText(info, { windows: all, folder }));
  if (sections === undefined) return;
  const { sectionsText } = await import('../sections-text.js');
  await terminal.print(sectionsText(sections));
}

async function meterSections(oldPath: string, patch: Uint8Array, terminal: Terminal) {
  const { inspectSections } = await import('../../apply/inspect-sections.js');
  return inspectSections(await readOperand(oldPath, terminal.signal), patch, { signal: terminal.signal });
}

async function describeFolder(patch: Uint8Array): Promise<BundleInfo> {
  const { inspectBundle } = await import('../../bundle/inspect-bundle.js');
  return inspectBundle(patch);
}
