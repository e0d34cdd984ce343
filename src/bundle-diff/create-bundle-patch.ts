import { readBundlePatch } from '../bundle/bundle-patch.js';
import { comparePaths } from '../bundle/entry-path.js';
import { FolderHandle } from '../bundle/folder-handle.js';
import {
  type BundleManifest,
  type Origin,
  type Part,
  type SourceFile,
  writeManifest,
} from '../bundle/manifest.js';
import { readTree } from '../bundle/read-tree.js';
import { type TreeEntry, type TreeFile, treeDigest } from '../bundle/tree.js';
import { concatBytes } from '../bytes/concat-bytes.js';
import { NO_WINDOWS } from '../container/patch-header.js';
import { type CodedStreamBytes, writePatch } from '../container/patch-writer.js';
import type { CreateOptions } from '../create/create-options.js';
import { CODER } from '../entropy/codec.js';
import { encodeStream } from '../entropy/encode-stream.js';
import { diffKernels } from '../kernels/diff-kernels.js';
import { runAsync } from '../progress/run-steps.js';
import { assertFileSizes } from './assert-file-sizes.js';
import { type MadePart, makeParts } from './make-parts.js';
import { type FileOrigin, planBundle } from './pair-entries.js';

/** As for one file; a folder's patch holds no way back. */
export interface CreateBundleOptions extends Omit<CreateOptions, 'reverse'> {
  /** Store changed files whole as well, for devices whose base turns out to be another. Default: false. */
  readonly fallbacks?: boolean | undefined;
  /** Called before each part with the paths that it makes, and how many bytes of new are done. */
  readonly onFiles?: ((paths: readonly string[], done: number, total: number) => void) | undefined;
}

/** What became of a file of new, and the bytes of the part that makes it (and perhaps others). */
export interface FileReport {
  readonly path: string;
  readonly origin: 'same' | 'copied' | 'patched' | 'stored';
  /** Files of old that it is made from. */
  readonly sources: readonly string[];
  readonly size: number;
  readonly partBytes: number;
}

/** Sizes in bytes, digests in hexadecimal. */
export interface BundleReport {
  readonly patchSize: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly files: readonly FileReport[];
  readonly removed: readonly string[];
  /** Bytes of the patch beside the parts: header, manifest, digests. */
  readonly overhead: number;
}

/** A patch of a folder, and what became of each file. */
export interface CreateBundleResult {
  readonly patch: Uint8Array<ArrayBuffer>;
  readonly report: BundleReport;
}

/**
 * Makes the patch that turns the folder `oldFolder` into `newFolder`: the same trees and options give the same bytes on every machine.
 *
 * Files are read one part at a time, so memory follows the largest file (times `threads`, which make parts side by side), not the folder;
 * the patch itself is held whole.
 *
 * @throws FormatError(BAD_PATH) a name that no bundle may hold · StorageError · LimitError a file is too large · `signal.reason`
 */
export async function createBundlePatch(
  oldFolder: string,
  newFolder: string,
  options: CreateBundleOptions = {},
): Promise<CreateBundleResult> {
  assertFileSizes(oldFolder, newFolder);
  const old = await runAsync(readTree(oldFolder), options);
  const next = await runAsync(readTree(newFolder), options);
  const [readOld, closeOld] = openReader(oldFolder);
  const [readNew, closeNew] = openReader(newFolder);
  try {
    const plan = planBundle(old, next, readOld, readNew);
    const sizes = new Map(filesOf(next).map(({ path, size }) => [path, size]));
    const made = await makeParts(plan.parts, readOld, readNew, sizes, options);
    const manifest = describe(old, next, plan.origins, made);
    const created = assemble(old, next, manifest, made, options);
    // The parts were applied back as they were made; what holds them together is read back here.
    if (options.verify !== false) readBundlePatch(created.patch);
    return created;
  } finally {
    closeOld();
    closeNew();
  }
}

/** Reads whole files of a folder, held open, through no link. */
function openReader(path: string): [read: (entry: string) => Uint8Array<ArrayBuffer>, close: () => void] {
  const root = FolderHandle.openRoot(path);
  const read = (entry: string) =>
    root.within(entry, (folder, name) => {
      const file = folder.openFile(name);
      try {
        const bytes = new Uint8Array(file.size);
        for (let done = 0; done < bytes.length; ) {
          const count = file.read(done, bytes.subarray(done));
          if (count === 0) break;
          done += count;
        }
        return bytes;
      } finally {
        file.close();
      }
    });
  return [read, () => root.close()];
}

function describe(
  old: readonly TreeEntry[],
  next: readonly TreeEntry[],
  origins: ReadonlyMap<string, FileOrigin>,
  made: readonly MadePart[],
): BundleManifest {
  const copies = [...origins.values()].flatMap((origin) =>
    typeof origin === 'object' ? [origin.copyOf] : [],
  );
  const used = new Set([...copies, ...made.flatMap((part) => part.sources)]);
  const sources: SourceFile[] = filesOf(old).filter(({ path }) => used.has(path));
  const sourceIndex = new Map(sources.map(({ path }, i) => [path, i]));
  const entryIndex = new Map(next.map(({ path }, i) => [path, i]));
  const newPaths = new Set(next.map(({ path }) => path));
  return {
    entries: next,
    origins: next.map(({ path }): Origin => {
      const origin = origins.get(path) ?? 'part';
      return typeof origin === 'object'
        ? { kind: 'copy', source: sourceIndex.get(origin.copyOf)! }
        : { kind: origin };
    }),
    sources,
    parts: made.map(
      ({ sources: from, outputs, patch, isFallback }): Part => ({
        sources: from.map((path) => sourceIndex.get(path)!),
        outputs: outputs.map((path) => entryIndex.get(path)!),
        size: patch.length,
        isFallback,
      }),
    ),
    removed: old
      .map(({ path }) => path)
      .filter((path) => !newPaths.has(path))
      .sort(comparePaths),
  };
}

function assemble(
  old: readonly TreeEntry[],
  next: readonly TreeEntry[],
  manifest: BundleManifest,
  made: readonly MadePart[],
  options: CreateBundleOptions,
): CreateBundleResult {
  const bytes = writeManifest(manifest);
  const sizeOf = (entries: readonly TreeEntry[]) => filesOf(entries).reduce((sum, { size }) => sum + size, 0);
  const stored = { kinds: 0, coder: CODER.stored, parameters: new Uint8Array(0) };
  const parts = concatBytes(...made.map(({ patch }) => patch));
  const streams: CodedStreamBytes[] = [
    codeManifest(bytes.manifest),
    { name: 'entryDigests', ...stored, rawSize: bytes.digests.length, bytes: bytes.digests },
    { name: 'parts', ...stored, rawSize: parts.length, bytes: parts },
  ];
  const patch = writePatch(
    {
      form: 'bundle',
      criticalFeatures: 0,
      optionalFeatures: 0,
      oldSize: sizeOf(old),
      newSize: sizeOf(next),
      oldDigest: treeDigest(old),
      newDigest: treeDigest(next),
      ...NO_WINDOWS,
      predictorId: 0,
      predictorVersion: 0,
      coverCount: 0,
      decoderMemory: Math.max(0, ...made.map(({ decoderMemory }) => decoderMemory)),
      metadata: options.metadata ?? {},
    },
    streams,
  );
  return { patch, report: report(old, next, manifest, made, patch.length - parts.length, patch.length) };
}

function codeManifest(raw: Uint8Array): CodedStreamBytes {
  const plan = {
    coder: 'lz',
    contexts: [{ lc: 3, lp: 0, pb: 0 }],
    dictionaryLog2: Math.min(24, Math.max(12, Math.ceil(Math.log2(raw.length + 1)))),
    search: { optimal: true, depth: 64, nice: 128 },
    triedSize: 0,
  } as const;
  const steps = encodeStream(diffKernels({}), raw, plan);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return { name: 'manifest', kinds: 0, rawSize: raw.length, ...step.value };
}

function report(
  old: readonly TreeEntry[],
  next: readonly TreeEntry[],
  { entries, origins, sources, removed }: BundleManifest,
  made: readonly MadePart[],
  overhead: number,
  patchSize: number,
): BundleReport {
  const sizeOf = (list: readonly TreeEntry[]) => filesOf(list).reduce((sum, { size }) => sum + size, 0);
  const partOf = new Map(
    made.filter(({ isFallback }) => !isFallback).flatMap((part) => part.outputs.map((path) => [path, part])),
  );
  const files = entries.flatMap((entry, i): FileReport[] => {
    if (entry.type !== 'file') return [];
    const { path, size } = entry;
    const origin = origins[i]!;
    if (origin.kind === 'same') return [{ path, origin: 'same', sources: [path], size, partBytes: 0 }];
    if (origin.kind === 'copy') {
      return [{ path, origin: 'copied', sources: [sources[origin.source]!.path], size, partBytes: 0 }];
    }
    const part = partOf.get(path)!;
    const kind = part.form === 'stored' || part.sources.length === 0 ? 'stored' : 'patched';
    return [{ path, origin: kind, sources: part.sources, size, partBytes: part.patch.length }];
  });
  return { patchSize, oldSize: sizeOf(old), newSize: sizeOf(next), files, removed, overhead };
}

function filesOf(entries: readonly TreeEntry[]): TreeFile[] {
  return entries.filter((entry) => entry.type === 'file');
}
