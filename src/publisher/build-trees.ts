import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarizeTree } from '../bundle/summarize-tree.js';
import { applyBundle } from '../bundle-apply/apply-bundle.js';
import { createBundlePatch } from '../bundle-diff/create-bundle-patch.js';
import type { CreateOptions } from '../create/create-options.js';
import type { TreeApplier, TreeDiffer } from '../levels/tree-port.js';

/**
 * Framework folders by bundle patches, made and applied back. The full form is a patch from an empty folder.
 *
 * @throws nothing; its calls throw as `createBundlePatch` and `applyBundle`
 */
export function buildTrees(
  options: Pick<CreateOptions, 'effort' | 'threads' | 'memoryLimit'> = {},
): TreeDiffer & TreeApplier {
  return {
    summarizeTree,
    createTreePatch: ({ old, new: path, signal }) =>
      withOld(old, async (folder) => (await createBundlePatch(folder, path, { ...options, signal })).patch),
    applyTreePatch: ({ old, patch, new: path, maxNewSize, signal }) =>
      withOld(old, async (folder) => {
        await applyBundle({ old: folder, new: path, patch, maxNewSize, copy: true, signal });
      }),
  };
}

async function withOld<Result>(
  old: string | undefined,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (old !== undefined) return work(old);
  const empty = mkdtempSync(join(tmpdir(), 'deltakit-empty-'));
  try {
    return await work(empty);
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}
