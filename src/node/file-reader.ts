import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { RandomAccess } from '../bytes/random-access.js';
import { patchError } from '../errors/patch-error.js';
import { withPath } from './storage-error.js';

/** Random access to a regular file that is held open: what is checked is what is used, wherever the path leads later. */
export class FileReader implements RandomAccess {
  readonly path: string;
  readonly size: number;
  private readonly fd: number;

  constructor(path: string) {
    this.path = path;
    // A pipe that nobody writes to is refused below instead of waited for.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    this.fd = withPath(path, 'READ_FAILED', () => openSync(path, flags));
    try {
      const stat = withPath(path, 'READ_FAILED', () => fstatSync(this.fd));
      if (!stat.isFile()) {
        const kind = stat.isDirectory() ? 'a folder' : 'no regular file';
        throw patchError('READ_FAILED', 'storage', `${path} is ${kind}`, { path });
      }
      this.size = stat.size;
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  read(offset: number, into: Uint8Array): number {
    return withPath(this.path, 'READ_FAILED', () => readSync(this.fd, into, 0, into.length, offset));
  }

  /** All bytes of the file. */
  readAll(): Uint8Array<ArrayBuffer> {
    if (this.size > MAX_WHOLE_SIZE) {
      throw patchError(
        'INPUT_SIZE_LIMIT',
        'storage',
        `${this.path} has ${this.size} bytes; a file that is read whole has ${MAX_WHOLE_SIZE} at most`,
        { path: this.path, expected: MAX_WHOLE_SIZE, found: this.size },
      );
    }
    const bytes = new Uint8Array(this.size);
    let done = 0;
    while (done < bytes.length) {
      const count = this.read(done, bytes.subarray(done, done + MAX_READ));
      if (count === 0) break;
      done += count;
    }
    return done === bytes.length ? bytes : bytes.slice(0, done);
  }

  close(): void {
    closeSync(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Largest file that is read whole. */
export const MAX_WHOLE_SIZE = 2 ** 31 - 1;
/** A single read of more is cut by some systems. */
const MAX_READ = 1 << 30;

/** All bytes of a file. Throws StorageError. */
export function readWholeFile(path: string): Uint8Array<ArrayBuffer> {
  const reader = new FileReader(path);
  try {
    return reader.readAll();
  } finally {
    reader.close();
  }
}
