import { lstatSync, realpathSync, statSync } from 'node:fs';
import { patchError } from '../errors/patch-error.js';
import { withPath } from './storage-error.js';

/** A place where a file is to appear. */
export interface Destination {
  /** Where a link leads when the path is one, so that a rename replaces the file and keeps the link. */
  readonly path: string;
  /** Permission bits of the file that is replaced; undefined when there is none. */
  readonly mode: number | undefined;
}

/** Permissions that a replaced file hands on; set-user-ID and its like are not handed to other bytes. */
const PERMISSION_BITS = 0o777;

/**
 * Looks where a path leads, touching nothing. Only a regular file is ever replaced: a device or a folder is refused even with
 * `force`, since a rename would put a file in its place.
 *
 * @throws StorageError DESTINATION_EXISTS · WRITE_FAILED
 */
export function findDestination(path: string, force: boolean | undefined): Destination {
  // lstat, so that a link which leads nowhere counts as something that exists.
  const found = withPath(path, 'WRITE_FAILED', () => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return { path, mode: undefined };
  if (!force) {
    throw patchError('DESTINATION_EXISTS', 'storage', `${path} exists; it is not overwritten without force`, {
      path,
    });
  }
  const real = withPath(path, 'WRITE_FAILED', () => realpathSync(path));
  const stat = withPath(path, 'WRITE_FAILED', () => statSync(real));
  if (!stat.isFile()) {
    const kind = stat.isDirectory() ? 'a folder' : 'no regular file';
    throw patchError('WRITE_FAILED', 'storage', `${path} is ${kind}; it is not replaced`, { path });
  }
  return { path: real, mode: stat.mode & PERMISSION_BITS };
}
