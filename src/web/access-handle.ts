import type { RandomAccess } from '../bytes/random-access.js';
import { withWebFile } from '../bytes/web-file-error.js';

/**
 * What is used of a `FileSystemSyncAccessHandle`: a file of the browser's origin-private file system (OPFS) that a worker holds open. It alone can write
 * the file while it is open, unless it asked for something else.
 */
export interface AccessHandle {
  read(into: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

const NAME = 'the access handle';

/** Random access to a file that somebody else holds open: the handle stays theirs to close. Throws StorageError(READ_FAILED). */
export function readAccessHandle(handle: AccessHandle, name = NAME): RandomAccess {
  return {
    size: withWebFile(name, 'READ_FAILED', () => handle.getSize()),
    read: (offset, into) => withWebFile(name, 'READ_FAILED', () => readFully(handle, offset, into)),
  };
}

/** A read may end early; what it answers is 0 only at the end of the file. */
function readFully(handle: AccessHandle, offset: number, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const count = handle.read(into.subarray(done) as Uint8Array<ArrayBuffer>, { at: offset + done });
    if (count <= 0) break;
    done += count;
  }
  return done;
}
