import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
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
    this.fd = withPath(path, 'READ_FAILED', () => openSync(path, constants.O_RDONLY));
    const stat = fstatSync(this.fd);
    if (!stat.isFile()) {
      closeSync(this.fd);
      throw patchError('READ_FAILED', 'storage', `${path} is not a regular file`, { path });
    }
    this.size = stat.size;
  }

  read(offset: number, into: Uint8Array): number {
    return withPath(this.path, 'READ_FAILED', () => readSync(this.fd, into, 0, into.length, offset));
  }

  /** All bytes of the file. */
  readAll(): Uint8Array<ArrayBuffer> {
    return withPath(this.path, 'READ_FAILED', () => {
      const bytes = readFileSync(this.fd);
      return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
    });
  }

  close(): void {
    closeSync(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** All bytes of a file. Throws StorageError. */
export function readWholeFile(path: string): Uint8Array<ArrayBuffer> {
  const reader = new FileReader(path);
  try {
    return reader.readAll();
  } finally {
    reader.close();
  }
}
