/**
 * The folder that a tree grows in, beside its destination, so that appearing is a rename. Its name carries the process that owns it: one
 * whose owner is gone is a leftover of a crash and is removed by the next operation on the same destination.
 */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FolderHandle, type HeldFile } from '../bundle/folder-handle.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { patchError } from '../errors/patch-error.js';
import { withPath } from '../node/storage-error.js';

const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
const COPY_SIZE = 1 << 20;
/** Room that a file system should keep beside what is written. */
const SPARE_BYTES = 1 << 20;

export class StageFolder {
  readonly path: string;
  readonly handle: FolderHandle;
  private readonly destination: string;
  private isDone = false;

  /** Makes the stage of a destination, after room for `neededBytes` was found and leftovers were removed. */
  constructor(destination: string, neededBytes: number) {
    this.destination = destination;
    const parent = dirname(destination);
    removeLeftovers(parent, basename(destination));
    assertSpace(parent, neededBytes);
    this.path = join(
      parent,
      `${prefixOf(basename(destination))}${process.pid}-${randomBytes(6).toString('hex')}`,
    );
    withPath(this.path, 'WRITE_FAILED', () => mkdirSync(this.path, 0o700));
    this.handle = FolderHandle.openRoot(this.path);
  }

  makeFolder(path: string): void {
    this.handle.within(path, (folder, name) => folder.makeFolder(name));
  }

  /** A sink for a new file, and what ends it: its mode set, its bytes on the disk. */
  createFile(path: string, isExecutable: boolean): ByteSink & { close(): void } {
    const fd = this.handle.within(path, (folder, name) => folder.createFile(name));
    const attempt = <Result>(run: () => Result) => withPath(join(this.path, path), 'WRITE_FAILED', run);
    return {
      write: (bytes, offset) =>
        attempt(() => {
          for (let done = 0; done < bytes.length; ) {
            done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
          }
        }),
      close: () => {
        try {
          attempt(() => {
            fchmodSync(fd, isExecutable ? EXECUTABLE_MODE : FILE_MODE);
            fsyncSync(fd);
          });
        } finally {
          closeSync(fd);
        }
      },
    };
  }

  /** Puts old's file here: as a hard link when `mayLink` and the file system can, as a clone or copy else. Answers which. */
  takeFile(
    file: HeldFile,
    from: () => string,
    path: string,
    isExecutable: boolean,
    mayLink: boolean,
  ): 'linked' | 'copied' {
    if (mayLink && this.link(from, path)) return 'linked';
    if (this.clone(file, path, isExecutable)) return 'copied';
    const sink = this.createFile(path, isExecutable);
    try {
      const buffer = new Uint8Array(COPY_SIZE);
      for (let offset = 0; offset < file.size; ) {
        const count = file.read(offset, buffer);
        if (count === 0) break;
        sink.write(buffer.subarray(0, count), offset);
        offset += count;
      }
    } finally {
      sink.close();
    }
    return 'copied';
  }

  private link(from: () => string, path: string): boolean {
    return this.handle.within(path, (folder, name) => {
      try {
        linkSync(from(), folder.at(name));
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Only where the file system shares the blocks (FICLONE): an ordinary copy goes through our own hands. */
  private clone(file: HeldFile, path: string, isExecutable: boolean): boolean {
    return this.handle.within(path, (folder, name) => {
      try {
        copyFileSync(file.path, folder.at(name), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      } catch {
        return false;
      }
      const fd = openSync(folder.at(name), constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
      try {
        fchmodSync(fd, isExecutable ? EXECUTABLE_MODE : FILE_MODE);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return true;
    });
  }

  /** Syncs a folder of the stage, '' for the stage itself. */
  syncFolder(path: string): void {
    const sync = (folder: FolderHandle) =>
      withPath(folder.path, 'WRITE_FAILED', () => fsyncSync(folder.descriptor));
    if (path === '') {
      sync(this.handle);
      return;
    }
    this.handle.within(path, (folder, name) => {
      const inner = folder.openFolder(name);
      try {
        sync(inner);
      } finally {
        inner.close();
      }
    });
  }

  /** Gives the stage its name; it must be free, or `force` removes what is there. */
  appear(force: boolean): void {
    const { destination } = this;
    withPath(this.path, 'WRITE_FAILED', () => fchmodSync(this.handle.descriptor, 0o755));
    let aside: string | undefined;
    if (force) {
      aside = `${this.path}.replaced`;
      aside = withPath(destination, 'WRITE_FAILED', () => moveAside(destination, aside!));
    }
    withPath(destination, 'WRITE_FAILED', () => renameSync(this.path, destination));
    this.isDone = true;
    syncParent(destination);
    this.handle.close();
    if (aside !== undefined) rmSync(aside, { recursive: true, force: true });
  }

  /** Gives the stage another name, which must be free; it is no longer a stage then. */
  become(path: string): void {
    withPath(path, 'WRITE_FAILED', () => renameSync(this.path, path));
    this.isDone = true;
    this.handle.close();
    syncParent(path);
  }

  /** Removes the stage; harmless after it appeared. */
  discard(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.handle.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}

function moveAside(path: string, aside: string): string | undefined {
  try {
    renameSync(path, aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A name is on the disk once its folder is synced. */
export function syncParent(path: string): void {
  const parent = FolderHandle.openRoot(dirname(path));
  try {
    withPath(parent.path, 'WRITE_FAILED', () => fsyncSync(parent.descriptor));
  } finally {
    parent.close();
  }
}

function prefixOf(name: string): string {
  return `.${name}.deltakit-`;
}

function removeLeftovers(parent: string, name: string): void {
  const prefix = prefixOf(name);
  for (const found of withPath(parent, 'READ_FAILED', () => readdirSync(parent))) {
    if (!found.startsWith(prefix)) continue;
    const owner = Number.parseInt(found.slice(prefix.length), 10);
    if (!isRunning(owner)) rmSync(join(parent, found), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function assertSpace(folder: string, size: number): void {
  const { bavail, blocks, bsize } = withPath(folder, 'WRITE_FAILED', () => statfsSync(folder));
  const free = bavail * bsize;
  if (blocks === 0 || free >= size + SPARE_BYTES) return;
  throw patchError('NO_SPACE', 'storage', `${size} bytes are needed in ${folder}, ${free} are free`, {
    path: folder,
    expected: size,
    found: free,
  });
}
