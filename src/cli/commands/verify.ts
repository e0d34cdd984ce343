import { verifyNew, verifyOld, verifyPatch } from '../../apply/verify-patch.js';
import type { CommandLine } from '../command-line.js';
import { verifyDetails } from '../report-text.js';
import type { Terminal } from '../terminal.js';
import { assertOneStandardInput, openOperand, readPatchOperand } from './read-operand.js';

export async function runVerify(line: CommandLine, terminal: Terminal): Promise<void> {
  const path = line.operands[0]!;
  const images = { old: line.text('old'), new: line.text('new') };
  assertOneStandardInput(path, images.old ?? '', images.new ?? '');
  const patch = await readPatchOperand(path, terminal.signal);
  const info = await verifyPatch(patch);
  const checked = ['patch'];
  for (const side of ['old', 'new'] as const) {
    const image = images[side];
    if (image === undefined) continue;
    const reader = await openOperand(image, terminal.signal);
    try {
      await (side === 'old' ? verifyOld : verifyNew)(reader, patch, terminal);
    } finally {
      reader.close();
    }
    checked.push(side);
  }
  const { oldSize, newSize, oldDigest, newDigest } = info;
  if (await terminal.printJson('verify', { checked, oldSize, newSize, oldDigest, newDigest })) return;
  terminal.note(`${path}: ${checked.join(', ')} ok`);
  terminal.detail(verifyDetails(info));
}
