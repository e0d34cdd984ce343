/**
 * Files of the browser's origin-private file system that appear whole or not at all. New goes to
 *
 *     .NAME.RANDOM.deltakit-partial
 *
 * beside its destination, is flushed, read back and then moved to its name. A tab that dies leaves that file; the next call for the same name removes it.
 * One that is being written is locked by its open handle and cannot be removed; one that was removed between its end and its move ends with an error.
 *
 * How durable a move is, is the browser's affair: no call of the web asks for it. What a name leads to is whole all the same.
 */

import type { ApplyReport } from '../apply/apply-options.js';
import type { PatchStreamOptions } from '../apply/patch-stream.js';
import { toHex } from '../bytes/hex.js';
import type { SeekableSink } from '../bytes/sink-stream.js';
import { webFileError } from '../bytes/web-file-error.js';
import { patchError } from '../errors/patch-error.js';
import type { AccessHandle } from './access-handle.js';
import { AccessHandleFile } from './access-handle-file.js';
import { type OldSource, openOld, type PatchSource, pipePatch } from './apply-patch-to-handle.js';

/** What is used of a `FileSystemFileHandle` of the private file system. */
export interface StoredFile {
  createSyncAccessHandle(options?: { mode?: 'read-only' }): Promise<AccessHandle>;
  /** Gives the file another name in its folder, in the place of a file of that name. Not every browser has it. */
  move?(name: string): Promise<void>;
}

/** What is used of a `FileSystemDirectoryHandle` of the private file system. */
export interface StoredFolder {
  getFileHandle(name: string, options?: { create?: boolean }): Promise<StoredFile | object>;
  removeEntry(name: string): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** What to apply to what, by names in a folder. */
export interface ApplyInFolderOptions extends PatchStreamOptions {
  /** A folder of the private file system, for instance `await navigator.storage.getDirectory()`. */
  readonly folder: StoredFolder;
  /** Name of old in the folder, or old itself. `new` may be the same name: with `force` it is replaced. */
  readonly old: string | OldSource;
  readonly patch: PatchSource;
  /** Name of the new file in the folder. */
  readonly new: string;
  /** Overwrite an existing file. */
  readonly force?: boolean | undefined;
}

/**
 * Applies a patch to a file of a folder, in a worker: new appears under its name whole, after it was read back, or not at all. Errors as `applyPatch`, and
 * StorageError DESTINATION_EXISTS · NO_SPACE · BUSY (somebody else holds a file open) · READ_FAILED · WRITE_FAILED
 */
export async function applyPatchInFolder(options: ApplyInFolderOptions): Promise<ApplyReport> {
  const { folder, old, patch, new: name, force = false } = options;
  await assertDestination(folder, name, force);
  const held = typeof old === 'string' ? await openFile(folder, old, 'READ_FAILED') : undefined;
  const file = new PartialFile(folder, name);
  try {
    const report = await pipePatch(openOld(held ?? (old as OldSource)), patch, file, options);
    options.signal?.throwIfAborted();
    await file.end(report.newDigest);
    // A file that is open is not replaced, and old may be the one.
    held?.close();
    await assertDestination(folder, name, force);
    await file.appear();
    return report;
  } catch (error) {
    await file.discard();
    throw error;
  } finally {
    held?.close();
  }
}

/** A temporary file beside `name`, made when the first byte comes: a refused patch touches nothing. */
class PartialFile implements SeekableSink {
  private readonly folder: StoredFolder;
  private readonly name: string;
  private readonly partial: string;
  private handle: AccessHandle | undefined;
  private file: AccessHandleFile | undefined;
  /** Whether the temporary name may be there. */
  private isPending = false;

  constructor(folder: StoredFolder, name: string) {
    this.folder = folder;
    this.name = name;
    this.partial = `${stemOf(name)}${toHex(crypto.getRandomValues(new Uint8Array(6)))}${PARTIAL}`;
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    (await this.open()).write(bytes, offset);
  }

  /** Flushes, reads back and closes what was written. */
  async end(expected: string): Promise<void> {
    await (await this.open()).commit(expected);
    this.handle!.close();
    this.handle = undefined;
  }

  async appear(): Promise<void> {
    await attempt(this.name, 'WRITE_FAILED', async () => {
      const file = (await this.folder.getFileHandle(this.partial)) as StoredFile;
      await file.move!(this.name);
    });
    this.isPending = false;
  }

  /** Removes the temporary file; harmless after `appear`. */
  async discard(): Promise<void> {
    this.handle?.close();
    if (this.isPending) await removeQuietly(this.folder, this.partial);
    this.isPending = false;
  }

  private async open(): Promise<AccessHandleFile> {
    if (this.file !== undefined) return this.file;
    await attempt(this.name, 'WRITE_FAILED', () => removeStale(this.folder, this.name));
    this.isPending = true;
    this.handle = await openFile(this.folder, this.partial, 'WRITE_FAILED');
    this.file = new AccessHandleFile(this.handle, this.name);
    return this.file;
  }
}

const PARTIAL = '.deltakit-partial';

function stemOf(name: string): string {
  return `.${name}.`;
}

/** Removes what dead tabs left of `name`. A living one holds its file open, and it stays. */
async function removeStale(folder: StoredFolder, name: string): Promise<void> {
  const stem = stemOf(name);
  const stale: string[] = [];
  for await (const found of folder.keys()) {
    if (!found.startsWith(stem) || !found.endsWith(PARTIAL)) continue;
    if (/^[0-9a-f]{12}$/.test(found.slice(stem.length, -PARTIAL.length))) stale.push(found);
  }
  for (const found of stale) await removeQuietly(folder, found);
}

async function removeQuietly(folder: StoredFolder, name: string): Promise<void> {
  try {
    await folder.removeEntry(name);
  } catch {
    // Gone already, or open in another tab.
  }
}

/** Opens a file; one to be written is made. */
async function openFile(
  folder: StoredFolder,
  name: string,
  fallback: 'READ_FAILED' | 'WRITE_FAILED',
): Promise<AccessHandle> {
  const create = fallback === 'WRITE_FAILED';
  return attempt(name, fallback, async () => {
    const file = (await folder.getFileHandle(name, { create })) as StoredFile;
    if (!create) return file.createSyncAccessHandle({ mode: 'read-only' });
    if (typeof file.move === 'function') return file.createSyncAccessHandle();
    throw new DOMException('this browser gives files no other name', 'NotSupportedError');
  });
}

async function assertDestination(folder: StoredFolder, name: string, force: boolean): Promise<void> {
  try {
    await folder.getFileHandle(name);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'NotFoundError') return;
    throw webFileError(name, 'WRITE_FAILED', cause);
  }
  if (force) return;
  throw patchError('DESTINATION_EXISTS', 'storage', `${name} exists; it is not overwritten without force`, {
    path: name,
  });
}

async function attempt<Result>(
  name: string,
  fallback: 'READ_FAILED' | 'WRITE_FAILED',
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    throw webFileError(name, fallback, cause);
  }
}
