import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarizeTree } from '../bundle/summarize-tree.js';
import { applyBundle } from '../bundle-apply/apply-bundle.js';
import type { TreeApplier } from '../levels/tree-port.js';

/** Framework folders by bundle patches. The full form is a patch from an empty folder. */
export const deviceTrees: TreeApplier = {
  summarizeTree,
  async applyTreePatch({ old, patch, new: path, maxNewSize, signal }) {
    const empty = old === undefined ? mkdtempSync(join(tmpdir(), 'deltakit-empty-')) : undefined;
    try {
      // Copies, not links: a level and the baseline must not share the damage of one file.
      await applyBundle({ old: old ?? empty!, new: path, patch, maxNewSize, copy: true, signal });
    } finally {
      if (empty !== undefined) rmSync(empty, { recursive: true, force: true });
    }
  },
};
