import { identify } from '../../identify/identify.js';
import type { CommandLine } from '../command-line.js';
import type { Terminal } from '../terminal.js';
import { openOperand, readHead } from './read-operand.js';

export async function runIdentify(line: CommandLine, terminal: Terminal): Promise<void> {
  const files: { path: string; family: string; kind: string; description: string; reason?: string }[] = [];
  for (const path of line.operands) {
    const reader = await openOperand(path, terminal.signal);
    try {
      files.push({ path, ...identify(readHead(reader)) });
    } finally {
      reader.close();
    }
  }
  if (await terminal.printJson('identify', { files })) return;
  const more = line.flag('verbose');
  await terminal.print(
    files
      .map(
        ({ path, family, kind, description, reason }) =>
          `${path}: ${description}${more ? ` (${family}, ${kind})` : ''}${reason === undefined ? '' : `; not applied: ${reason}`}\n`,
      )
      .join(''),
  );
}
