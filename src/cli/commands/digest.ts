import { toHex } from '../../bytes/hex.js';
import { sha256 } from '../../digest/digest.js';
import { patchError } from '../../errors/patch-error.js';
import type { CommandLine } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { readOperand } from './read-operand.js';

export async function runDigest(line: CommandLine, terminal: Terminal): Promise<void> {
  if (line.flag('check')) return checkLists(line, terminal);
  const digests = line.operands.map((path) => ({ path, sha256: toHex(sha256(readOperand(path))) }));
  if (terminal.printJson('digest', { digests })) return;
  terminal.print(digests.map(({ path, sha256: digest }) => `${digest}  ${path}\n`).join(''));
}

function checkLists(line: CommandLine, terminal: Terminal): void {
  const entries = line.operands.flatMap((list) =>
    parseList(new TextDecoder().decode(readOperand(list)), list),
  );
  const results = entries.map(({ path, expected }) => ({
    path,
    ok: toHex(sha256(readOperand(path))) === expected,
  }));
  if (!terminal.printJson('digest-check', { results })) {
    terminal.print(results.map(({ path, ok }) => `${path}: ${ok ? 'OK' : 'FAILED'}\n`).join(''));
  }
  const wrong = results.filter(({ ok }) => !ok).length;
  if (wrong > 0) {
    throw patchError(
      'NEW_DIGEST_MISMATCH',
      'verify-new',
      `${wrong} of ${results.length} files have another digest`,
      {
        found: wrong,
      },
    );
  }
}

function parseList(text: string, list: string): { path: string; expected: string }[] {
  const lines = text.split('\n').filter((entry) => entry.trim() !== '');
  return lines.map((entry) => {
    const match = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(entry);
    if (match === null)
      throw new UsageError(`${list}: expected a line of sha256sum, got ${JSON.stringify(entry)}`);
    return { expected: match[1]!.toLowerCase(), path: match[2]! };
  });
}
