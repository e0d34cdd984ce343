/** A tree as JSON, for `deltakit verify DIR --manifest` and for release tools. */

import { fromHex, toHex } from '../bytes/hex.js';
import { patchError } from '../errors/patch-error.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync } from '../progress/run-steps.js';
import { readTree } from './read-tree.js';
import { assertTree, type TreeEntry, treeDigest } from './tree.js';

/** A folder's entries and the digest of all, hexadecimal. */
export interface FolderTree {
  readonly digest: string;
  readonly entries: readonly TreeEntry[];
}

const SCHEMA = 'deltakit-tree';
const SCHEMA_VERSION = 1;

/** Reads the tree of a folder. Errors as `readTree`. */
export async function readFolderTree(folder: string, options: OperationOptions = {}): Promise<FolderTree> {
  const entries = await runAsync(readTree(folder), options);
  return { digest: toHex(treeDigest(entries)), entries };
}

/** The tree as text: one JSON object, the same for the same tree. */
export function writeTreeFile({ digest, entries }: FolderTree): string {
  const rows = entries.map((entry) =>
    entry.type === 'file'
      ? {
          path: entry.path,
          type: entry.type,
          executable: entry.isExecutable,
          size: entry.size,
          sha256: toHex(entry.digest),
        }
      : entry.type === 'link'
        ? { path: entry.path, type: entry.type, target: entry.target }
        : { path: entry.path, type: entry.type },
  );
  return `${JSON.stringify({ schema: SCHEMA, schemaVersion: SCHEMA_VERSION, digest, entries: rows }, null, 1)}\n`;
}

/**
 * Reads what `writeTreeFile` wrote, strictly: other fields, wrong types, unsafe paths and a wrong digest are FormatError.
 *
 * @throws FormatError BAD_MANIFEST · BAD_PATH
 */
export function readTreeFile(text: string): FolderTree {
  const { schema, schemaVersion, digest, entries, ...others } = asObject(parse(text));
  if (schema !== SCHEMA || schemaVersion !== SCHEMA_VERSION || Object.keys(others).length > 0) {
    refuse(`expected ${SCHEMA} ${SCHEMA_VERSION}, found ${String(schema)} ${String(schemaVersion)}`);
  }
  if (!Array.isArray(entries)) return refuse('there is no list of entries');
  const tree = entries.map(readRow);
  assertTree(tree);
  const found = toHex(treeDigest(tree));
  if (found !== digest) refuse(`the entries have digest ${found}, the file says ${String(digest)}`);
  return { digest: found, entries: tree };
}

function readRow(row: unknown): TreeEntry {
  const { path, type, ...rest } = asObject(row);
  if (typeof path !== 'string') return refuse('an entry without a path');
  const fields = Object.keys(rest).sort().join(' ');
  if (type === 'folder' && fields === '') return { type, path };
  const { target, executable, size, sha256 } = rest;
  if (type === 'link' && fields === 'target' && typeof target === 'string') return { type, path, target };
  const isFile = type === 'file' && fields === 'executable sha256 size' && typeof executable === 'boolean';
  const hasDigest = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  if (!isFile || !hasDigest || !Number.isSafeInteger(size) || (size as number) < 0)
    return refuse(`the entry ${path} is malformed`);
  return { type: 'file', path, isExecutable: executable, size: size as number, digest: fromHex(sha256) };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse('no JSON object where one should be');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw patchError('BAD_MANIFEST', 'bundle', 'the manifest is no JSON', {}, cause);
  }
}

function refuse(fault: string): never {
  throw patchError('BAD_MANIFEST', 'bundle', `the manifest is malformed: ${fault}`);
}
