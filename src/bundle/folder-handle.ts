/**
 * Folders held open, so that what was looked at is what is used, whatever happens to the path meanwhile. A name is opened in its
 * folder and never through a link: on Linux by `/proc/self/fd`, which works like openat(2) (Node has no such call); elsewhere by
 * the path, each name looked at first.
 */

import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { patchError } from '../errors/patch-error.js';
import { withPath } from '../node/storage-error.js';

const HANDLES = '/proc/self/fd';
const COPY_SIZE = 1 << 20;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const FOLDER = constants.O_DIRECTORY ?? 0;
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF']);

export class FolderHandle {
  /** For messages. */
  readonly path: string;
  private readonly fd: number;
  private readonly base: string;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
    this.base = existsSync(`${HANDLES}/${fd}`) ? `${HANDLES}/${fd}` : path;
  }

  /** Opens the root of a tree; the path to it may lead through links, which are the caller's own. */
  static openRoot(path: string): FolderHandle {
    return new FolderHandle(
      path,
      withPath(path, 'READ_FAILED', () => openSync(path, constants.O_RDONLY | FOLDER)),
    );
  }

  /** Runs `work` in the folder of an entry, which is reached name by name. */
  within<Result>(entryPath: string, work: (folder: FolderHandle, name: string) => Result): Result {
    const names = entryPath.split('/');
    const name = names.pop()!;
    let folder: FolderHandle = this;
    try {
      for (const step of names) {
        const next = folder.openFolder(step);
        if (folder !== this) folder.close();
        folder = next;
      }
      return work(folder, name);
    } finally {
      if (folder !== this) folder.close();
    }
  }

  openFolder(name: string): FolderHandle {
    const path = join(this.path, name);
    const flags = constants.O_RDONLY | FOLDER | NO_FOLLOW;
    if (NO_FOLLOW === 0) this.assertType(name, (stat) => stat.isDirectory(), 'a folder');
    return new FolderHandle(
      path,
      withPath(path, 'READ_FAILED', () => openSync(this.at(name), flags)),
    );
  }

  openFile(name: string): HeldFile {
    const path = join(this.path, name);
    // A pipe that nobody writes to is refused instead of waited for.
    const flags = constants.O_RDONLY | NO_FOLLOW | (constants.O_NONBLOCK ?? 0);
    if (NO_FOLLOW === 0) this.assertType(name, (stat) => stat.isFile(), 'a file');
    return new HeldFile(
      path,
      withPath(path, 'READ_FAILED', () => openSync(this.at(name), flags)),
    );
  }

  /** A new file, which must not be there yet; answers its descriptor. */
  createFile(name: string): number {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | NO_FOLLOW;
    return withPath(join(this.path, name), 'WRITE_FAILED', () => openSync(this.at(name), flags, 0o600));
  }

  makeFolder(name: string): void {
    withPath(join(this.path, name), 'WRITE_FAILED', () => mkdirSync(this.at(name), 0o755));
  }

  /** A path that the system resolves in this folder, for calls that take no descriptor. */
  at(name: string): string {
    return join(this.base, name);
  }

  stat(name: string): Stats | undefined {
    return withPath(join(this.path, name), 'READ_FAILED', () =>
      lstatSync(this.at(name), { throwIfNoEntry: false }),
    );
  }

  linkTarget(name: string): string {
    return withPath(join(this.path, name), 'READ_FAILED', () => readlinkSync(this.at(name)));
  }

  names(): string[] {
    return withPath(this.path, 'READ_FAILED', () => readdirSync(`${this.base}/`));
  }

  /** Puts the folder's names on the disk; some file systems cannot, and need not. */
  sync(): void {
    withPath(this.path, 'WRITE_FAILED', () => {
      try {
        fsyncSync(this.fd);
      } catch (error) {
        if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    });
  }

  setMode(mode: number): void {
    withPath(this.path, 'WRITE_FAILED', () => fchmodSync(this.fd, mode));
  }

  close(): void {
    closeSync(this.fd);
  }

  private assertType(name: string, isRight: (stat: Stats) => boolean, expected: string): void {
    const stat = this.stat(name);
    if (stat !== undefined && isRight(stat)) return;
    const path = join(this.path, name);
    throw patchError('READ_FAILED', 'storage', `${path}: expected ${expected}`, { path });
  }
}

/** A file whose last change is nearer than this may be changed once more within a tick of the file system's clock, unseen. */
const SETTLED_MS = 2000;

/** A regular file held open for reading. */
export class HeldFile implements RandomAccess {
  readonly path: string;
  readonly size: number;
  readonly isExecutable: boolean;
  /** Whether the mode is one that a file of a bundle may have: no set-id or sticky bit, not for everybody to write. */
  readonly hasPlainMode: boolean;
  /**
   * Which file this is, and when it was last changed, as it was opened: equal for two openings of one file that nobody wrote to in between.
   * undefined where that cannot be told, since it was changed a moment ago.
   */
  readonly state: string | undefined;
  private readonly fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
    const stat = withPath(path, 'READ_FAILED', () => fstatSync(fd));
    const exact = withPath(path, 'READ_FAILED', () => fstatSync(fd, { bigint: true }));
    if (!stat.isFile()) {
      closeSync(fd);
      throw patchError('READ_FAILED', 'storage', `${path} is no regular file`, { path });
    }
    this.size = stat.size;
    this.isExecutable = (stat.mode & 0o111) !== 0;
    this.hasPlainMode = (stat.mode & 0o7002) === 0;
    const isSettled = Math.abs(Date.now() - stat.mtimeMs) > SETTLED_MS;
    this.state = isSettled ? [exact.dev, exact.ino, exact.size, exact.mtimeNs].join(' ') : undefined;
  }

  read(offset: number, into: Uint8Array): number {
    return withPath(this.path, 'READ_FAILED', () => readSync(this.fd, into, 0, into.length, offset));
  }

  /** Hands all bytes to a sink. */
  copyTo(sink: ByteSink): void {
    const buffer = new Uint8Array(Math.min(COPY_SIZE, Math.max(1, this.size)));
    for (let offset = 0; offset < this.size; ) {
      const count = this.read(offset, buffer);
      if (count === 0) break;
      sink.write(buffer.subarray(0, count), offset);
      offset += count;
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Every path below a folder, folders before what is in them; no link is followed. */
export function listPaths(folder: FolderHandle, inside = ''): string[] {
  return folder.names().flatMap((name): string[] => {
    const path = inside === '' ? name : `${inside}/${name}`;
    if (!folder.stat(name)?.isDirectory()) return [path];
    const inner = folder.openFolder(name);
    try {
      return [path, ...listPaths(inner, path)];
    } finally {
      inner.close();
    }
  });
}
