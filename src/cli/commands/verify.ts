import { verifyNew, verifyOld, verifyPatch } from '../../apply/verify-patch.js';
import { FileReader } from '../../node/file-reader.js';
import type { CommandLine } from '../command-line.js';
import type { Terminal } from '../terminal.js';
import { readOperand } from './read-operand.js';

export async function runVerify(line: CommandLine, terminal: Terminal): Promise<void> {
  const path = line.operands[0]!;
  const patch = readOperand(path);
  const info = await verifyPatch(patch);
  const checked = ['patch'];
  for (const side of ['old', 'new'] as const) {
    const image = line.text(side);
    if (image === undefined) continue;
    const reader = new FileReader(image);
    try {
      await (side === 'old' ? verifyOld : verifyNew)(reader, patch, terminal);
    } finally {
      reader.close();
    }
    checked.push(side);
  }
  const { oldDigest, newDigest } = info;
  if (terminal.printJson('verify', { checked, oldDigest, newDigest })) return;
  terminal.note(`${path}: ${checked.join(', ')} ok`);
}
