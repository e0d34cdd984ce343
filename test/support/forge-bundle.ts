import { type BundleManifest, type ManifestBytes, writeManifest } from '../../src/bundle/manifest.js';
import type { TreeEntry } from '../../src/bundle/tree.js';
import type { StreamName } from '../../src/container/format.js';
import type { PatchHeader } from '../../src/container/patch-header.js';
import { writePatch } from '../../src/container/patch-writer.js';
import { CODER } from '../../src/entropy/codec.js';

export const NO_DIGEST = new Uint8Array(32);

/** A manifest of these entries, all files `same`; more fields may lie. */
export function manifestOf(
  entries: readonly TreeEntry[],
  change: Partial<BundleManifest> = {},
): BundleManifest {
  return {
    entries,
    origins: entries.map(() => ({ kind: 'same' })),
    sources: [],
    parts: [],
    removed: [],
    ...change,
  };
}

/** An empty file at a path. */
export function fileAt(path: string): TreeEntry {
  return { type: 'file', path, isExecutable: false, size: 0, digest: NO_DIGEST };
}

export interface Forgery {
  readonly manifest: BundleManifest | ManifestBytes;
  readonly parts?: Uint8Array;
  readonly header?: Partial<PatchHeader>;
}

/** A bundle patch whose manifest says what an attacker likes, with all outer digests right. */
export function forgeBundle({ manifest, parts = new Uint8Array(0), header = {} }: Forgery): Uint8Array {
  const bytes = 'entries' in manifest ? writeManifest(manifest) : manifest;
  const stream = (name: StreamName, content: Uint8Array) => ({
    name,
    kinds: 0,
    coder: CODER.stored,
    parameters: new Uint8Array(0),
    rawSize: content.length,
    bytes: content,
  });
  const newSize =
    'entries' in manifest
      ? manifest.entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0)
      : 0;
  return writePatch(
    {
      form: 'bundle',
      criticalFeatures: 0,
      optionalFeatures: 0,
      oldSize: 0,
      newSize,
      oldDigest: NO_DIGEST,
      newDigest: NO_DIGEST,
      windowSizeLog2: 24,
      windowDigests: [],
      predictorId: 0,
      predictorVersion: 0,
      coverCount: 0,
      decoderMemory: 0,
      metadata: {},
      ...header,
    },
    [stream('manifest', bytes.manifest), stream('entryDigests', bytes.digests), stream('parts', parts)],
  );
}
