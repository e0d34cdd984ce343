/** Which pairs of files `deltakit bench` measures: two files, a row of releases, or folders of them. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withPath } from '../node/storage-error.js';
import { UsageError } from './exit-code.js';

export const PAIRINGS = ['successive', 'all', 'latest'] as const;
export type Pairing = (typeof PAIRINGS)[number];

/** Two files to measure. */
export interface FilePair {
  readonly name: string;
  readonly oldPath: string;
  readonly newPath: string;
}

/** A release: one file, or a folder of files. */
interface Release {
  readonly name: string;
  /** Files by their paths inside the release; a file alone has the path ''. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Pairs of the releases that the operands name, oldest first: files; folders whose files are paired by their paths; or one folder
 * that holds the releases, sorted as people sort versions (1.9 before 1.10). Files that are the same on both sides say nothing
 * and are left out. Throws UsageError when there is nothing to pair.
 */
export function listFilePairs(operands: readonly string[], pairing: Pairing): FilePair[] {
  const releases = listReleases(operands);
  if (releases.length < 2) {
    throw new UsageError(
      `bench needs two releases or more, got ${releases.length} in ${operands.join(', ')}`,
    );
  }
  const alone = releases.every(({ files }) => files.has(''));
  const pairs = pairReleases(releases, pairing).flatMap(([older, newer]) => pairFiles(older, newer));
  const changed = alone ? pairs : pairs.filter(({ oldPath, newPath }) => !isSame(oldPath, newPath));
  if (changed.length === 0) {
    throw new UsageError(`no file changed between ${releases.map(({ name }) => name).join(', ')}`);
  }
  return changed;
}

function listReleases(operands: readonly string[]): Release[] {
  const [only] = operands;
  if (operands.length === 1 && isFolder(only!)) {
    return listNames(only!).map((name) => openRelease(join(only!, name)));
  }
  const releases = operands.map(openRelease);
  const folders = operands.filter(isFolder);
  if (folders.length > 0 && folders.length < operands.length) {
    throw new UsageError(`bench takes files or folders, not both: ${folders[0]} is a folder`);
  }
  return releases;
}

function openRelease(path: string): Release {
  const files = isFolder(path)
    ? new Map(listFiles(path, '').map((file) => [file, join(path, file)]))
    : new Map([['', path]]);
  return { name: basename(path), files };
}

function listFiles(folder: string, inside: string): string[] {
  return listNames(join(folder, inside)).flatMap((name) => {
    const path = inside === '' ? name : `${inside}/${name}`;
    return isFolder(join(folder, path)) ? listFiles(folder, path) : [path];
  });
}

/** Names in a folder as people sort them; links are left alone, they could lead anywhere. */
function listNames(folder: string): string[] {
  const order = new Intl.Collator('en', { numeric: true });
  return tellStorage(folder, () => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map(({ name }) => name)
    .sort((a, b) => order.compare(a, b) || (a < b ? -1 : 1));
}

function isFolder(path: string): boolean {
  return tellStorage(path, () => statSync(path)).isDirectory();
}

function tellStorage<Result>(path: string, work: () => Result): Result {
  return withPath(path, 'READ_FAILED', work);
}

function pairReleases(releases: readonly Release[], pairing: Pairing): [Release, Release][] {
  const last = releases.length - 1;
  return releases.flatMap((newer, n) =>
    releases
      .slice(0, n)
      .filter((_, o) => pairing === 'all' || (pairing === 'latest' ? n === last : o === n - 1))
      .map((older): [Release, Release] => [older, newer]),
  );
}

function pairFiles(older: Release, newer: Release): FilePair[] {
  return [...newer.files].flatMap(([path, newPath]) => {
    const oldPath = older.files.get(path);
    const name = `${older.name} to ${newer.name}${path === '' ? '' : `: ${path}`}`;
    return oldPath === undefined ? [] : [{ name, oldPath, newPath }];
  });
}

function isSame(oldPath: string, newPath: string): boolean {
  const sizes = [oldPath, newPath].map((path) => tellStorage(path, () => statSync(path)).size);
  if (sizes[0] !== sizes[1]) return false;
  const [oldBytes, newBytes] = [oldPath, newPath].map((path) => tellStorage(path, () => readFileSync(path)));
  return oldBytes!.equals(newBytes!);
}
