import { FolderHandle } from '../bundle/folder-handle.js';
import { assertInputSizes, INPUT_LIMIT } from '../create/create-patch.js';

/**
 * Throws LimitError(INPUT_SIZE_LIMIT) when a file of new is too large to make a patch of, before anything is read. Old may hold the same file,
 * which needs no patch: where one has the same size, digests have to tell.
 */
export function assertFileSizes(oldFolder: string, newFolder: string): void {
  const large = listLargeFiles(newFolder);
  if (large.length === 0) return;
  const sizesOfOld = new Set(listLargeFiles(oldFolder).map(({ size }) => size));
  for (const { path, size } of large) {
    if (!sizesOfOld.has(size)) assertInputSizes(0, size, path);
  }
}

interface LargeFile {
  readonly path: string;
  readonly size: number;
}

function listLargeFiles(root: string): LargeFile[] {
  const handle = FolderHandle.openRoot(root);
  try {
    return [...walkLargeFiles(handle, '')];
  } finally {
    handle.close();
  }
}

function* walkLargeFiles(folder: FolderHandle, inside: string): Generator<LargeFile> {
  for (const name of folder.names()) {
    const stat = folder.stat(name);
    const path = `${inside}${name}`;
    if (stat?.isFile() && stat.size > INPUT_LIMIT) yield { path, size: stat.size };
    if (!stat?.isDirectory()) continue;
    const inner = folder.openFolder(name);
    try {
      yield* walkLargeFiles(inner, `${path}/`);
    } finally {
      inner.close();
    }
  }
}
