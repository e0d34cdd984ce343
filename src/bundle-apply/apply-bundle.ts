import { lstatSync } from 'node:fs';
import { digestOfOld } from '../apply/verify-old.js';
import { type BundlePatch, readBundlePatch } from '../bundle/bundle-patch.js';
import { parentOf } from '../bundle/entry-path.js';
import { FolderHandle, listPaths } from '../bundle/folder-handle.js';
import { ENTRY_DIGEST_SIZE } from '../bundle/manifest.js';
import { type TreeEntry, type TreeFile, treeDigest } from '../bundle/tree.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { type PatchVerifier, readSignedParts } from '../container/signature-block.js';
import { patchError } from '../errors/patch-error.js';
import { readWholeFile } from '../node/file-reader.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync } from '../progress/run-steps.js';
import { BundleSource, explain, type Fallback, type FetchFile } from './bundle-source.js';
import { clearLeftovers, StageFolder } from './stage-folder.js';

/** A patch of a folder, trust in it and limits. */
export interface BundlePatchOptions extends OperationOptions {
  /** Path of the patch, or its bytes. */
  readonly patch: string | Uint8Array;
  /** Checks the signature before anything that it covers is parsed; default: no signature is asked for. */
  readonly verifier?: PatchVerifier | undefined;
  /** Most bytes that all files of new may have; more is a LimitError. Default: 64 GiB. */
  readonly maxNewSize?: number | undefined;
  /** Most bytes of linear memory for a part. Default: 256 MiB. */
  readonly memoryLimit?: number | undefined;
  /** Called before files are made, with their paths, and how many bytes of all that must be made are done. */
  readonly onFiles?: ((paths: readonly string[], done: number, total: number) => void) | undefined;
}

/** Which folder becomes which. */
export interface ApplyBundleOptions extends BundlePatchOptions {
  /** Path of the old folder; it is only read. */
  readonly old: string;
  /** Path of the new folder, which must not exist. */
  readonly new: string;
  /** Replace what is at `new`. Two renames: for a switch that is never seen half done, use `switchLink`. */
  readonly force?: boolean | undefined;
  /** Copy unchanged files instead of linking them to old's. Default: false. */
  readonly copy?: boolean | undefined;
  /** Files of old that the patch does not know: left behind (`report`) or taken along (`keep`). Default: `report`. */
  readonly extras?: 'report' | 'keep' | undefined;
  /** Gives whole files where the base is not the one that the patch was made from. */
  readonly fetchFile?: FetchFile | undefined;
}

/** What applying did; paths of new, but `removed` and `extras`, which are paths of old. */
export interface BundleApplyReport {
  readonly newDigest: string;
  readonly linked: readonly string[];
  readonly copied: readonly string[];
  readonly made: readonly string[];
  readonly removed: readonly string[];
  readonly extras: readonly string[];
  /** Files that came whole because the base was another. */
  readonly fallbacks: readonly Fallback[];
}

const DEFAULT_MAX_NEW_SIZE = 2 ** 36;

/** Reads, checks and opens a bundle patch in the order of TRUST: signature, digest, manifest, limits. */
export async function openBundlePatch(options: BundlePatchOptions): Promise<BundlePatch> {
  const bytes = typeof options.patch === 'string' ? readWholeFile(options.patch) : options.patch;
  if (options.verifier !== undefined) {
    const { signedBytes, signatures } = readSignedParts(bytes);
    await options.verifier.verify(signedBytes, signatures);
  }
  const patch = readBundlePatch(bytes);
  const limit = options.maxNewSize ?? DEFAULT_MAX_NEW_SIZE;
  const size = sizeOf(patch.manifest.entries);
  if (size !== patch.header.newSize) {
    throw patchError(
      'BAD_MANIFEST',
      'bundle',
      `the files of new have ${size} bytes, the header says ${patch.header.newSize}`,
      {
        expected: patch.header.newSize,
        found: size,
      },
    );
  }
  if (size > limit) {
    throw patchError('NEW_SIZE_LIMIT', 'bundle', `the patch makes ${size} bytes, the limit is ${limit}`, {
      expected: limit,
      found: size,
    });
  }
  return patch;
}

function sizeOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
}

/**
 * Makes the new folder from the old one and a bundle patch: beside its destination, every file checked as the disk holds it, the digest of
 * the whole tree last; then it appears by one rename. Old is never written to. A crash leaves old, and perhaps a hidden folder that
 * the next call removes.
 *
 * @throws FormatError · SignatureError · MismatchError(ENTRY_MISMATCH) a base file differs and there is no full form · VerifyError · LimitError ·
 * StorageError · `signal.reason`
 */
export async function applyBundle(options: ApplyBundleOptions): Promise<BundleApplyReport> {
  // A replacement that was interrupted may have taken away what is old now.
  clearLeftovers(options.new);
  if (!options.force) assertFree(options.new);
  const patch = await openBundlePatch(options);
  const old = FolderHandle.openRoot(options.old);
  try {
    const stage = new StageFolder(options.new, patch.header.newSize);
    try {
      const report = await new TreeBuilder(patch, old, stage, options).build();
      options.signal?.throwIfAborted();
      stage.appear(options.force ?? false);
      return report;
    } finally {
      stage.discard();
    }
  } finally {
    old.close();
  }
}

function assertFree(path: string): void {
  try {
    lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  throw patchError('DESTINATION_EXISTS', 'storage', `${path} exists`, { path });
}

/** Builds the tree of new in a stage. */
class TreeBuilder {
  private readonly patch: BundlePatch;
  private readonly old: FolderHandle;
  private readonly stage: StageFolder;
  private readonly options: ApplyBundleOptions;
  private readonly source: BundleSource;
  private readonly linked: string[] = [];
  private readonly copied: string[] = [];
  private readonly made: string[] = [];
  /** Files that are links to one of old: its state and digest when it was checked. */
  private readonly proven = new Map<string, { readonly state: string; readonly digest: Uint8Array }>();

  constructor(patch: BundlePatch, old: FolderHandle, stage: StageFolder, options: ApplyBundleOptions) {
    this.patch = patch;
    this.old = old;
    this.stage = stage;
    this.options = options;
    this.source = new BundleSource(patch, old, options);
  }

  async build(): Promise<BundleApplyReport> {
    const { entries, removed } = this.patch.manifest;
    for (const entry of entries) if (entry.type === 'folder') this.stage.makeFolder(entry.path);
    await this.takeFiles();
    await this.makeParts();
    const digest = await this.verifyTree();
    const extras = this.listExtras();
    const kept = this.options.extras === 'keep' ? this.keepExtras(extras) : [];
    // Links last: nothing is ever written through one.
    for (const entry of entries) if (entry.type === 'link') this.stage.makeLink(entry.path, entry.target);
    for (const path of kept.reverse()) this.stage.syncFolder(path);
    for (const entry of [...entries].reverse())
      if (entry.type === 'folder') this.stage.syncFolder(entry.path);
    this.stage.syncFolder('');
    const { linked, copied, made } = this;
    return {
      newDigest: toHex(digest),
      linked,
      copied,
      made,
      removed,
      extras,
      fallbacks: this.source.fallbacks,
    };
  }

  /** Files that stay, or come from another path. */
  private async takeFiles(): Promise<void> {
    const { entries, origins } = this.patch.manifest;
    for (const [index, entry] of entries.entries()) {
      if (entry.type !== 'file' || origins[index]!.kind === 'part') continue;
      this.options.signal?.throwIfAborted();
      await this.takeFile(index, entry);
    }
  }

  private async takeFile(index: number, entry: TreeFile): Promise<void> {
    try {
      const twin = this.source.twinOf(index)!;
      const { file, found } = await this.source.proveSource(twin);
      try {
        const { path, isExecutable } = entry;
        const mayLink = !this.options.copy && file.isExecutable === isExecutable && file.hasPlainMode;
        // It is opened by its name again, and so may be another one by now: what is staged is looked at once more.
        const how = this.stage.takeFile(this.old, twin.path, path, isExecutable, mayLink);
        if (how === 'linked' && file.state !== undefined)
          this.proven.set(path, { state: file.state, digest: found });
        (how === 'linked' ? this.linked : this.copied).push(path);
      } finally {
        file.close();
      }
    } catch (error) {
      const cause = explain(error);
      if (cause === undefined) throw error;
      await this.withSinks((sinks) => this.source.makeWhole(index, sinks, cause));
    }
  }

  private async makeParts(): Promise<void> {
    const { parts } = this.patch.manifest;
    const total = parts.reduce((sum, part) => sum + (part.isFallback ? 0 : this.sizeOfPart(part.outputs)), 0);
    let done = 0;
    for (const [index, part] of parts.entries()) {
      if (part.isFallback) continue;
      this.options.signal?.throwIfAborted();
      const paths = part.outputs.map((output) => this.source.fileAt(output).path);
      this.options.onFiles?.(paths, done, total);
      await this.withSinks((sinks) => this.source.makePart(index, sinks));
      done += this.sizeOfPart(part.outputs);
      this.options.onProgress?.({ stage: 'apply', done, total });
    }
  }

  private sizeOfPart(outputs: readonly number[]): number {
    return outputs.reduce((sum, output) => sum + this.source.fileAt(output).size, 0);
  }

  /** Runs work that writes files; each is closed and on the disk behind it, whatever happens. */
  private async withSinks(
    work: (sinks: (entry: number) => { write(bytes: Uint8Array, offset: number): void }) => Promise<void>,
  ): Promise<void> {
    const open = new Map<number, ReturnType<StageFolder['createFile']>>();
    try {
      await work((entry) => {
        const { path, isExecutable } = this.source.fileAt(entry);
        const known = open.get(entry);
        if (known !== undefined) return known;
        const sink = this.stage.createFile(path, isExecutable);
        open.set(entry, sink);
        this.made.push(path);
        return sink;
      });
    } finally {
      for (const sink of open.values()) sink.close();
    }
  }

  /**
   * Reads every file back and compares it and the tree's digest with what the patch says. A link to the very file of old that was checked, which nobody
   * wrote to since, was read: nothing was written that the disk could have got wrong, and reading it twice would find no more.
   */
  private async verifyTree(): Promise<Uint8Array> {
    const { entries } = this.patch.manifest;
    const found: TreeEntry[] = [];
    for (const entry of entries) {
      if (entry.type !== 'file') {
        found.push(entry);
        continue;
      }
      const file = this.stage.handle.within(entry.path, (folder, name) => folder.openFile(name));
      try {
        const proven = this.proven.get(entry.path);
        const digest =
          proven !== undefined && proven.state === file.state
            ? proven.digest
            : await runAsync(digestOfOld(file), { signal: this.options.signal });
        if (
          file.size !== entry.size ||
          !equalBytes(digest.subarray(0, ENTRY_DIGEST_SIZE), entry.digest.subarray(0, ENTRY_DIGEST_SIZE))
        ) {
          throw treeMismatch(`${entry.path} as written`, toHex(entry.digest), toHex(digest));
        }
        found.push({ ...entry, isExecutable: file.isExecutable, digest });
      } finally {
        file.close();
      }
    }
    const digest = treeDigest(found);
    if (equalBytes(digest, this.patch.header.newDigest)) return digest;
    throw treeMismatch('the tree', toHex(this.patch.header.newDigest), toHex(digest));
  }

  /** Paths of old that the patch knows neither as staying, source nor removed. */
  private listExtras(): string[] {
    const { entries, sources, removed } = this.patch.manifest;
    const known = new Set([...entries, ...sources].map(({ path }) => path).concat(removed));
    return listPaths(this.old, '').filter((path) => !known.has(path));
  }

  /** Takes along what it can: what lies where new has a file or link, or what is a device, stays behind. Answers folders that it made. */
  private keepExtras(extras: readonly string[]): string[] {
    const made: string[] = [];
    const types = new Map(this.patch.manifest.entries.map(({ path, type }) => [path, type]));
    const isStaged = (path: string) => path === '' || types.get(path) === 'folder';
    const makeFolders = (path: string): boolean => {
      if (isStaged(path)) return true;
      if (types.has(path) || !makeFolders(parentOf(path))) return false;
      this.stage.makeFolder(path);
      types.set(path, 'folder');
      made.push(path);
      return true;
    };
    for (const path of extras) {
      this.old.within(path, (folder, name) => {
        const stat = folder.stat(name);
        if (stat?.isDirectory()) makeFolders(path);
        else if (makeFolders(parentOf(path))) this.keepExtra(path, folder, name);
      });
    }
    return made;
  }

  private keepExtra(path: string, folder: FolderHandle, name: string): void {
    const stat = folder.stat(name);
    if (stat?.isSymbolicLink()) this.stage.makeLink(path, folder.linkTarget(name));
    else if (stat?.isFile())
      this.stage.takeFile(this.old, path, path, (stat.mode & 0o111) !== 0, !this.options.copy);
  }
}

function treeMismatch(what: string, expected: string, found: string) {
  return patchError(
    'TREE_MISMATCH',
    'verify-new',
    `${what} is wrong: expected SHA-256 ${expected}, found ${found}`,
    {
      expected,
      found,
    },
  );
}
