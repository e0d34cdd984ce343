import { statfsSync } from 'node:fs';
import type { Stage } from '../errors/patch-error.js';
import { patchError } from '../errors/patch-error.js';
import { withPath } from './storage-error.js';

/** Throws StorageError(NO_SPACE) when `size` bytes and `spare` more will not fit into the file system of a folder. */
export function assertFreeSpace(folder: string, size: number, spare: number, stage: Stage = 'storage'): void {
  const { bavail, blocks, bsize } = withPath(folder, 'WRITE_FAILED', () => statfsSync(folder));
  const free = bavail * bsize;
  // Some network and user-space file systems do not say how large they are.
  if (blocks === 0 || free >= size + spare) return;
  throw patchError('NO_SPACE', stage, `${size} bytes are needed in ${folder}, ${free} are free`, {
    path: folder,
    expected: size,
    found: free,
  });
}
