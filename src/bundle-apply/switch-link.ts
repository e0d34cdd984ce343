import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { patchError } from '../errors/patch-error.js';
import { withPath } from '../node/storage-error.js';
import { syncParent } from './stage-folder.js';

/**
 * Makes the symbolic link `link` lead to `target` in one step: whoever opens it sees the old tree or the new one. Processes that hold old
 * files open keep them. `target` is stored as given, so a relative one counts from the link's folder.
 *
 * @throws StorageError DESTINATION_EXISTS when something else than a link is at `link`
 */
export function switchLink(link: string, target: string): void {
  assertLinkOrFree(link);
  const temporary = join(dirname(link), `.${basename(link)}.${randomBytes(6).toString('hex')}.tmp`);
  withPath(link, 'WRITE_FAILED', () => symlinkSync(target, temporary));
  try {
    withPath(link, 'WRITE_FAILED', () => renameSync(temporary, link));
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  syncParent(link);
}

function assertLinkOrFree(link: string): void {
  try {
    if (lstatSync(link).isSymbolicLink()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  throw patchError('DESTINATION_EXISTS', 'storage', `${link} is no symbolic link`, { path: link });
}
