import { digestOfOld } from '../../apply/verify-old.js';
import { toHex } from '../../bytes/hex.js';
import { StorageError } from '../../errors/patch-error.js';
import { runAsync } from '../../progress/run-steps.js';
import type { CommandLine } from '../command-line.js';
import { parseDigestList, printDigestLine } from '../digest-list.js';
import { CheckFailure, EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { openOperand, readOperand } from './read-operand.js';

export async function runDigest(line: CommandLine, terminal: Terminal): Promise<void> {
  if (line.flag('check')) return checkLists(line, terminal);
  if (line.flag('tree')) {
    const { readFolderTree, writeTreeFile } = await import('../../bundle/tree-file.js');
    for (const path of line.operands)
      await terminal.print(writeTreeFile(await readFolderTree(path, terminal)));
    return;
  }
  const digests: { path: string; sha256: string }[] = [];
  for (const path of line.operands) {
    const digest = { path, sha256: await digestOperand(path, terminal) };
    digests.push(digest);
    // Large files take a while: each line leaves when it is known.
    if (!line.flag('json')) await terminal.print(printDigestLine(digest));
  }
  await terminal.printJson('digest', { digests });
}

async function digestOperand(path: string, terminal: Terminal): Promise<string> {
  const reader = await openOperand(path, terminal.signal);
  try {
    return toHex(await runAsync(digestOfOld(reader), terminal));
  } finally {
    reader.close();
  }
}

type Outcome = 'ok' | 'differs' | 'unreadable';
const OUTCOME_TEXT: Record<Outcome, string> = {
  ok: 'OK',
  differs: 'FAILED',
  unreadable: 'FAILED open or read',
};

/** Every file of every list is looked at, whatever became of those before it. */
async function checkLists(line: CommandLine, terminal: Terminal): Promise<void> {
  const results: { path: string; result: Outcome; expected: string; found: string | null }[] = [];
  for (const list of line.operands) {
    const text = new TextDecoder().decode(await readOperand(list, terminal.signal));
    for (const { path, sha256: expected } of parseDigestList(text, list)) {
      const found = await digestIfReadable(path, terminal);
      const result = found === null ? 'unreadable' : found === expected ? 'ok' : 'differs';
      results.push({ path, result, expected, found });
      if (line.flag('json') || (line.flag('quiet') && result === 'ok')) continue;
      await terminal.print(`${path}: ${OUTCOME_TEXT[result]}\n`);
    }
  }
  await terminal.printJson('digest-check', { results });
  const countOf = (wanted: Outcome) => results.filter(({ result }) => result === wanted).length;
  const [differing, unreadable] = [countOf('differs'), countOf('unreadable')];
  if (differing + unreadable === 0) return;
  throw new CheckFailure(
    `files: ${results.length}, with another digest: ${differing}, not readable: ${unreadable}; fetch or make them again`,
    differing > 0 ? EXIT.wrongResult : EXIT.storage,
  );
}

async function digestIfReadable(path: string, terminal: Terminal): Promise<string | null> {
  try {
    return await digestOperand(path, terminal);
  } catch (error) {
    if (error instanceof StorageError) return null;
    throw error;
  }
}
