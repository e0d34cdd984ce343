import { toHex } from '../bytes/hex.js';
import { readBundlePatch } from './bundle-patch.js';
import type { TreeEntry } from './tree.js';

/** What a bundle patch says about a folder. Sizes in bytes, digests (the first 16 bytes of a SHA-256) in hexadecimal. */
export interface BundleInfo {
  readonly folders: number;
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly files: readonly BundleFileInfo[];
  /** Paths of old that new does not have. */
  readonly removed: readonly string[];
  readonly parts: readonly BundlePartInfo[];
}

/** A file of the new folder. `digest` is the SHA-256 of its content, hexadecimal, or the first 16 bytes of it. */
export interface BundleFileInfo {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  readonly digest: string;
  readonly origin: 'same' | 'copied' | 'made';
  /** Of a copy: the file of old. */
  readonly copyOf?: string;
}

/** A patch inside the patch: the files of old that it reads, and the files of new that it makes. */
export interface BundlePartInfo {
  readonly patchSize: number;
  readonly sources: readonly string[];
  readonly outputs: readonly string[];
  /** Whether it holds a file whole, for devices whose base is another. */
  readonly isFallback: boolean;
}

/** Reads and checks the manifest of a bundle patch; needs no folder and decodes no part. Throws FormatError, LimitError. */
export function inspectBundle(patch: Uint8Array): BundleInfo {
  const { entries, origins, sources, parts, removed } = readBundlePatch(patch).manifest;
  const isOf =
    <Type extends TreeEntry['type']>(type: Type) =>
    (entry: TreeEntry): entry is TreeEntry & { readonly type: Type } =>
      entry.type === type;
  return {
    folders: entries.filter(isOf('folder')).length,
    links: entries.filter(isOf('link')).map(({ path, target }) => ({ path, target })),
    files: entries.flatMap((entry, i): BundleFileInfo[] => {
      if (entry.type !== 'file') return [];
      const { path, size, isExecutable: executable } = entry;
      const origin = origins[i]!;
      const facts = { path, size, executable, digest: toHex(entry.digest) };
      if (origin.kind === 'copy')
        return [{ ...facts, origin: 'copied', copyOf: sources[origin.source]!.path }];
      return [{ ...facts, origin: origin.kind === 'same' ? 'same' : 'made' }];
    }),
    removed,
    parts: parts.map(({ size, sources: from, outputs, isFallback }) => ({
      patchSize: size,
      sources: from.map((source) => sources[source]!.path),
      outputs: outputs.map((output) => entries[output]!.path),
      isFallback,
    })),
  };
}
