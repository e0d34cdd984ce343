import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { patchError } from '../errors/patch-error.js';
import { assertFreeSpace } from '../node/free-space.js';
import { withPath } from '../node/storage-error.js';

/**
 * The agent's folder:
 *
 *     current -> versions/<tree>   the link that programs go by; replaced by a rename, never changed in place
 *     versions/<tree>/             whole framework folders, named by their digests; never changed either
 *     staging/                     folders that are being made; removed at the next start
 *     downloads/                   pieces of downloads, kept until they are whole and used
 *     metadata/                    trusted metadata of the repository
 *     state.json journal.json lock
 */
export class AgentFolder {
  readonly path: string;

  /** @throws StorageError UNSAFE_FOLDER: a link, or writable for others - who could then swap what was checked. */
  constructor(path: string) {
    this.path = path;
    withPath(path, 'WRITE_FAILED', () => mkdirSync(path, { recursive: true, mode: 0o755 }));
    assertOwnFolder(path);
    for (const name of ['versions', 'staging', 'downloads', 'metadata']) {
      const each = join(path, name);
      withPath(each, 'WRITE_FAILED', () => mkdirSync(each, { recursive: true, mode: 0o755 }));
      assertOwnFolder(each);
    }
  }

  inside(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  versionPath(tree: string): string {
    return join(this.path, 'versions', tree);
  }

  hasVersion(tree: string): boolean {
    return tree !== '' && existsSync(this.versionPath(tree));
  }

  /** Name of the tree that is in use; undefined when nothing is. */
  currentTree(): string | undefined {
    try {
      return basename(readlinkSync(this.inside('current')));
    } catch {
      return undefined;
    }
  }

  /** Makes a tree the one in use. Running processes keep the files they have open. */
  switchTo(tree: string): void {
    const next = this.inside('current.next');
    withPath(next, 'WRITE_FAILED', () => {
      rmSync(next, { force: true });
      symlinkSync(join('versions', tree), next);
      renameSync(next, this.inside('current'));
      syncFolder(this.path);
    });
  }

  /** A new folder to make something in. */
  stagingFolder(): string {
    const path = this.inside('staging');
    return withPath(path, 'WRITE_FAILED', () => mkdtempSync(join(path, 'work-')));
  }

  /** Gives a finished tree its name. A tree of that name that is there already is the same by its name; the finished one goes. */
  keepVersion(from: string, tree: string): void {
    const to = this.versionPath(tree);
    withPath(to, 'WRITE_FAILED', () => {
      rmSync(to, { recursive: true, force: true });
      renameSync(from, to);
      syncFolder(this.inside('versions'));
    });
  }

  dropVersion(tree: string): void {
    rmSync(this.versionPath(tree), { recursive: true, force: true });
  }

  /** Removes trees that nobody names and what was left in staging. */
  sweep(kept: readonly string[]): void {
    for (const name of readdirSync(this.inside('staging')))
      rmSync(this.inside('staging', name), { recursive: true, force: true });
    for (const name of readdirSync(this.inside('metadata')))
      if (name.startsWith('work-')) rmSync(this.inside('metadata', name), { recursive: true, force: true });
    for (const name of readdirSync(this.inside('versions'))) if (!kept.includes(name)) this.dropVersion(name);
  }

  /** Removes pieces of downloads other than these. */
  sweepDownloads(kept: readonly string[]): void {
    for (const name of readdirSync(this.inside('downloads')))
      if (!kept.some((digest) => name.startsWith(digest)))
        rmSync(this.inside('downloads', name), { force: true });
  }

  /** Throws StorageError(NO_SPACE) when `size` bytes will not fit. */
  assertSpace(size: number): void {
    assertFreeSpace(this.path, size, 0, 'agent');
  }

  /** A copy of a folder, links as links, synced to the disk. */
  copyTree(from: string, to: string): void {
    withPath(from, 'READ_FAILED', () => {
      cpSync(from, to, {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
        errorOnExist: true,
      });
      syncTree(to);
    });
  }
}

function assertOwnFolder(path: string): void {
  const stat = withPath(path, 'READ_FAILED', () => lstatSync(path));
  const uid = process.getuid?.();
  const why = stat.isSymbolicLink()
    ? 'is a link'
    : !stat.isDirectory()
      ? 'is no folder'
      : uid !== undefined && stat.uid !== uid && stat.uid !== 0
        ? 'belongs to another user'
        : uid !== undefined && (stat.mode & 0o022) !== 0
          ? 'can be written to by others'
          : undefined;
  if (why === undefined) return;
  throw patchError('UNSAFE_FOLDER', 'agent', `${path} ${why}; the agent keeps nothing there`, { path, why });
}

function syncTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const each = join(path, entry.name);
    if (entry.isDirectory()) syncTree(each);
    else if (entry.isFile()) syncFolder(each);
  }
  syncFolder(path);
}

/** Makes the contents of a file, or the names in a folder, durable. */
function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
