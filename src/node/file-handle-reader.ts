import { fstatSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { RandomAccess } from '../bytes/random-access.js';
import { withPath } from './storage-error.js';

/** Random access to a file that somebody else holds open: the handle stays theirs to close. */
export function readFileHandle(handle: FileHandle): RandomAccess {
  const path = `file descriptor ${handle.fd}`;
  return {
    size: withPath(path, 'READ_FAILED', () => fstatSync(handle.fd)).size,
    read: (offset, into) =>
      withPath(path, 'READ_FAILED', () => readSync(handle.fd, into, 0, into.length, offset)),
  };
}
