/**
 * The journal of a change in place. What must change is staged and checked first; then the stage, with a plan in it, gets the journal's
 * name by one rename: from there on the change is decided. The plan's steps move everything in; each may be done again without harm,
 * so whoever finds a journal goes through all of them. When all is in and on the disk the journal gets a leftover's name and is removed.
 *
 *   .NAME.deltakit-journal/
 *     files/                  staged files by their paths
 *     plan                    JSON, see `Plan`
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { assertEntryPath, assertLinkTarget, parentOf } from '../bundle/entry-path.js';
import { FolderHandle } from '../bundle/folder-handle.js';
import type { TreeEntry } from '../bundle/tree.js';
import { PatchError, patchError } from '../errors/patch-error.js';
import { withPath } from '../node/storage-error.js';
import { removeAsLeftover, type StageFolder } from './stage-folder.js';

type EntryType = TreeEntry['type'];

/** What is to be moved in; the order of the lists is the order of the steps, inside a list `remove` and `replace` go from the inside out. */
export interface Plan {
  /** Entries that go. */
  readonly remove: readonly string[];
  /** Entries in whose place comes something of another type. */
  readonly replace: readonly { readonly path: string; readonly type: EntryType }[];
  readonly folders: readonly string[];
  /** Staged files. */
  readonly files: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly modes: readonly { readonly path: string; readonly mode: number }[];
}

const SCHEMA = 1;
const MODES = [0o644, 0o755];
const NEW_LINK = '.deltakit-link';

function journalOf(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.deltakit-journal`);
}

/** Decides a change and moves it in. Answers where files lie now that stood in the way of something and that nobody knows. */
export function commitPlan(folder: string, stage: StageFolder, plan: Plan): string[] {
  withPath(stage.path, 'WRITE_FAILED', () =>
    writeFileSync(join(stage.path, 'plan'), JSON.stringify({ schema: SCHEMA, ...plan }), {
      flush: true,
      flag: 'wx',
    }),
  );
  const stagedFolders = new Set(plan.files.flatMap((path) => foldersAbove(`files/${path}`)));
  for (const path of [...stagedFolders].sort().reverse()) stage.syncFolder(path);
  stage.syncFolder('');
  const journal = journalOf(folder);
  stage.become(journal);
  return moveIn(folder, journal, plan);
}

/**
 * Finishes the change in place that an earlier process, which died, had decided. Answers whether there was one.
 *
 * @throws FormatError a journal that no change in place wrote · StorageError
 */
export function recoverBundle(folder: string): boolean {
  const journal = journalOf(folder);
  const stat = statOf(journal);
  if (stat === undefined) return false;
  if (!stat.isDirectory()) {
    throw patchError('READ_FAILED', 'storage', `${journal} is no folder`, { path: journal });
  }
  const text = withPath(journal, 'READ_FAILED', () => readFileSync(join(journal, 'plan'), 'utf8'));
  moveIn(folder, journal, readPlan(journal, text));
  return true;
}

/** A plan lies where others may write: it is checked like a manifest. */
function readPlan(journal: string, text: string): Plan {
  const refuse = (fault: string): never => {
    throw patchError('BAD_MANIFEST', 'bundle', `${journal} has a malformed plan: ${fault}`);
  };
  let raw: Partial<Plan> & { readonly schema?: number };
  try {
    raw = JSON.parse(text) as typeof raw;
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (raw?.schema !== SCHEMA) {
    throw patchError(
      'UNSUPPORTED_VERSION',
      'bundle',
      `${journal} has schema ${raw?.schema}, expected ${SCHEMA}`,
    );
  }
  const { remove, replace, folders, files, links, modes } = raw;
  const lists = [remove, replace, folders, files, links, modes];
  if (!lists.every(Array.isArray)) return refuse('a list is missing');
  const items = lists.flat() as readonly (string | { readonly path: string })[];
  for (const item of items) {
    const path = typeof item === 'object' ? item?.path : item;
    if (typeof path !== 'string') return refuse('a step without a path');
    assertEntryPath(path);
  }
  for (const { path, target } of links!) assertLinkTarget(path, String(target));
  if (!modes!.every(({ mode }) => MODES.includes(mode))) return refuse('a mode that no file gets');
  return {
    remove: remove!,
    replace: replace!,
    folders: folders!,
    files: files!,
    links: links!,
    modes: modes!,
  };
}

function moveIn(folder: string, journal: string, plan: Plan): string[] {
  const root = FolderHandle.openRoot(folder);
  const staged = FolderHandle.openRoot(journal);
  const displaced: string[] = [];
  const attempt = <Result>(path: string, work: (parent: FolderHandle, name: string) => Result): Result =>
    withPath(join(folder, path), 'WRITE_FAILED', () => root.within(path, work));
  try {
    for (const path of plan.remove) if (isReachable(root, path)) attempt(path, removeEntry);
    for (const { path, type } of plan.replace) {
      if (!isReachable(root, path)) continue;
      const aside = attempt(path, (parent, name) => makeRoom(parent, name, type));
      if (aside !== undefined) displaced.push(join(parentOf(path), aside));
    }
    for (const path of plan.folders) attempt(path, makeFolder);
    for (const path of plan.files) {
      attempt(path, (parent, name) => {
        moveStaged(staged, `files/${path}`, parent.at(name));
      });
    }
    for (const { path, target } of plan.links) {
      attempt(path, (parent, name) => {
        setLink(parent, name, target);
      });
    }
    for (const { path, mode } of plan.modes) {
      attempt(path, (parent, name) => {
        setMode(parent, name, mode);
      });
    }
    syncChanged(root, plan);
  } finally {
    staged.close();
    root.close();
  }
  removeAsLeftover(journal, folder);
  return displaced;
}

function foldersAbove(path: string): string[] {
  const found: string[] = [];
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) found.push(folder);
  return found;
}

/** Whether something is at a path, every folder above it being one. */
function isReachable(root: FolderHandle, path: string): boolean {
  try {
    return root.within(path, (parent, name) => parent.stat(name) !== undefined);
  } catch (error) {
    if (error instanceof PatchError && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.data.errno)))
      return false;
    throw error;
  }
}

/** Folders go only when they are empty: files that nobody knows stay, with the folders around them. */
function removeEntry(parent: FolderHandle, name: string): void {
  if (parent.stat(name)?.isDirectory()) removeEmptyFolder(parent, name);
  else unlinkSync(parent.at(name));
}

function removeEmptyFolder(parent: FolderHandle, name: string): boolean {
  try {
    rmdirSync(parent.at(name));
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Takes away what has another type. A folder with files that nobody knows is moved aside; its new name is answered. */
function makeRoom(parent: FolderHandle, name: string, type: EntryType): string | undefined {
  const stat = parent.stat(name)!;
  if (typeOf(stat) === type) return undefined;
  if (!stat.isDirectory()) {
    unlinkSync(parent.at(name));
    return undefined;
  }
  if (removeEmptyFolder(parent, name)) return undefined;
  let aside = `${name}.displaced`;
  for (let i = 2; parent.stat(aside) !== undefined; i++) aside = `${name}.displaced-${i}`;
  renameSync(parent.at(name), parent.at(aside));
  return aside;
}

function typeOf(stat: Stats): EntryType | undefined {
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isDirectory()) return 'folder';
  return stat.isFile() ? 'file' : undefined;
}

function makeFolder(parent: FolderHandle, name: string): void {
  if (!parent.stat(name)?.isDirectory()) parent.makeFolder(name);
}

/** A staged file that is no longer there was moved before. */
function moveStaged(staged: FolderHandle, path: string, destination: string): void {
  if (!isReachable(staged, path)) return;
  staged.within(path, (parent, name) => renameSync(parent.at(name), destination));
}

/** By a rename, so that a link which others go through is never missing. */
function setLink(parent: FolderHandle, name: string, target: string): void {
  if (parent.stat(name)?.isSymbolicLink() && parent.linkTarget(name) === target) return;
  if (parent.stat(NEW_LINK)?.isSymbolicLink()) unlinkSync(parent.at(NEW_LINK));
  symlinkSync(target, parent.at(NEW_LINK));
  renameSync(parent.at(NEW_LINK), parent.at(name));
}

function setMode(parent: FolderHandle, name: string, mode: number): void {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const fd = openSync(parent.at(name), flags);
  try {
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Everything that was moved is on the disk before the journal goes. */
function syncChanged(root: FolderHandle, { remove, replace, folders, files, links }: Plan): void {
  const paths = [...remove, ...replace.map(({ path }) => path), ...folders, ...files].concat(
    links.map(({ path }) => path),
  );
  const parents = new Set(paths.map(parentOf));
  for (const path of new Set([...parents, ...folders, '']))
    if (path === '') root.sync();
    else if (isReachable(root, path)) root.within(path, syncInside);
}

function syncInside(parent: FolderHandle, name: string): void {
  if (!parent.stat(name)?.isDirectory()) return;
  const inner = parent.openFolder(name);
  try {
    inner.sync();
  } finally {
    inner.close();
  }
}

function statOf(path: string): Stats | undefined {
  return withPath(path, 'READ_FAILED', () => lstatSync(path, { throwIfNoEntry: false }));
}
