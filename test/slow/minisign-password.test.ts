import { expect, it } from 'vitest';
import { readPublicKey, readSecretKey } from '../../src/signature-entry.js';
import { MINISIGN_FILES } from '../support/minisign-files.js';

it('opens a secret key that minisign encrypted, with 1 GiB of scrypt', () => {
  const pair = readSecretKey(MINISIGN_FILES.encryptedKey, MINISIGN_FILES.password);
  expect(pair).toMatchObject(readPublicKey(MINISIGN_FILES.encryptedPublicKey));
});
