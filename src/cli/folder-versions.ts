import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { sha256 } from '../digest/digest.js';
import type { PatchSource, ServedVersion } from '../formats-diff/serve-patches.js';
import { withPath } from '../node/storage-error.js';

/**
 * Versions of files in folders that have the same paths, the newest release first. A path leads to a file below its folder and nowhere
 * else, also through symbolic links. Digests are kept while size and time of a file stay.
 *
 * @throws StorageError READ_FAILED a folder is not there
 */
export function folderVersions(folders: readonly string[]): PatchSource {
  const roots = folders.map((folder) => withPath(folder, 'READ_FAILED', () => realpathSync(folder)));
  const digests = new Map<string, Uint8Array>();
  const versionOf = (root: string, path: string): ServedVersion | undefined => {
    const file = findFile(root, path);
    if (file === undefined) return undefined;
    const { size, mtimeMs } = statSync(file);
    const key = `${file}\0${size}\0${mtimeMs}`;
    const read = (): Uint8Array => new Uint8Array(readFileSync(file));
    let digest = digests.get(key);
    if (digest === undefined) {
      digest = sha256(read());
      digests.set(key, digest);
    }
    return { digest, read: async () => read() };
  };
  return {
    async versions(path) {
      const found = roots.map((root) => versionOf(root, path));
      if (found[0] === undefined) return undefined;
      return found.filter((version) => version !== undefined);
    },
  };
}

/** The file that a path of a URL names; undefined when there is none or it lies elsewhere. */
function findFile(root: string, path: string): string | undefined {
  const steps = path.split('/').filter((step) => step !== '');
  if (steps.length === 0 || steps.some((step) => step === '..' || step === '.' || /[\0\\]/.test(step)))
    return undefined;
  try {
    const file = realpathSync(join(root, ...steps));
    const prefix = root.endsWith(sep) ? root : root + sep;
    return file.startsWith(prefix) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
