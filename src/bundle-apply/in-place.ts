/**
 * Changing a folder in place, for devices without room for two trees, and healing one: what must change is staged and checked first, then moved
 * in by renames. A journal beside the folder is written before the first rename; as long as it is there the renames are to be finished,
 * and doing one twice does no harm. So a crash before the journal leaves old, one behind it leaves a folder that `recoverBundle`
 * (or the next call on it) makes new.
 *
 *   .NAME.deltakit-journal/   renamed from the stage, so that it appears whole
 *     files/                  staged files by their paths
 *     plan                    JSON: schema, what to remove, folders, files, links, modes
 */

import {
  chmodSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BundlePatch } from '../bundle/bundle-patch.js';
import { FolderHandle } from '../bundle/folder-handle.js';
import type { TreeEntry } from '../bundle/tree.js';
import { patchError } from '../errors/patch-error.js';
import { withPath } from '../node/storage-error.js';
import { type BundlePatchOptions, openBundlePatch } from './apply-bundle.js';
import { BundleSource, explain, type Fallback, type FetchFile, type FileSinks } from './bundle-source.js';
import { StageFolder, syncParent } from './stage-folder.js';
import { checkTree, type Damage } from './verify-bundle.js';

export interface InPlaceOptions extends BundlePatchOptions {
  /** The folder to change. */
  readonly folder: string;
  /** Gives whole files where the base is not the one that the patch was made from. */
  readonly fetchFile?: FetchFile | undefined;
}

export interface HealOptions extends InPlaceOptions {
  /** The old folder, if it is still there: files that the patch makes from it can be made again. */
  readonly old?: string | undefined;
}

export interface InPlaceReport {
  /** Paths that were written. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly fallbacks: readonly Fallback[];
}

export interface HealReport extends InPlaceReport {
  readonly damages: readonly Damage[];
  readonly extras: readonly string[];
}

const PLAN_SCHEMA = 1;

/** What the renames do; every step can be done again. */
interface Plan {
  readonly schema: number;
  readonly remove: readonly string[];
  readonly folders: readonly string[];
  readonly files: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly modes: readonly { readonly path: string; readonly mode: number }[];
}

/** Turns a folder into the new tree of a patch without a second tree beside it. Errors as `applyBundle`; before the first rename old is untouched. */
export async function applyBundleInPlace(options: InPlaceOptions): Promise<InPlaceReport> {
  recoverBundle(options.folder);
  const patch = await openBundlePatch(options);
  const { entries, removed } = patch.manifest;
  const { damages } = await checkTree(options.folder, entries, options);
  const base = FolderHandle.openRoot(options.folder);
  try {
    const { fallbacks } = await change(options, patch, damages, base, removed);
    return { written: damages.map(({ path }) => path), removed, fallbacks };
  } finally {
    base.close();
  }
}

/**
 * Repairs a folder that should be the new tree of a patch: damaged and missing entries come from the patch's full forms, from the old folder
 * and the patch, or from `fetchFile`. Extra files are reported and left.
 */
export async function healBundle(options: HealOptions): Promise<HealReport> {
  recoverBundle(options.folder);
  const patch = await openBundlePatch(options);
  const { damages, extras } = await checkTree(options.folder, patch.manifest.entries, options);
  const old = options.old === undefined ? undefined : FolderHandle.openRoot(options.old);
  try {
    const { fallbacks } = await change(options, patch, damages, old, []);
    return { written: damages.map(({ path }) => path), removed: [], damages, extras, fallbacks };
  } finally {
    old?.close();
  }
}

/** Finishes what an earlier call that was killed had begun to move in. Answers whether there was something. */
export function recoverBundle(folder: string): boolean {
  const journal = journalOf(folder);
  if (!exists(journal)) return false;
  const plan = JSON.parse(readFileSync(join(journal, 'plan'), 'utf8')) as Plan;
  if (plan.schema !== PLAN_SCHEMA) {
    throw patchError(
      'UNSUPPORTED_VERSION',
      'bundle',
      `${journal} has schema ${plan.schema}, expected ${PLAN_SCHEMA}`,
    );
  }
  moveIn(folder, journal, plan);
  return true;
}

async function change(
  options: InPlaceOptions,
  patch: BundlePatch,
  damages: readonly Damage[],
  base: FolderHandle | undefined,
  removed: readonly string[],
): Promise<{ readonly fallbacks: readonly Fallback[] }> {
  const damaged = new Map(damages.map((damage) => [damage.path, damage]));
  const wrong = patch.manifest.entries.filter(({ path }) => damaged.has(path));
  const files = wrong.flatMap((entry) =>
    entry.type === 'file' && damaged.get(entry.path)!.fault !== 'mode' ? [entry] : [],
  );
  if (wrong.length === 0 && removed.length === 0) return { fallbacks: [] };
  const stage = new StageFolder(
    options.folder,
    files.reduce((sum, { size }) => sum + size, 0),
  );
  try {
    stage.makeFolder('files');
    const source = new BundleSource(patch, base, options);
    await stageFiles(patch, source, stage, new Set(files.map(({ path }) => path)));
    const { damages: left } = await checkTree(join(stage.path, 'files'), files, options);
    if (left.length > 0) {
      throw patchError(
        'TREE_MISMATCH',
        'verify-new',
        `${left[0]!.path} as written is wrong: ${left[0]!.detail}`,
        {
          path: left[0]!.path,
        },
      );
    }
    options.signal?.throwIfAborted();
    commit(options.folder, stage, planOf(wrong, damaged, files, removed));
    return { fallbacks: source.fallbacks };
  } finally {
    stage.discard();
  }
}

function planOf(
  wrong: readonly TreeEntry[],
  damaged: ReadonlyMap<string, Damage>,
  files: readonly TreeEntry[],
  removed: readonly string[],
): Plan {
  const hasOtherType = wrong
    .filter(({ path }) => damaged.get(path)!.fault === 'type')
    .map(({ path }) => path);
  return {
    schema: PLAN_SCHEMA,
    // What lies inside a folder goes before it.
    remove: [...removed, ...hasOtherType].sort((a, b) => (a < b ? 1 : -1)),
    folders: wrong.filter(({ type }) => type === 'folder').map(({ path }) => path),
    files: files.map(({ path }) => path),
    links: wrong.flatMap((entry) =>
      entry.type === 'link' ? [{ path: entry.path, target: entry.target }] : [],
    ),
    modes: wrong.flatMap((entry) =>
      entry.type === 'file' && damaged.get(entry.path)!.fault === 'mode'
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
  wanted: ReadonlySet<string>,
): Promise<void> {
  const { entries, origins, parts } = patch.manifest;
  const sinks = new StagedSinks(stage, source);
  const isWanted = (index: number) => wanted.has(entries[index]!.path);
  for (const [index, part] of parts.entries()) {
    if (part.isFallback || !part.outputs.some(isWanted)) continue;
    // The others of a shared part are made as well, and left behind with the stage.
    await sinks.run((open) => source.makePart(index, open));
  }
  for (const [index, entry] of entries.entries()) {
    if (entry.type !== 'file' || !isWanted(index) || origins[index]!.kind === 'part') continue;
    await sinks.run((open) => copyTwin(source, index, open));
  }
}

async function copyTwin(source: BundleSource, index: number, sinks: FileSinks): Promise<void> {
  try {
    await source.copyTwin(index, sinks);
  } catch (error) {
    const cause = explain(error);
    if (cause === undefined) throw error;
    await source.makeWhole(index, sinks, cause);
  }
}

/** Files of the stage's `files` folder, opened when first written and closed with their bytes on the disk. */
class StagedSinks {
  private readonly stage: StageFolder;
  private readonly source: BundleSource;
  private readonly folders = new Set<string>();

  constructor(stage: StageFolder, source: BundleSource) {
    this.stage = stage;
    this.source = source;
  }

  async run(
    work: (open: (entry: number) => ReturnType<StageFolder['createFile']>) => Promise<void>,
  ): Promise<void> {
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

function journalOf(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.deltakit-journal`);
}

/** From the moment that the stage has the journal's name the change is decided. */
function commit(folder: string, stage: StageFolder, plan: Plan): void {
  const journal = journalOf(folder);
  withPath(stage.path, 'WRITE_FAILED', () =>
    writeFileSync(join(stage.path, 'plan'), JSON.stringify(plan), { flush: true }),
  );
  stage.syncFolder('files');
  stage.syncFolder('');
  stage.become(journal);
  moveIn(folder, journal, plan);
}

function moveIn(folder: string, journal: string, plan: Plan): void {
  const root = FolderHandle.openRoot(folder);
  const attempt = (path: string, work: (parent: FolderHandle, name: string) => void) =>
    withPath(join(folder, path), 'WRITE_FAILED', () => root.within(path, work));
  try {
    for (const path of plan.remove) if (hasParent(root, path)) attempt(path, removeEntry);
    for (const path of plan.folders) {
      attempt(path, (parent, name) => {
        if (!parent.stat(name)?.isDirectory()) parent.makeFolder(name);
      });
    }
    for (const path of plan.files) {
      const staged = join(journal, 'files', ...path.split('/'));
      if (exists(staged)) attempt(path, (parent, name) => renameSync(staged, parent.at(name)));
    }
    for (const { path, target } of plan.links) {
      attempt(path, (parent, name) => {
        if (parent.stat(name) !== undefined) unlinkSync(parent.at(name));
        symlinkSync(target, parent.at(name));
      });
    }
    for (const { path, mode } of plan.modes)
      attempt(path, (parent, name) => chmodSync(parent.at(name), mode));
  } finally {
    root.close();
  }
  syncParent(join(folder, '.'));
  rmSync(journal, { recursive: true, force: true });
  syncParent(folder);
}

function hasParent(root: FolderHandle, path: string): boolean {
  try {
    return root.within(path, (parent, name) => parent.stat(name) !== undefined);
  } catch {
    return false;
  }
}

/** Folders go only when they are empty: files that nobody knows stay, with the folders around them. */
function removeEntry(parent: FolderHandle, name: string): void {
  const stat = parent.stat(name);
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    unlinkSync(parent.at(name));
    return;
  }
  try {
    rmdirSync(parent.at(name));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
