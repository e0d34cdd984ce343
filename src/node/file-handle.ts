import { fstatSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { RandomAccess } from '../bytes/random-access.js';
import type { SeekableSink } from '../bytes/sink-stream.js';
import { storageError, withPath } from './storage-error.js';

/** Random access to a file that somebody else holds open: the handle stays theirs to close. */
export function readFileHandle(handle: FileHandle): RandomAccess {
  const path = nameOf(handle);
  return {
    size: withPath(path, 'READ_FAILED', () => fstatSync(handle.fd)).size,
    read: (offset, into) =>
      withPath(path, 'READ_FAILED', () => readSync(handle.fd, into, 0, into.length, offset)),
  };
}

/**
 * Writes into a file that somebody else holds open, at the offsets that are asked for; they sync, cut and close it. For files that appear whole or not
 * at all, see `applyPatchFile`.
 */
export function writeFileHandle(handle: FileHandle): SeekableSink {
  const path = nameOf(handle);
  return {
    async write(bytes, offset) {
      try {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
          done += bytesWritten;
        }
      } catch (cause) {
        throw storageError(path, 'WRITE_FAILED', cause);
      }
    },
  };
}

function nameOf(handle: FileHandle): string {
  return `file descriptor ${handle.fd}`;
}
