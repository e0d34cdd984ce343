import { toHex } from '../bytes/hex.js';
import { runAsync } from '../progress/run-steps.js';
import { readTree } from './read-tree.js';
import { treeDigest } from './tree.js';

/** Digest of a folder's tree, in hexadecimal, and the bytes of its files. */
export async function summarizeTree(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly digest: string; readonly size: number }> {
  const entries = await runAsync(readTree(path), { signal });
  const size = entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
  return { digest: toHex(treeDigest(entries)), size };
}
