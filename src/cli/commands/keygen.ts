import { chmodSync, closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { findDestination } from '../../node/destination.js';
import { withPath } from '../../node/storage-error.js';
import { generateKeyPair } from '../../signature/ed25519.js';
import { writePublicKey, writeSecretKey } from '../../signature/minisign-key.js';
import { keyIdText } from '../../signature/minisign-text.js';
import type { CommandLine } from '../command-line.js';
import { UsageError } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { readPassword } from './read-password.js';

export async function runKeygen(line: CommandLine, terminal: Terminal): Promise<void> {
  const name = line.text('output');
  if (name === undefined || name === '-') throw new UsageError('keygen: name the files with -o NAME');
  const password = await readPassword(line, terminal.signal);
  if ((password === undefined) !== line.flag('no-password'))
    throw new UsageError('keygen: give either --password-file FILE or --no-password');
  const files = { public: `${name}.pub`, secret: `${name}.key` };
  const force = line.flag('force');
  for (const path of Object.values(files)) findDestination(path, force);
  const pair = generateKeyPair();
  const secret = writeSecretKey(pair, password);
  writeKeyFile(files.secret, secret, 0o600, force);
  writeKeyFile(files.public, writePublicKey(pair), 0o644, force);
  const keyId = keyIdText(pair.keyId);
  if (await terminal.printJson('keygen', { keyId, publicKey: files.public, secretKey: files.secret })) return;
  terminal.note(`${files.public}: public key ${keyId}, to give away\n${files.secret}: secret key, to keep`);
}

/** A key is never readable by others, not even while it is written. */
function writeKeyFile(path: string, text: string, mode: number, force: boolean): void {
  withPath(path, 'WRITE_FAILED', () => {
    if (force) rmSync(path, { force: true });
    const fd = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
    chmodSync(path, mode);
  });
}
