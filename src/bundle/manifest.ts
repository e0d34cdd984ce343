/**
 * The manifest of a bundle patch: every entry of new and where it comes from, the files of old that are read, the parts, and what of old is
 * gone. Layout in docs/FORMAT.md, section "Bundles"; digests stand in a stream of their own, so that texts compress well.
 */

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { patchError } from '../errors/patch-error.js';
import { assertEntryPath, comparePaths, MAX_PATH_BYTES } from './entry-path.js';
import { assertTree, MAX_ENTRIES, type TreeEntry } from './tree.js';

/** Bytes kept of the SHA-256 of each file: enough against a second preimage; the tree's digest in the header covers whole ones. */
export const ENTRY_DIGEST_SIZE = 16;

/** A file of old that copies or parts are made from. */
export interface SourceFile {
  readonly path: string;
  readonly size: number;
  readonly digest: Uint8Array;
}

/** Where the content of a file of new comes from: old's file of the same path, another file of old, or a part. */
export type Origin =
  | { readonly kind: 'same' }
  | { readonly kind: 'copy'; readonly source: number }
  | { readonly kind: 'part' };

/** An ordinary patch from some files of old, one behind the other, to some files of new. */
export interface Part {
  /** Indices of sources, in the order in which they are joined. */
  readonly sources: readonly number[];
  /** Indices of entries, in the order in which new is cut. */
  readonly outputs: readonly number[];
  /** Bytes of the patch. */
  readonly size: number;
  /** Full content for files whose base turns out to be another; has no sources. */
  readonly isFallback: boolean;
}

export interface BundleManifest {
  /** The tree of new, in order. */
  readonly entries: readonly TreeEntry[];
  /** One for each entry; folders and links have `part`, which means nothing there. */
  readonly origins: readonly Origin[];
  readonly sources: readonly SourceFile[];
  readonly parts: readonly Part[];
  /** Paths of old that new does not have, in order. */
  readonly removed: readonly string[];
}

const TYPES = ['folder', 'file', 'link'] as const;
const EXECUTABLE = 4;
const ORIGINS = ['part', 'same', 'copy'] as const;
const ORIGIN_SHIFT = 3;

export interface ManifestBytes {
  readonly manifest: Uint8Array<ArrayBuffer>;
  readonly digests: Uint8Array<ArrayBuffer>;
}

export function writeManifest({ entries, origins, sources, parts, removed }: BundleManifest): ManifestBytes {
  const writer = new ByteWriter(1 << 12);
  const digests = new ByteWriter(1 << 12);
  const putDigest = (digest: Uint8Array) => digests.put(digest.subarray(0, ENTRY_DIGEST_SIZE));
  writer.varint(entries.length);
  const putPath = pathWriter(writer);
  entries.forEach((entry, i) => {
    const origin = origins[i]!;
    putPath(entry.path);
    const kind = entry.type === 'file' ? ORIGINS.indexOf(origin.kind) << ORIGIN_SHIFT : 0;
    const executable = entry.type === 'file' && entry.isExecutable ? EXECUTABLE : 0;
    writer.u8(TYPES.indexOf(entry.type) | executable | kind);
    if (entry.type === 'link') putText(writer, entry.target);
    if (entry.type !== 'file') return;
    if (origin.kind === 'copy') {
      writer.varint(origin.source);
      return;
    }
    writer.varint(entry.size);
    putDigest(entry.digest);
  });
  writer.varint(sources.length);
  const putSource = pathWriter(writer);
  for (const { path, size, digest } of sources) {
    putSource(path);
    writer.varint(size);
    putDigest(digest);
  }
  writer.varint(parts.length);
  for (const part of parts) writePart(writer, part);
  writer.varint(removed.length);
  const putRemoved = pathWriter(writer);
  for (const path of removed) putRemoved(path);
  return { manifest: writer.take(), digests: digests.take() };
}

function writePart(writer: ByteWriter, { sources, outputs, size, isFallback }: Part): void {
  writer.u8(isFallback ? 1 : 0).varint(sources.length);
  for (const source of sources) writer.varint(source);
  writer.varint(outputs.length);
  for (const output of outputs) writer.varint(output);
  writer.varint(size);
}

/** Reads a manifest and checks all that can be checked without the files. Throws FormatError, LimitError(ENTRY_LIMIT). */
export function readManifest(manifest: Uint8Array, digests: Uint8Array): BundleManifest {
  const reader = new ByteReader(manifest, 'bundle');
  const digestReader = new ByteReader(digests, 'bundle');
  const takeDigest = () => digestReader.take(ENTRY_DIGEST_SIZE, 'the digest of a file').slice();
  const drafts = readList(reader, 'entries', pathReader(reader), (path) =>
    readEntry(reader, path, takeDigest),
  );
  const sources = readList(reader, 'sources', pathReader(reader), (path): SourceFile => {
    assertEntryPath(path);
    return { path, size: reader.varint('the size of a source'), digest: takeDigest() };
  });
  const entries = drafts.map(({ entry, source }): TreeEntry => {
    if (source < 0) return entry as TreeEntry;
    const { size, digest } = sources[source] ?? refuse(`the source ${source} of ${sources.length}`);
    return { ...(entry as TreeEntry & { type: 'file' }), size, digest };
  });
  const parts = readParts(reader, sources, entries);
  const removed = readList(reader, 'removed paths', pathReader(reader), (path) => path);
  reader.done('the manifest');
  digestReader.done('the digests of files');
  const read = { entries, origins: drafts.map(({ origin }) => origin), sources, parts, removed };
  assertManifest(read);
  return read;
}

interface Draft {
  readonly entry: Omit<TreeEntry & { type: 'file' }, 'size' | 'digest'> | TreeEntry;
  readonly origin: Origin;
  /** Index of the source that a copy has its size and digest from; -1 for none. */
  readonly source: number;
}

function readEntry(reader: ByteReader, path: string, takeDigest: () => Uint8Array): Draft {
  const code = reader.u8('the kind of an entry');
  const type = TYPES[code & 3];
  const kind = ORIGINS[code >> ORIGIN_SHIFT];
  const isExecutable = (code & EXECUTABLE) !== 0;
  if (type === undefined || kind === undefined || (type !== 'file' && code > 2))
    return refuse(`an entry of kind ${code}`);
  if (type === 'folder') return { entry: { type, path }, origin: { kind: 'part' }, source: -1 };
  if (type === 'link') {
    return {
      entry: { type, path, target: readText(reader, 'the target of a link') },
      origin: { kind: 'part' },
      source: -1,
    };
  }
  if (kind === 'copy') {
    const source = reader.varint('a source');
    return { entry: { type, path, isExecutable }, origin: { kind, source }, source };
  }
  const size = reader.varint('the size of a file');
  return { entry: { type, path, isExecutable, size, digest: takeDigest() }, origin: { kind }, source: -1 };
}

function readParts(
  reader: ByteReader,
  sources: readonly SourceFile[],
  entries: readonly TreeEntry[],
): Part[] {
  const indices = (what: string, limit: number) => {
    const count = reader.varint(`a count of ${what}`);
    if (count > reader.remaining) refuse(`${count} ${what} in ${reader.remaining} bytes`);
    return Array.from({ length: count }, () => {
      const index = reader.varint(what);
      return index < limit ? index : refuse(`the number ${index} of ${limit} ${what}`);
    });
  };
  const count = reader.varint('a count of parts');
  if (count > reader.remaining) refuse(`${count} parts in ${reader.remaining} bytes`);
  return Array.from({ length: count }, () => {
    const flags = reader.u8('the flags of a part');
    if (flags > 1) refuse(`a part with flags ${flags}`);
    const from = indices('sources', sources.length);
    const outputs = indices('outputs', entries.length);
    return { sources: from, outputs, size: reader.varint('the size of a part'), isFallback: flags === 1 };
  });
}

/** Every file comes from somewhere, once; orders are total, so that one tree has one manifest. */
function assertManifest({ entries, origins, sources, parts, removed }: BundleManifest): void {
  assertTree(entries);
  const made = new Set<number>();
  const full = new Set<number>();
  for (const { sources: from, outputs, isFallback } of parts) {
    if (outputs.length === 0 || (isFallback && from.length > 0))
      refuse('a part that makes nothing, or a fallback with a base');
    for (const output of outputs) {
      const seen = isFallback ? full : made;
      if (entries[output]?.type !== 'file' || seen.has(output))
        refuse(`entry ${output} made by two parts, or no file`);
      if (!isFallback && origins[output]!.kind !== 'part')
        refuse(`entry ${output} made by a part and copied`);
      seen.add(output);
    }
  }
  entries.forEach((entry, i) => {
    if (entry.type === 'file' && origins[i]!.kind === 'part' && !made.has(i))
      refuse(`the file ${entry.path} from nowhere`);
  });
  const newPaths = new Set(entries.map(({ path }) => path));
  assertOrder(sources.map(({ path }) => path));
  assertOrder(removed);
  for (const path of removed) {
    assertEntryPath(path);
    if (newPaths.has(path)) refuse(`${path} both removed and there`);
  }
}

function assertOrder(paths: readonly string[]): void {
  for (let i = 1; i < paths.length; i++) {
    if (comparePaths(paths[i - 1]!, paths[i]!) >= 0) refuse(`${paths[i]} behind ${paths[i - 1]}`);
  }
}

function readList<Item>(
  reader: ByteReader,
  what: string,
  takePath: () => string,
  read: (path: string) => Item,
): Item[] {
  const count = reader.varint(`a count of ${what}`);
  if (count > MAX_ENTRIES || count > reader.remaining) {
    throw patchError('ENTRY_LIMIT', 'bundle', `${count} ${what}, the limit is ${MAX_ENTRIES}`, {
      expected: MAX_ENTRIES,
      found: count,
    });
  }
  const items: Item[] = [];
  for (let i = 0; i < count; i++) items.push(read(takePath()));
  return items;
}

/** A path is coded as how many bytes it shares with the one before, and the rest. */
function pathWriter(writer: ByteWriter): (path: string) => void {
  const encoder = new TextEncoder();
  let previous = new Uint8Array(0);
  return (path) => {
    const bytes = encoder.encode(path);
    let shared = 0;
    while (shared < Math.min(bytes.length, previous.length) && bytes[shared] === previous[shared]) shared++;
    writer
      .varint(shared)
      .varint(bytes.length - shared)
      .put(bytes.subarray(shared));
    previous = bytes;
  };
}

function pathReader(reader: ByteReader): () => string {
  let previous = new Uint8Array(0);
  return () => {
    const shared = reader.varint('what a path shares');
    if (shared > previous.length) refuse(`a path that shares ${shared} bytes with one of ${previous.length}`);
    const size = reader.varint('the rest of a path');
    // Before it is built: paths that share much would take more memory than they were sent with.
    if (shared + size > MAX_PATH_BYTES) {
      throw patchError('BAD_PATH', 'bundle', `a path is longer than ${MAX_PATH_BYTES} bytes`);
    }
    const rest = reader.take(size, 'the rest of a path');
    const bytes = new Uint8Array(shared + rest.length);
    bytes.set(previous.subarray(0, shared));
    bytes.set(rest, shared);
    previous = bytes;
    return decodeText(bytes);
  };
}

function putText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  writer.varint(bytes.length).put(bytes);
}

function readText(reader: ByteReader, what: string): string {
  return decodeText(reader.take(reader.varint(`the size of ${what}`), what));
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw patchError('BAD_MANIFEST', 'bundle', 'the manifest has a text that is no UTF-8', {}, cause);
  }
}

function refuse(fault: string): never {
  throw patchError('BAD_MANIFEST', 'bundle', `the manifest is malformed: it has ${fault}`);
}
