import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ByteSink } from '../bytes/byte-sink.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { fromHex, toHex } from '../bytes/hex.js';
import { createSha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { FileReader } from './file-reader.js';
import { withPath } from './storage-error.js';

/** Room that a file system should keep beside what is written. */
const SPARE_BYTES = 64 << 10;

/**
 * A file that appears whole or not at all: bytes go to a temporary file beside the destination; `commit` syncs it, reads it
 * back from the disk, renames it over the destination and syncs the folder. `discard` leaves nothing.
 */
export class AtomicFile implements ByteSink {
  private readonly path: string;
  private readonly temporary: string;
  private fd: number | undefined;

  /**
   * @throws StorageError DESTINATION_EXISTS when the destination exists and `force` is not set, NO_SPACE when `expectedSize`
   * bytes will not fit, WRITE_FAILED
   */
  constructor(
    path: string,
    options: { readonly force?: boolean | undefined; readonly expectedSize: number },
  ) {
    if (!options.force && existsSync(path)) {
      throw patchError(
        'DESTINATION_EXISTS',
        'storage',
        `${path} exists; it is not overwritten without force`,
        { path },
      );
    }
    // A link is followed once, here, so that the rename replaces the file and not the link.
    this.path = existsSync(path) ? realpathSync(path) : path;
    const folder = dirname(this.path);
    this.temporary = join(folder, `.${basename(this.path)}.${randomBytes(6).toString('hex')}.tmp`);
    assertSpace(folder, options.expectedSize);
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    this.fd = withPath(this.path, 'WRITE_FAILED', () => openSync(this.temporary, flags, 0o666));
  }

  write(bytes: Uint8Array, offset: number): void {
    withPath(this.path, 'WRITE_FAILED', () => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.fd!, bytes, done, bytes.length - done, offset + done);
      }
    });
  }

  /** Makes the file appear, after its bytes on the disk were read back and have the digest `expected` (hexadecimal). */
  commit(expected: string): void {
    withPath(this.path, 'WRITE_FAILED', () => fsyncSync(this.fd!));
    this.closeFile();
    const found = digestFile(this.temporary);
    if (!equalBytes(found, fromHex(expected))) {
      throw patchError(
        'WRITE_FAILED',
        'storage',
        `the disk holds other bytes than were written to ${this.path}: expected SHA-256 ${expected}, found ${toHex(found)}`,
        { path: this.path, expected, found: toHex(found) },
      );
    }
    withPath(this.path, 'WRITE_FAILED', () => renameSync(this.temporary, this.path));
    syncFolder(dirname(this.path));
  }

  /** Removes the temporary file; harmless after `commit`. */
  discard(): void {
    this.closeFile();
    try {
      unlinkSync(this.temporary);
    } catch {
      // Renamed already, or gone.
    }
  }

  private closeFile(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

function assertSpace(folder: string, size: number): void {
  const { bavail, bsize } = withPath(folder, 'WRITE_FAILED', () => statfsSync(folder));
  const free = bavail * bsize;
  if (free >= size + SPARE_BYTES) return;
  throw patchError('NO_SPACE', 'storage', `${size} bytes are needed in ${folder}, ${free} are free`, {
    path: folder,
    expected: size,
    found: free,
  });
}

function digestFile(path: string): Uint8Array {
  const reader = new FileReader(path);
  try {
    const hasher = createSha256();
    const buffer = new Uint8Array(1 << 20);
    for (let offset = 0; offset < reader.size; ) {
      const count = reader.read(offset, buffer);
      if (count === 0) break;
      hasher.update(buffer.subarray(0, count));
      offset += count;
    }
    return hasher.digest();
  } finally {
    reader.close();
  }
}

/** A rename is durable once its folder is; systems that cannot sync folders are left alone. */
function syncFolder(folder: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDONLY);
    fsyncSync(fd);
  } catch {
    // Windows opens no folders.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
