import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { digestOfOld } from '../apply/verify-old.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { fromHex, toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { runSync } from '../progress/run-steps.js';
import { type Destination, findDestination } from './destination.js';
import { assertFreeSpace } from './free-space.js';
import { withPath } from './storage-error.js';
import { removeStaleFiles, temporaryName } from './temporary-file.js';

/** Room that a file system should keep beside what is written. */
const SPARE_BYTES = 64 << 10;

/**
 * A file that appears whole or not at all: bytes go to a temporary file beside the destination; `commit` syncs it, reads it
 * back from the disk, gives it its name and syncs the folder. `discard` leaves nothing. The temporary file is held open from its
 * creation to the end, so that the bytes which are read back are those which appear.
 */
export class AtomicFile implements ByteSink {
  private readonly destination: Destination;
  private readonly temporary: string;
  private readonly force: boolean;
  private fd: number | undefined;
  private size = 0;
  /** Whether the temporary name is still there. */
  private pending: boolean;

  /**
   * @throws StorageError DESTINATION_EXISTS when the destination exists and `force` is not set, NO_SPACE when `expectedSize`
   * bytes will not fit, WRITE_FAILED
   */
  constructor(
    path: string,
    options: {
      readonly force?: boolean | undefined;
      readonly expectedSize: number;
      /** Name of the temporary file beside the destination, which may be there from before; default: a new one. */
      readonly partialName?: string | undefined;
    },
  ) {
    this.force = options.force ?? false;
    this.destination = findDestination(path, this.force);
    const folder = dirname(this.destination.path);
    const name = basename(this.destination.path);
    this.temporary = join(folder, options.partialName ?? temporaryName(name));
    removeStaleFiles(folder, name);
    assertFreeSpace(folder, options.expectedSize - roomOf(this.temporary), SPARE_BYTES);
    const exclusive = options.partialName === undefined ? constants.O_EXCL : 0;
    const flags = constants.O_CREAT | exclusive | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
    this.fd = this.attempt(() => openSync(this.temporary, flags, 0o666));
    this.pending = true;
    this.attempt(() => {
      if (!fstatSync(this.fd!).isFile()) throw new TypeError(`${this.temporary} is no regular file`);
    });
  }

  write(bytes: Uint8Array, offset: number): void {
    this.attempt(() => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.fd!, bytes, done, bytes.length - done, offset + done);
      }
    });
    this.size = Math.max(this.size, offset + bytes.length);
  }

  /** Makes the file appear, after its bytes on the disk were read back and have the digest `expected` (hexadecimal). */
  commit(expected: string): void {
    this.attempt(() => {
      if (this.destination.mode !== undefined) fchmodSync(this.fd!, this.destination.mode);
      fsyncSync(this.fd!);
    });
    this.assertWritten(expected);
    this.assertSameFile();
    this.attempt(() => this.appear());
    this.pending = false;
    this.closeFile();
    this.attempt(() => syncFolder(dirname(this.destination.path)));
  }

  /** Reads what was written, for instance before a kill; answers how many bytes were there. */
  read(offset: number, into: Uint8Array): number {
    return this.attempt(() => readSync(this.fd!, into, 0, into.length, offset));
  }

  /** Puts what was written so far on the disk. */
  sync(): void {
    this.attempt(() => fdatasyncSync(this.fd!));
  }

  /** Ends the file to `size` bytes and counts them as written. */
  setSize(size: number): void {
    this.attempt(() => ftruncateSync(this.fd!, size));
    this.size = size;
  }

  /** Leaves the temporary file where it is, for a later call. */
  keep(): void {
    this.pending = false;
    this.closeFile();
  }

  /** Removes the temporary file; harmless after `commit`. */
  discard(): void {
    this.closeFile();
    if (!this.pending) return;
    this.pending = false;
    try {
      unlinkSync(this.temporary);
    } catch {
      // Gone already; the error that led here is the one to tell.
    }
  }

  private assertWritten(expected: string): void {
    const { fd, size } = this;
    const read = (offset: number, into: Uint8Array) =>
      this.attempt(() => readSync(fd!, into, 0, into.length, offset));
    const found = runSync(digestOfOld({ size, read }));
    if (equalBytes(found, fromHex(expected))) return;
    const { path } = this.destination;
    throw patchError(
      'WRITE_FAILED',
      'storage',
      `the disk holds other bytes than were written to ${path}: expected SHA-256 ${expected}, found ${toHex(found)}`,
      { path, expected, found: toHex(found) },
    );
  }

  /** Somebody else could have put another file at the temporary name, which would then appear unread. */
  private assertSameFile(): void {
    const held = this.attempt(() => fstatSync(this.fd!, { bigint: true }));
    const named = this.attempt(() => lstatSync(this.temporary, { bigint: true }));
    if (held.ino === named.ino && held.dev === named.dev) return;
    const { path } = this.destination;
    throw patchError('WRITE_FAILED', 'storage', `${this.temporary} was replaced while it was written`, {
      path,
    });
  }

  /**
   * Without `force` the new name is a link, which fails where a file appeared in the meantime; a rename would replace it. File
   * systems without hard links get the rename, after one more look.
   */
  private appear(): void {
    const { path } = this.destination;
    if (!this.force && this.linkTo(path)) {
      unlinkSync(this.temporary);
      return;
    }
    findDestination(path, this.force);
    renameSync(this.temporary, path);
  }

  /** Whether the file system made a hard link. Throws EEXIST where a file appeared. */
  private linkTo(path: string): boolean {
    try {
      linkSync(this.temporary, path);
      return true;
    } catch (error) {
      if (NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  }

  private attempt<Result>(run: () => Result): Result {
    return withPath(this.destination.path, 'WRITE_FAILED', run);
  }

  private closeFile(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

/** What link(2) answers where there are no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/** Bytes of the disk that a file from before takes already, which is written over. */
function roomOf(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? found.blocks * 512 : 0;
}

/** What opening or syncing a folder answers where it cannot be done: Windows, and some network file systems. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF']);

/** A name is durable once its folder is synced. A failing disk is told, a system that cannot sync folders is not. */
function syncFolder(folder: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDONLY);
    fsyncSync(fd);
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Writes bytes to a file that appears whole or not at all. */
export function writeFileAtomically(path: string, bytes: Uint8Array, force?: boolean): void {
  const file = new AtomicFile(path, { force, expectedSize: bytes.length });
  try {
    file.write(bytes, 0);
    file.commit(toHex(sha256(bytes)));
  } finally {
    file.discard();
  }
}
