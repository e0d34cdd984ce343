import { digestOfOld } from '../apply/verify-old.js';
import type { BundlePatch } from '../bundle/bundle-patch.js';
import { FolderHandle, listPaths } from '../bundle/folder-handle.js';
import { ENTRY_DIGEST_SIZE } from '../bundle/manifest.js';
import type { TreeEntry } from '../bundle/tree.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { PatchError } from '../errors/patch-error.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync } from '../progress/run-steps.js';
import { type BundlePatchOptions, openBundlePatch } from './apply-bundle.js';

/** An entry that is not as it should be. */
export interface Damage {
  readonly path: string;
  readonly fault: 'missing' | 'content' | 'type' | 'mode' | 'target';
  /** What was expected and found, for people. */
  readonly detail: string;
}

/** How a folder compares with the tree that it should be. Modes, times and owners beyond "may be executed" do not count. */
export interface TreeCheck {
  readonly damages: readonly Damage[];
  /** Paths that the tree does not have. */
  readonly extras: readonly string[];
}

/** Compares a folder with a tree: `entries` of a manifest or of `readTree`. Throws StorageError; damages are answered, not thrown. */
export async function checkTree(
  root: string,
  entries: readonly TreeEntry[],
  options: OperationOptions = {},
): Promise<TreeCheck> {
  const handle = FolderHandle.openRoot(root);
  try {
    const damages: Damage[] = [];
    for (const entry of entries) {
      options.signal?.throwIfAborted();
      const damage = await checkEntry(handle, entry, options);
      if (damage !== undefined) damages.push({ path: entry.path, ...damage });
    }
    const known = new Set(entries.map(({ path }) => path));
    return { damages, extras: listPaths(handle).filter((path) => !known.has(path)) };
  } finally {
    handle.close();
  }
}

/**
 * Compares a folder with the new tree of a bundle patch.
 *
 * @throws FormatError, SignatureError, StorageError; damages are answered, not thrown
 */
export async function verifyBundle(
  options: BundlePatchOptions & { readonly folder: string },
): Promise<TreeCheck & { readonly patch: BundlePatch }> {
  const patch = await openBundlePatch(options);
  return { ...(await checkTree(options.folder, patch.manifest.entries, options)), patch };
}

async function checkEntry(
  root: FolderHandle,
  entry: TreeEntry,
  options: OperationOptions,
): Promise<Omit<Damage, 'path'> | undefined> {
  try {
    return await root.within(entry.path, (folder, name) => checkIn(folder, name, entry, options));
  } catch (error) {
    // A folder above it is gone, or something else than a folder.
    if (error instanceof PatchError && error.code === 'READ_FAILED')
      return { fault: 'missing', detail: error.message };
    throw error;
  }
}

function checkIn(
  folder: FolderHandle,
  name: string,
  entry: TreeEntry,
  options: OperationOptions,
): Promise<Omit<Damage, 'path'> | undefined> | Omit<Damage, 'path'> | undefined {
  const stat = folder.stat(name);
  if (stat === undefined) return { fault: 'missing', detail: `expected a ${entry.type}` };
  const type = stat.isSymbolicLink()
    ? 'link'
    : stat.isDirectory()
      ? 'folder'
      : stat.isFile()
        ? 'file'
        : 'device';
  if (type !== entry.type) return { fault: 'type', detail: `expected a ${entry.type}, found a ${type}` };
  if (entry.type === 'link') {
    const target = folder.linkTarget(name);
    return target === entry.target
      ? undefined
      : { fault: 'target', detail: `expected ${entry.target}, found ${target}` };
  }
  if (entry.type === 'folder') return undefined;
  // Opened before the folder's handle goes.
  const file = folder.openFile(name);
  return compareFile(entry, file, options).finally(() => file.close());
}

async function compareFile(
  { size, digest, isExecutable }: TreeEntry & { readonly type: 'file' },
  file: ReturnType<FolderHandle['openFile']>,
  { signal }: OperationOptions,
): Promise<Omit<Damage, 'path'> | undefined> {
  if (file.size !== size) return { fault: 'content', detail: `expected ${size} bytes, found ${file.size}` };
  const found = await runAsync(digestOfOld(file), { signal });
  const [expected, actual] = [digest, found].map((one) => one.subarray(0, ENTRY_DIGEST_SIZE));
  if (!equalBytes(expected!, actual!)) {
    return { fault: 'content', detail: `expected SHA-256 ${toHex(digest)}, found ${toHex(found)}` };
  }
  if (file.isExecutable === isExecutable) return undefined;
  return {
    fault: 'mode',
    detail: `expected ${isExecutable ? 'a file that may be executed' : 'a file that may not be executed'}`,
  };
}
