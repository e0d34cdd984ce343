import { identify } from '../../identify/identify.js';
import { FileReader } from '../../node/file-reader.js';
import type { CommandLine } from '../command-line.js';
import type { Terminal } from '../terminal.js';

const HEAD_SIZE = 64;

export async function runIdentify(line: CommandLine, terminal: Terminal): Promise<void> {
  const files = line.operands.map((path) => ({ path, ...identify(readHead(path)) }));
  if (terminal.printJson('identify', { files })) return;
  terminal.print(files.map(({ path, description }) => `${path}: ${description}\n`).join(''));
}

function readHead(path: string): Uint8Array {
  const reader = new FileReader(path);
  try {
    const head = new Uint8Array(HEAD_SIZE);
    return head.subarray(0, reader.read(0, head));
  } finally {
    reader.close();
  }
}
