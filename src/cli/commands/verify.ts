import { assertFilePatch } from '../../apply/apply-limits.js';
import { verifyNew, verifyOld, verifyPatch } from '../../apply/verify-patch.js';
import { readHeader } from '../../container/patch-header.js';
import type { CommandLine } from '../command-line.js';
import { refuseOptions } from '../command-rules.js';
import { UsageError } from '../exit-code.js';
import { verifyDetails } from '../report-text.js';
import type { Terminal } from '../terminal.js';
import { assertOneStandardInput, openOperand, readPatchOperand, readTextOperand } from './read-operand.js';
import { readPublicKeys } from './read-public-keys.js';

export async function runVerify(line: CommandLine, terminal: Terminal): Promise<void> {
  const path = line.operands[0]!;
  const manifest = line.text('manifest');
  if (manifest !== undefined) {
    refuseOptions(line, ['old', 'new', 'key', 'signature'], '--manifest checks a folder');
    return (await import('../bundle-commands.js')).verifyFolder(path, manifest, terminal);
  }
  const images = { old: line.text('old'), new: line.text('new') };
  assertOneStandardInput(path, images.old ?? '', images.new ?? '', ...line.texts('key'));
  const patch = await readPatchOperand(path, terminal.signal);
  const checked = ['patch'];
  // Before anything that the signature covers is parsed.
  const signature = await verifySignature(patch, line, terminal);
  if (signature !== undefined) checked.push('signature');
  const info = await verifyPatch(patch);
  if (images.old !== undefined || images.new !== undefined) assertFilePatch(readHeader(patch).header);
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
  if (await terminal.printJson('verify', { checked, ...signature, oldSize, newSize, oldDigest, newDigest }))
    return;
  terminal.note(`${path}: ${checked.join(', ')} ok`);
  if (signature !== undefined) terminal.note(`signed by ${signature.signer}: ${signature.trustedComment}`);
  terminal.detail(verifyDetails(info));
}

interface SignatureFacts {
  readonly signer: string;
  readonly trustedComment: string;
}

/** Checks the signature where keys are given: that in the header, or that of a .minisig file over the whole patch. */
async function verifySignature(
  patch: Uint8Array,
  line: CommandLine,
  terminal: Terminal,
): Promise<SignatureFacts | undefined> {
  const file = line.text('signature');
  const keys = await readPublicKeys(line, terminal);
  if (keys.length === 0) {
    if (file !== undefined) throw new UsageError('verify: --signature needs the public key, --key PUB');
    return undefined;
  }
  const { findValidSignature, readSignatureFile } = await import('../../signature/minisign-signature.js');
  const { verifySignedPatch } = await import('../../signature/sign-patch.js');
  const found =
    file === undefined
      ? verifySignedPatch(patch, keys)
      : findValidSignature(patch, [readSignatureFile(await readTextOperand(file, terminal.signal))], keys);
  const { keyIdText } = await import('../../signature/minisign-text.js');
  return { signer: keyIdText(found.keyId), trustedComment: found.trustedComment };
}
