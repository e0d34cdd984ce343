import { addSignature, readSignedParts } from '../../container/signature-block.js';
import { writeFileAtomically } from '../../node/atomic-file.js';
import { findDestination } from '../../node/destination.js';
import { createKeySigner } from '../../signature/ed25519.js';
import { readPublicKey, readSecretKey } from '../../signature/minisign-key.js';
import {
  findValidSignature,
  readSignatureFile,
  signMessage,
  writeSignatureFile,
} from '../../signature/minisign-signature.js';
import { keyIdText } from '../../signature/minisign-text.js';
import { signPatch } from '../../signature/sign-patch.js';
import type { Signer } from '../../signature/signer.js';
import { assertBinaryOutput } from '../binary-output.js';
import type { CommandLine } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import { type Terminal, writeOutput } from '../terminal.js';
import { assertOneStandardInput, readPatchOperand, readTextOperand } from './read-operand.js';
import { readPassword } from './read-password.js';

export async function runSign(line: CommandLine, terminal: Terminal): Promise<void> {
  const [path] = line.operands as [string];
  const modes = ['detached', 'extract', 'attach'].filter((name) => line.flag(name));
  if (modes.length > 1) throw new UsageError(`sign: --${modes.join(' and --')} exclude each other`);
  const inputs = ['key', 'password-file', 'attach'].map((name) => line.text(name) ?? '');
  assertOneStandardInput(path, ...inputs);
  if (line.text('output') === '-') assertBinaryOutput(line);
  const patch = await readPatchOperand(path, terminal.signal);
  if (line.flag('extract')) return extract(patch, path, line, terminal);
  const { bytes, output, keyId } = await makeSigned(patch, path, line, terminal);
  // Signing in place replaces the very file that was read; anything else is asked for.
  const force = output === path || line.flag('force');
  if (output === '-') return writeOutput(bytes);
  writeFileAtomically(output, bytes, force);
  if (await terminal.printJson('sign', { output, signer: keyId, size: bytes.length })) return;
  terminal.note(`${output}: signed by ${keyId}`);
}

async function makeSigned(patch: Uint8Array, path: string, line: CommandLine, terminal: Terminal) {
  const output = line.text('output');
  const attached = line.text('attach');
  if (attached !== undefined) {
    const key = readPublicKey(await readKey(line, terminal));
    const signature = readSignatureFile(await readTextOperand(attached, terminal.signal));
    findValidSignature(readSignedParts(patch).signedBytes, [signature], [key]);
    return { bytes: addSignature(patch, signature), output: output ?? path, keyId: keyIdText(key.keyId) };
  }
  const signer = await readSigner(line, terminal);
  const keyId = keyIdText(signer.keyId);
  const comment = line.text('comment');
  if (!line.flag('detached')) {
    return { bytes: await signPatch(patch, signer, comment), output: output ?? path, keyId };
  }
  const signature = await signMessage(patch, signer, comment ?? 'deltakit patch, whole file');
  const bytes = new TextEncoder().encode(writeSignatureFile(signature));
  return { bytes, output: output ?? (path === '-' ? '-' : `${path}.minisig`), keyId };
}

async function extract(
  patch: Uint8Array,
  path: string,
  line: CommandLine,
  terminal: Terminal,
): Promise<void> {
  const output = line.text('output') ?? `${path}.signed-bytes`;
  const { signedBytes } = readSignedParts(patch);
  if (output === '-') return writeOutput(signedBytes);
  findDestination(output, line.flag('force'));
  writeFileAtomically(output, signedBytes, line.flag('force'));
  if (await terminal.printJson('sign', { output, size: signedBytes.length })) return;
  terminal.note(`${output}: ${signedBytes.length} bytes to sign`);
}

async function readSigner(line: CommandLine, terminal: Terminal): Promise<Signer> {
  const password = await readPassword(line, terminal.signal);
  return createKeySigner(readSecretKey(await readKey(line, terminal), password));
}

async function readKey(line: CommandLine, { signal }: Terminal): Promise<string> {
  const path = line.text('key');
  if (path === undefined) throw new UsageError('sign: name the key with --key FILE');
  return readTextOperand(path, signal);
}
