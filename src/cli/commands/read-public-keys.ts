import type { PatchVerifier } from '../../container/signature-block.js';
import type { PublicKey } from '../../signature/signer.js';
import type { CommandLine } from '../command-line.js';
import type { Terminal } from '../terminal.js';
import { readTextOperand } from './read-operand.js';

/** The keys that --key names, read; none when it was not given. */
export async function readPublicKeys(line: CommandLine, { signal }: Terminal): Promise<PublicKey[]> {
  const paths = line.texts('key');
  if (paths.length === 0) return [];
  const { readPublicKey } = await import('../../signature/minisign-key.js');
  const keys: PublicKey[] = [];
  for (const path of paths) keys.push(readPublicKey(await readTextOperand(path, signal)));
  return keys;
}

/** What checks that the holder of one of the keys signed a patch; undefined when no key was given. */
export async function readVerifier(
  line: CommandLine,
  terminal: Terminal,
): Promise<PatchVerifier | undefined> {
  const keys = await readPublicKeys(line, terminal);
  if (keys.length === 0) return undefined;
  return (await import('../../signature/sign-patch.js')).createPatchVerifier(keys);
}
