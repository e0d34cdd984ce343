import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { RandomAccess } from '../bytes/random-access.js';
import { patchError } from '../errors/patch-error.js';
import { withPath } from './storage-error.js';

/** Random access to a regular file that is held open: what is checked is what is used, wherever the path leads later. */
export class FileReader implements RandomAccess {
  readonly path: string;
  readonly size: number;
  readonly descriptor: number;
  private readonly changedAt: number;

  constructor(path: string) {
    this.path = path;
    // A pipe that nobody writes to is refused below instead of waited for.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    this.descriptor = withPath(path, 'READ_FAILED', () => openSync(path, flags));
    try {
      const stat = withPath(path, 'READ_FAILED', () => fstatSync(this.descriptor));
      if (!stat.isFile()) {
        const isFolder = stat.isDirectory();
        const kind = isFolder ? 'a folder' : 'no regular file';
        const data = { path, ...(isFolder && { errno: 'EISDIR' }) };
        throw patchError('READ_FAILED', 'storage', `${path} is ${kind}`, data);
      }
      this.size = stat.size;
      this.changedAt = stat.mtimeMs;
    } catch (error) {
      closeSync(this.descriptor);
      throw error;
    }
  }

  read(offset: number, into: Uint8Array): number {
    return withPath(this.path, 'READ_FAILED', () => readSync(this.descriptor, into, 0, into.length, offset));
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

  /** Throws StorageError when the file was written to since it was opened: what is read twice has to be the same. */
  assertUnchanged(): void {
    const { path, descriptor, size, changedAt } = this;
    const stat = withPath(path, 'READ_FAILED', () => fstatSync(descriptor));
    if (stat.size === size && stat.mtimeMs === changedAt) return;
    throw patchError('READ_FAILED', 'storage', `${path} was changed while it was read`, { path });
  }

  close(): void {
    closeSync(this.descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What `use` makes of files that it reads more than once. Where one was changed meanwhile, that is the error, whatever it led to. */
export async function useUnchanged<Result>(
  files: readonly { assertUnchanged(): void }[],
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    return await use();
  } finally {
    for (const file of files) file.assertUnchanged();
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
