import { join } from 'node:path';
import { digestOfOld } from '../apply/verify-old.js';
import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';
import { comparePaths } from './entry-path.js';
import { FolderHandle, type HeldFile } from './folder-handle.js';
import { assertTree, type TreeEntry } from './tree.js';

const SET_ID_BITS = 0o7000;

/**
 * Reads the tree of a folder: no link is followed, every file is hashed. What no bundle may hold is refused: devices, pipes, sockets, files
 * with set-user-id, set-group-id or sticky bits, unsafe names, links that leave the folder.
 */
export function* readTree(root: string): Steps<TreeEntry[]> {
  const handle = FolderHandle.openRoot(root);
  try {
    const entries = yield* readFolder(handle, '', 0);
    entries.sort((a, b) => comparePaths(a.path, b.path));
    assertTree(entries);
    return entries;
  } finally {
    handle.close();
  }
}

function* readFolder(folder: FolderHandle, inside: string, before: number): Steps<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  let done = before;
  for (const name of folder.names()) {
    const path = inside === '' ? name : `${inside}/${name}`;
    const stat = folder.stat(name);
    if (stat === undefined) throw unreadableName(path);
    if (stat.isSymbolicLink()) entries.push({ type: 'link', path, target: folder.linkTarget(name) });
    else if (stat.isDirectory()) {
      const inner = folder.openFolder(name);
      try {
        entries.push({ type: 'folder', path });
        for (const entry of yield* readFolder(inner, path, done)) entries.push(entry);
      } finally {
        inner.close();
      }
    } else if (stat.isFile() && (stat.mode & SET_ID_BITS) === 0) {
      const file = folder.openFile(name);
      try {
        entries.push(yield* describeFile(path, file));
        done += file.size;
        yield { stage: 'digest', done, total: done };
      } finally {
        file.close();
      }
    } else {
      const where = join(folder.path, name);
      const what = stat.isFile()
        ? `a file of mode ${(stat.mode & 0o7777).toString(8)}`
        : 'no file, folder or link';
      throw patchError('UNSUPPORTED_ENTRY', 'bundle', `${where} is ${what}, which no bundle holds`, {
        path: where,
      });
    }
  }
  return entries;
}

/** A file as an entry, its content hashed. */
function* describeFile(path: string, file: HeldFile): Steps<TreeEntry & { readonly type: 'file' }> {
  const digest = yield* digestOfOld(file);
  return { type: 'file', path, isExecutable: file.isExecutable, size: file.size, digest };
}

/** What was listed is gone, or has a name that is no UTF-8 and cannot be asked for. */
function unreadableName(path: string) {
  return patchError('BAD_PATH', 'bundle', `the path ${JSON.stringify(path)} cannot be read by its name`, {
    path,
  });
}
