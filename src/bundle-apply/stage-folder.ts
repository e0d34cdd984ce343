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
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FolderHandle, type HeldFile } from '../bundle/folder-handle.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { assertFreeSpace } from '../node/free-space.js';
import { beginningOf, isRunning } from '../node/process-identity.js';
import { withPath } from '../node/storage-error.js';

const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
/** Room that a file system should keep beside what is written. */
const SPARE_BYTES = 1 << 20;
/** What a leftover has behind the prefix: its owner, when that began, and a random number. */
const LEFTOVER = /^([1-9]\d{0,9})-(\d+)-[0-9a-f]{12}(\.replaced)?$/;
const UNKNOWN_START = '0';
const REPLACED = '.replaced';
/** Why a hard link may not be: another file system, none at all, too many, not the owner's. */
const CANNOT_LINK = new Set([
  'EXDEV',
  'EPERM',
  'EACCES',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
]);

export class StageFolder {
  readonly path: string;
  readonly handle: FolderHandle;
  private readonly destination: string;
  private isDone = false;

  /** Makes the stage of a destination, after room for `neededBytes` was found and leftovers were removed. */
  constructor(destination: string, neededBytes: number) {
    this.destination = destination;
    clearLeftovers(destination);
    assertFreeSpace(dirname(destination), neededBytes, SPARE_BYTES);
    this.path = newStagePath(destination);
    withPath(this.path, 'WRITE_FAILED', () => mkdirSync(this.path, 0o700));
    this.handle = FolderHandle.openRoot(this.path);
  }

  makeFolder(path: string): void {
    this.handle.within(path, (folder, name) => folder.makeFolder(name));
  }

  makeLink(path: string, target: string): void {
    withPath(join(this.path, path), 'WRITE_FAILED', () =>
      this.handle.within(path, (folder, name) => symlinkSync(target, folder.at(name))),
    );
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
    old: FolderHandle,
    from: string,
    path: string,
    isExecutable: boolean,
    mayLink: boolean,
  ): 'linked' | 'copied' {
    const take = (folder: FolderHandle, name: string) => {
      if (mayLink && this.link(folder.at(name), path)) return 'linked';
      if (this.clone(folder.at(name), path, isExecutable)) return 'copied';
      const file = folder.openFile(name);
      try {
        this.copy(file, path, isExecutable);
        return 'copied';
      } finally {
        file.close();
      }
    };
    return withPath(join(this.path, path), 'WRITE_FAILED', () => old.within(from, take));
  }

  private copy(file: HeldFile, path: string, isExecutable: boolean): void {
    const sink = this.createFile(path, isExecutable);
    try {
      file.copyTo(sink);
    } finally {
      sink.close();
    }
  }

  private link(from: string, path: string): boolean {
    return this.handle.within(path, (folder, name) => {
      try {
        linkSync(from, folder.at(name));
        return true;
      } catch (error) {
        if (CANNOT_LINK.has((error as NodeJS.ErrnoException).code ?? '')) return false;
        throw error;
      }
    });
  }

  /** Only where the file system shares the blocks (FICLONE): an ordinary copy goes through our own hands. */
  private clone(from: string, path: string, isExecutable: boolean): boolean {
    return this.handle.within(path, (folder, name) => {
      try {
        copyFileSync(from, folder.at(name), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      } catch {
        // What a failed clone leaves would stand in the way of the copy.
        rmSync(folder.at(name), { force: true });
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
    if (path === '') {
      this.handle.sync();
      return;
    }
    this.handle.within(path, (folder, name) => {
      const inner = folder.openFolder(name);
      try {
        inner.sync();
      } finally {
        inner.close();
      }
    });
  }

  /** Gives the stage its name; it must be free, or `force` removes what is there. */
  appear(force: boolean): void {
    const { destination } = this;
    this.handle.setMode(0o755);
    const aside = `${this.path}${REPLACED}`;
    const isReplaced = force && withPath(destination, 'WRITE_FAILED', () => moveAside(destination, aside));
    try {
      withPath(destination, 'WRITE_FAILED', () => renameSync(this.path, destination));
    } catch (error) {
      if (isReplaced) renameSync(aside, destination);
      throw error;
    }
    this.isDone = true;
    this.handle.close();
    syncParent(destination);
    if (isReplaced) rmSync(aside, { recursive: true, force: true });
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

function moveAside(path: string, aside: string): boolean {
  try {
    renameSync(path, aside);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** A name is on the disk once its folder is synced. */
export function syncParent(path: string): void {
  const parent = FolderHandle.openRoot(dirname(path));
  try {
    parent.sync();
  } finally {
    parent.close();
  }
}

function prefixOf(name: string): string {
  return `.${name}.deltakit-`;
}

function newStagePath(destination: string): string {
  const unique = `${process.pid}-${startOf(process.pid)}-${randomBytes(6).toString('hex')}`;
  return join(dirname(destination), `${prefixOf(basename(destination))}${unique}`);
}

/** Removes a folder that belongs to an operation on `destination`: a crash on the way leaves a leftover, which the next one removes. */
export function removeAsLeftover(path: string, destination: string): void {
  const leftover = newStagePath(destination);
  withPath(path, 'WRITE_FAILED', () => renameSync(path, leftover));
  syncParent(destination);
  withPath(leftover, 'WRITE_FAILED', () => rmSync(leftover, { recursive: true, force: true }));
}

/** Leftovers by their owners' numbers; a journal is none. */
function listLeftovers(destination: string): { readonly path: string; readonly isReplaced: boolean }[] {
  const parent = dirname(destination);
  const prefix = prefixOf(basename(destination));
  const names = withPath(parent, 'READ_FAILED', () => readdirSync(parent));
  return names.flatMap((name) => {
    const parts = name.startsWith(prefix) ? LEFTOVER.exec(name.slice(prefix.length)) : null;
    if (parts === null || isOwnerRunning(Number(parts[1]), parts[2]!)) return [];
    return [{ path: join(parent, name), isReplaced: parts[3] !== undefined }];
  });
}

/**
 * Clears up behind operations on a destination whose processes are gone. One that died between the two renames of a replacement has
 * left nothing at the destination: what was there comes back.
 */
export function clearLeftovers(destination: string): void {
  for (const { path, isReplaced } of listLeftovers(destination)) {
    const isMissing = lstatSync(destination, { throwIfNoEntry: false }) === undefined;
    withPath(path, 'WRITE_FAILED', () =>
      isReplaced && isMissing
        ? renameSync(path, destination)
        : rmSync(path, { recursive: true, force: true }),
    );
  }
}

/** Whether the process that began at `start` still runs; another one with its number does not count. */
function isOwnerRunning(pid: number, start: string): boolean {
  return isRunning(pid) && (start === UNKNOWN_START || startOf(pid) === start);
}

function startOf(pid: number): string {
  return beginningOf(pid) || UNKNOWN_START;
}
