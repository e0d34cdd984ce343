import { statSync } from 'node:fs';

/** Whether a path leads to a folder; false for what is not there. */
export function isFolder(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
