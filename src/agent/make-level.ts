import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PatchError, patchError } from '../errors/patch-error.js';
import { type Level, objectPath, type RepositoryObject } from '../levels/level-manifest.js';
import type { TreeApplier } from '../levels/tree-port.js';
import type { AgentFolder } from './agent-folder.js';
import type { AgentState } from './agent-state.js';
import { type DownloadOptions, downloadObject, removeDownload } from './download-object.js';
import type { HttpLink } from './http-link.js';
import type { TrustedSet } from './trusted-repository.js';

/** A way to a level: an object, and the tree that it is applied to. */
export interface LevelPath extends RepositoryObject {
  readonly name: string;
  /** Folder of the old tree; undefined for the full form. */
  readonly old: string | undefined;
}

export interface PathFailure {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface MakeOptions {
  readonly folder: AgentFolder;
  readonly trees: TreeApplier;
  readonly link: HttpLink;
  readonly set: TrustedSet;
  readonly download: DownloadOptions;
  readonly maxDownload: number;
  readonly maxTreeSize: number;
  readonly onFailure: (failure: PathFailure) => void;
}

/** Ways to a level from what is on the device, the smallest first; the full form is always among them. */
export function levelPaths(level: Level, state: AgentState, folder: AgentFolder): LevelPath[] {
  const { base, installed } = state;
  const paths = level.deltas.flatMap(({ from, ...object }): LevelPath[] => {
    const tree = from === 0 ? base.tree : from === installed.level ? installed.tree : '';
    if (!folder.hasVersion(tree)) return [];
    return [{ name: `delta from ${from}`, old: folder.versionPath(tree), ...object }];
  });
  // The full form last among equals: it asks nothing of the device.
  return [...paths, { name: 'full', old: undefined, ...level.full }].sort((a, b) => a.size - b.size);
}

/** Bytes that must be free: the object, and the tree it makes. */
function neededSpace(path: LevelPath, level: Level): number {
  return path.size + level.treeSize + (1 << 20);
}

/**
 * Makes the tree of a level in a staging folder: by the smallest way, and when that fails for whatever reason by the next, within the same attempt.
 * Answers where the tree is and how it came.
 *
 * @throws the error of the last way · StorageError(NO_SPACE) at once, other ways need more · `signal.reason`
 */
export async function makeLevel(
  level: Level,
  paths: readonly LevelPath[],
  options: MakeOptions,
): Promise<{ readonly tree: string; readonly path: LevelPath; readonly failures: readonly PathFailure[] }> {
  const { folder, download, onFailure, maxTreeSize } = options;
  if (level.treeSize > maxTreeSize) throw tooLarge('the level', level.treeSize, maxTreeSize);
  const staging = folder.stagingFolder();
  const failures: PathFailure[] = [];
  for (const path of paths) {
    try {
      const tree = await takePath(level, path, staging, options);
      return { tree, path, failures };
    } catch (error) {
      if (download.signal?.aborted) throw download.signal.reason;
      const isLast = path === paths.at(-1);
      if (!(error instanceof PatchError) || error.code === 'NO_SPACE' || isLast) throw error;
      const failure = { path: path.name, code: error.code, message: error.message };
      failures.push(failure);
      onFailure(failure);
    }
  }
  throw patchError('REFUSED', 'agent', `there is no way to level ${level.level}`, { level: level.level });
}

async function takePath(
  level: Level,
  path: LevelPath,
  staging: string,
  options: MakeOptions,
): Promise<string> {
  const { folder, trees, link, set, download, maxDownload } = options;
  if (path.size > maxDownload) throw tooLarge('the download', path.size, maxDownload);
  folder.assertSpace(neededSpace(path, level));
  const target = objectPath(path);
  const signed = set.target(target);
  if (signed?.size !== path.size || signed.sha256 !== path.sha256) {
    throw patchError('METADATA_NOT_TRUSTED', 'agent', `${target} is not among the signed targets`, {
      path: target,
    });
  }
  const part = folder.inside('downloads', path.sha256);
  const patch = await downloadObject(link, set.urlOf(target, path), path, part, download);
  const tree = join(staging, 'tree');
  rmSync(tree, { recursive: true, force: true });
  const { signal } = download;
  await trees.applyTreePatch({ old: path.old, patch, new: tree, maxNewSize: level.treeSize, signal });
  await assertTree(trees, tree, level.treeDigest, signal);
  removeDownload(part);
  return tree;
}

/** Throws VerifyError(TREE_MISMATCH) unless a folder is the tree that was signed. */
export async function assertTree(
  trees: TreeApplier,
  path: string,
  expected: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { digest } = await trees.summarizeTree(path, signal);
  if (digest === expected) return;
  throw patchError(
    'TREE_MISMATCH',
    'agent',
    `${path} is not what was signed: expected ${expected}, found ${digest}`,
    {
      path,
      expected,
      found: digest,
    },
  );
}

function tooLarge(what: string, found: number, limit: number) {
  return patchError('NEW_SIZE_LIMIT', 'agent', `${what} has ${found} bytes, the limit is ${limit}`, {
    expected: limit,
    found,
  });
}
