/** A tree of files as a bundle knows it: what counts of each entry, and one digest of all. */

import { ByteWriter } from '../bytes/byte-writer.js';
import { createSha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { assertEntryPath, assertLinkTarget, clashKey, comparePaths, parentOf } from './entry-path.js';

/** Owner, times and extended attributes are no part of a tree; of the mode only whether a file may be executed. */
export type TreeEntry = TreeFolder | TreeFile | TreeLink;

/** A folder; its entries stand beside it in the tree. */
export interface TreeFolder {
  readonly type: 'folder';
  readonly path: string;
}

/** A regular file; paths are relative, with `/` between names. */
export interface TreeFile {
  readonly type: 'file';
  readonly path: string;
  readonly isExecutable: boolean;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, or its first 16 bytes where a patch names it. */
  readonly digest: Uint8Array;
}

/** A symbolic link, never followed. */
export interface TreeLink {
  readonly type: 'link';
  readonly path: string;
  /** Where it leads, relative to its folder; always inside the bundle. */
  readonly target: string;
}

/** More entries than any framework has; their paths alone would take a hundred megabytes. */
export const MAX_ENTRIES = 200_000;

/** Throws unless entries are in order, each once under any case and Unicode form, with safe paths and folders above them. */
export function assertTree(entries: readonly TreeEntry[]): void {
  if (entries.length > MAX_ENTRIES) {
    throw patchError('ENTRY_LIMIT', 'bundle', `${entries.length} entries, the limit is ${MAX_ENTRIES}`, {
      expected: MAX_ENTRIES,
      found: entries.length,
    });
  }
  const keys = new Map<string, string>();
  const folders = new Set(['']);
  let previous: string | undefined;
  for (const entry of entries) {
    const { path } = entry;
    assertEntryPath(path);
    if (previous !== undefined && comparePaths(previous, path) >= 0)
      throw badPath(path, `stands behind ${JSON.stringify(previous)}`);
    previous = path;
    const key = clashKey(path);
    const other = keys.get(key);
    if (other !== undefined)
      throw badPath(path, `is the same as ${JSON.stringify(other)} on some file systems`);
    keys.set(key, path);
    if (!folders.has(parentOf(path))) throw badPath(path, 'lies in no folder of the bundle');
    if (entry.type === 'folder') folders.add(path);
    if (entry.type === 'link') assertLinkTarget(path, entry.target);
  }
}

function badPath(path: string, fault: string) {
  return patchError('BAD_PATH', 'bundle', `the path ${JSON.stringify(path)} ${fault}`, { path });
}

const DOMAIN = 'deltakit tree 1\0';
const TYPE_CODE: Readonly<Record<TreeEntry['type'], number>> = { folder: 0, file: 1, link: 2 };
const EXECUTABLE = 4;

/**
 * SHA-256 of a tree: of the text "deltakit tree 1" and a zero byte, then for each entry, in the order of their paths, a byte (0 folder,
 * 1 file, 5 file that may be executed, 2 link), the path as a text with its size before it, and of a file its size and SHA-256,
 * of a link its target. Every file's digest must be whole.
 */
export function treeDigest(entries: readonly TreeEntry[]): Uint8Array<ArrayBuffer> {
  const hash = createSha256();
  const encoder = new TextEncoder();
  hash.update(encoder.encode(DOMAIN));
  for (const entry of entries) {
    const writer = new ByteWriter();
    writer.u8(TYPE_CODE[entry.type] + (entry.type === 'file' && entry.isExecutable ? EXECUTABLE : 0));
    const putText = (text: string) => {
      const bytes = encoder.encode(text);
      writer.varint(bytes.length).put(bytes);
    };
    putText(entry.path);
    if (entry.type === 'file') writer.varint(entry.size).put(entry.digest);
    if (entry.type === 'link') putText(entry.target);
    hash.update(writer.take());
  }
  return hash.digest();
}
