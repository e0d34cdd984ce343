/**
 * Changing a folder in place, for devices without room for two trees, and healing one. What must change is staged and checked first, then moved
 * in along a plan (`journal.ts`): a crash before the plan is decided leaves old, one behind it leaves a folder that `recoverBundle` (or the
 * next call on it) makes new.
 */

import { join } from 'node:path';
import type { BundlePatch } from '../bundle/bundle-patch.js';
import { FolderHandle } from '../bundle/folder-handle.js';
import type { TreeEntry, TreeFile } from '../bundle/tree.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { patchError } from '../errors/patch-error.js';
import { type BundlePatchOptions, openBundlePatch } from './apply-bundle.js';
import { BundleSource, explain, type Fallback, type FetchFile, type FileSinks } from './bundle-source.js';
import { commitPlan, type Plan, recoverBundle } from './journal.js';
import { clearLeftovers, StageFolder } from './stage-folder.js';
import { checkTree, type Damage } from './verify-bundle.js';

/** Which folder to change. */
export interface InPlaceOptions extends BundlePatchOptions {
  /** The folder to change. */
  readonly folder: string;
  /** Gives whole files where the base is not the one that the patch was made from. */
  readonly fetchFile?: FetchFile | undefined;
}

/** Which folder to repair, and from what. */
export interface HealOptions extends InPlaceOptions {
  /** The old folder, if it is still there: files that the patch makes from it can be made again. */
  readonly old?: string | undefined;
}

/** What was done to the folder; paths of entries. */
export interface InPlaceReport {
  /** Paths that were written. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Folders of unknown files that stood where new has something else: where they lie now. */
  readonly displaced: readonly string[];
  readonly fallbacks: readonly Fallback[];
}

/** What was wrong, and what was done about it. */
export interface HealReport extends InPlaceReport {
  readonly damages: readonly Damage[];
  readonly extras: readonly string[];
}

/** Turns a folder into the new tree of a patch without a second tree beside it. Errors as `applyBundle`; before the first rename old is untouched. */
export async function applyBundleInPlace(options: InPlaceOptions): Promise<InPlaceReport> {
  clearLeftovers(options.folder);
  recoverBundle(options.folder);
  const patch = await openBundlePatch(options);
  const { entries, removed } = patch.manifest;
  const { damages } = await checkTree(options.folder, entries, options);
  const base = FolderHandle.openRoot(options.folder);
  try {
    const changed = await change(options, patch, damages, base, removed);
    return { written: damages.map(({ path }) => path), removed, ...changed };
  } finally {
    base.close();
  }
}

/**
 * Repairs a folder that should be the new tree of a patch: damaged and missing entries come from the patch's full forms, from the old folder
 * and the patch, or from `fetchFile`. Extra files are reported and left.
 *
 * @throws as `applyBundle`, and MismatchError(ENTRY_MISMATCH) when nothing is left to make a file from; the folder is as it was
 */
export async function healBundle(options: HealOptions): Promise<HealReport> {
  clearLeftovers(options.folder);
  recoverBundle(options.folder);
  const patch = await openBundlePatch(options);
  const { damages, extras } = await checkTree(options.folder, patch.manifest.entries, options);
  const old = options.old === undefined ? undefined : FolderHandle.openRoot(options.old);
  try {
    const changed = await change(options, patch, damages, old, []);
    return { written: damages.map(({ path }) => path), removed: [], damages, extras, ...changed };
  } finally {
    old?.close();
  }
}

async function change(
  options: InPlaceOptions,
  patch: BundlePatch,
  damages: readonly Damage[],
  base: FolderHandle | undefined,
  removed: readonly string[],
): Promise<{ readonly fallbacks: readonly Fallback[]; readonly displaced: readonly string[] }> {
  const faults = new Map(damages.map(({ path, fault }) => [path, fault]));
  const wrong = patch.manifest.entries.filter(({ path }) => faults.has(path));
  const files = wrong.filter(
    (entry): entry is TreeFile => entry.type === 'file' && faults.get(entry.path) !== 'mode',
  );
  if (wrong.length === 0 && removed.length === 0) return { fallbacks: [], displaced: [] };
  const stage = new StageFolder(
    options.folder,
    files.reduce((sum, { size }) => sum + size, 0),
  );
  try {
    stage.makeFolder('files');
    const source = new BundleSource(patch, base, options);
    await stageFiles(patch, source, stage, files, options);
    const { damages: left } = await checkTree(join(stage.path, 'files'), files, options);
    if (left.length > 0) {
      const { path, detail } = left[0]!;
      throw patchError('TREE_MISMATCH', 'verify-new', `${path} as written is wrong: ${detail}`, { path });
    }
    options.signal?.throwIfAborted();
    const displaced = commitPlan(options.folder, stage, planOf(wrong, faults, files, removed));
    return { fallbacks: source.fallbacks, displaced };
  } finally {
    stage.discard();
  }
}

function planOf(
  wrong: readonly TreeEntry[],
  faults: ReadonlyMap<string, Damage['fault']>,
  files: readonly TreeFile[],
  removed: readonly string[],
): Plan {
  return {
    remove: [...removed].reverse(),
    replace: wrong
      .filter(({ path }) => faults.get(path) === 'type')
      .map(({ path, type }) => ({ path, type }))
      .reverse(),
    folders: wrong.filter(({ type }) => type === 'folder').map(({ path }) => path),
    files: files.map(({ path }) => path),
    links: wrong.flatMap((entry) =>
      entry.type === 'link' ? [{ path: entry.path, target: entry.target }] : [],
    ),
    modes: wrong.flatMap((entry) =>
      entry.type === 'file' && faults.get(entry.path) === 'mode'
        ? [{ path: entry.path, mode: entry.isExecutable ? 0o755 : 0o644 }]
        : [],
    ),
  };
}

/** Makes the wanted files in the stage, each from its part, its twin in the base, or whole. */
async function stageFiles(
  patch: BundlePatch,
  source: BundleSource,
  stage: StageFolder,
  files: readonly TreeFile[],
  { onFiles, onProgress, signal }: InPlaceOptions,
): Promise<void> {
  const { entries, origins, parts } = patch.manifest;
  const wanted = new Set(files.map(({ path }) => path));
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  /** Makes some of the wanted files, and tells of it. */
  const stageSome = async (indices: readonly number[], work: (open: OpenStaged) => Promise<void>) => {
    signal?.throwIfAborted();
    const some = indices.filter(isWanted).map((index) => source.fileAt(index));
    onFiles?.(
      some.map(({ path }) => path),
      done,
      total,
    );
    await sinks.run(work);
    done += some.reduce((sum, { size }) => sum + size, 0);
    onProgress?.({ stage: 'apply', done, total });
  };
  const sinks = new StagedSinks(stage, source);
  const isWanted = (index: number) => wanted.has(entries[index]!.path);
  for (const [index, part] of parts.entries()) {
    if (part.isFallback || !part.outputs.some(isWanted)) continue;
    // The others of a shared part are made as well, and not kept.
    await stageSome(part.outputs, (open) =>
      source.makePart(index, (output) => (isWanted(output) ? open(output) : NOWHERE)),
    );
  }
  for (const [index, entry] of entries.entries()) {
    if (entry.type !== 'file' || !isWanted(index) || origins[index]!.kind === 'part') continue;
    await stageSome([index], (open) => copyTwin(source, index, open));
  }
}

const NOWHERE: ByteSink = { write() {} };

async function copyTwin(source: BundleSource, index: number, sinks: FileSinks): Promise<void> {
  try {
    await source.copyTwin(index, sinks);
  } catch (error) {
    const cause = explain(error);
    if (cause === undefined) throw error;
    await source.makeWhole(index, sinks, cause);
  }
}

type OpenStaged = (entry: number) => ReturnType<StageFolder['createFile']>;

/** Files of the stage's `files` folder, opened when first written and closed with their bytes on the disk. */
class StagedSinks {
  private readonly stage: StageFolder;
  private readonly source: BundleSource;
  private readonly folders = new Set<string>();

  constructor(stage: StageFolder, source: BundleSource) {
    this.stage = stage;
    this.source = source;
  }

  async run(work: (open: OpenStaged) => Promise<void>): Promise<void> {
    const files = new Map<number, ReturnType<StageFolder['createFile']>>();
    try {
      await work((entry) => {
        const known = files.get(entry);
        if (known !== undefined) return known;
        const { path, isExecutable } = this.source.fileAt(entry);
        this.makeParents(`files/${path}`);
        const file = this.stage.createFile(`files/${path}`, isExecutable);
        files.set(entry, file);
        return file;
      });
    } finally {
      for (const file of files.values()) file.close();
    }
  }

  private makeParents(path: string): void {
    const names = path.split('/').slice(1, -1);
    let folder = 'files';
    for (const name of names) {
      folder += `/${name}`;
      if (this.folders.has(folder)) continue;
      this.stage.makeFolder(folder);
      this.folders.add(folder);
    }
  }
}
