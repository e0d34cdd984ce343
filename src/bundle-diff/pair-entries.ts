/**
 * Where each file of new comes from: the same path if its content is unchanged, another file of the same content (renamed or duplicated: no
 * bytes), else the file of the same path and whatever other files of old hold pieces of it, else the most similar file. Small files
 * share one part, so that they cost no header each and compress together.
 *
 * A part is made in memory. A changed file that is larger than `createPatch` takes is refused before anything is read; one of old is no base, and the
 * files that it could have helped are larger for it.
 */

import type { TreeEntry, TreeFile } from '../bundle/tree.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { assertInputSizes, INPUT_LIMIT } from '../create/create-patch.js';
import { countCommon, fingerprintsOf } from './fingerprints.js';

/** Files up to this size share a part. */
const SMALL_SIZE = 8 << 10;
/** A small file whose base is large gets a part of its own, or the shared base would grow by it. */
const SMALL_BASE_SIZE = 64 << 10;
/** Small files share a part up to this size of their bases, or of themselves. */
const SHARED_PART_SIZE = 256 << 20;
/** A file of another name is a base when it has this share of the fingerprints. */
const LEAST_SHARE = 0.05;
/** A further file of old joins the base when it has this share, and this many, of what the base so far lacks. */
const JOIN_SHARE = 0.08;
const JOIN_COUNT = 8;
const MAX_JOINED = 3;

export type FileOrigin = 'same' | { readonly copyOf: string } | 'part';

export interface PlannedPart {
  /** Paths of old, in the order in which they are joined. */
  readonly sources: readonly string[];
  /** Paths of new. */
  readonly outputs: readonly string[];
}

export interface BundlePlan {
  /** By path of new. */
  readonly origins: ReadonlyMap<string, FileOrigin>;
  readonly parts: readonly PlannedPart[];
}

/** `readOld` and `readNew` answer the content of a file by its path. */
export function planBundle(
  old: readonly TreeEntry[],
  next: readonly TreeEntry[],
  readOld: (path: string) => Uint8Array,
  readNew: (path: string) => Uint8Array,
): BundlePlan {
  const oldFiles = filesOf(old);
  const byPath = new Map(oldFiles.map((file) => [file.path, file]));
  const byDigest = new Map([...oldFiles].reverse().map((file) => [toHex(file.digest), file.path]));
  const origins = new Map<string, FileOrigin>();
  const changed: TreeFile[] = [];
  for (const file of filesOf(next)) {
    const before = byPath.get(file.path);
    const twin = byDigest.get(toHex(file.digest));
    if (before !== undefined && equalBytes(before.digest, file.digest)) origins.set(file.path, 'same');
    else if (twin !== undefined) origins.set(file.path, { copyOf: twin });
    else {
      assertInputSizes(0, file.size, file.path);
      origins.set(file.path, 'part');
      changed.push(file);
    }
  }
  const similar = new SimilarFiles(
    oldFiles.filter(({ size }) => size <= INPUT_LIMIT),
    readOld,
  );
  const parts: PlannedPart[] = [];
  const small: SmallFile[] = [];
  for (const file of changed) {
    const sources = similar.basesOf(file, byPath.get(file.path), readNew);
    const baseSize = sources.reduce((sum, path) => sum + byPath.get(path)!.size, 0);
    if (file.size <= SMALL_SIZE && baseSize <= SMALL_BASE_SIZE) small.push({ ...file, sources });
    else parts.push({ sources, outputs: [file.path] });
  }
  parts.push(...shareParts(small, (path) => byPath.get(path)!.size));
  return { origins, parts };
}

interface SmallFile extends TreeFile {
  readonly sources: readonly string[];
}

/** Puts small files together: all into one part, unless they are more than one should hold. */
function shareParts(small: readonly SmallFile[], sizeOf: (path: string) => number): PlannedPart[] {
  const parts: { sources: Set<string>; outputs: string[]; size: number }[] = [];
  for (const { path, size, sources } of small) {
    let part = parts.at(-1);
    const added = (to: ReadonlySet<string>) =>
      sources.reduce((sum, source) => sum + (to.has(source) ? 0 : sizeOf(source)), size);
    if (part === undefined || part.size + added(part.sources) > SHARED_PART_SIZE) {
      part = { sources: new Set(), outputs: [], size: 0 };
      parts.push(part);
    }
    part.size += added(part.sources);
    for (const source of sources) part.sources.add(source);
    part.outputs.push(path);
  }
  return parts.map(({ sources, outputs }) => ({ sources: [...sources], outputs }));
}

function filesOf(entries: readonly TreeEntry[]): TreeFile[] {
  return entries.filter((entry) => entry.type === 'file');
}

/** Finds bases by content; a file of old is read when it is first compared. */
class SimilarFiles {
  private readonly files: readonly TreeFile[];
  private readonly read: (path: string) => Uint8Array;
  private readonly known = new Map<string, Set<number>>();

  constructor(files: readonly TreeFile[], read: (path: string) => Uint8Array) {
    this.files = files;
    this.read = read;
  }

  /** Paths of old that a file of new is made from, the best first; none when old has nothing like it. */
  basesOf(file: TreeFile, before: TreeFile | undefined, readNew: (path: string) => Uint8Array): string[] {
    const wanted = fingerprintsOf(readNew(file.path));
    const isBase = before !== undefined && before.size <= INPUT_LIMIT;
    const bases = isBase ? [before.path] : [];
    let size = isBase ? before.size : 0;
    if (!isBase) {
      const best = this.best(wanted, bases);
      if (best === undefined) {
        const named = this.sameName(file);
        return named === undefined ? [] : [named];
      }
      if (best.common < LEAST_SHARE * wanted.size) return [];
      bases.push(best.path);
      size = best.size;
    }
    let missing = this.without(wanted, bases[0]!);
    while (bases.length <= MAX_JOINED) {
      const next = this.best(missing, bases);
      if (next === undefined || next.common < Math.max(JOIN_COUNT, JOIN_SHARE * wanted.size)) break;
      size += next.size;
      if (size > INPUT_LIMIT) break;
      bases.push(next.path);
      missing = this.without(missing, next.path);
    }
    return bases;
  }

  private best(
    wanted: ReadonlySet<number>,
    except: readonly string[],
  ): { readonly path: string; readonly size: number; readonly common: number } | undefined {
    let best: { path: string; size: number; common: number } | undefined;
    if (wanted.size === 0) return best;
    for (const { path, size } of this.files) {
      if (except.includes(path)) continue;
      const common = countCommon(wanted, this.fingerprints(path));
      if (common > (best?.common ?? 0)) best = { path, size, common };
    }
    return best;
  }

  /** Short files have no fingerprints: a file of the same name elsewhere is the best guess. */
  private sameName({ path, size }: TreeFile): string | undefined {
    const name = path.split('/').at(-1);
    return this.files.find((file) => file.path.split('/').at(-1) === name && file.size < 16 * (size + 256))
      ?.path;
  }

  private without(wanted: ReadonlySet<number>, path: string): Set<number> {
    const has = this.fingerprints(path);
    return new Set([...wanted].filter((fingerprint) => !has.has(fingerprint)));
  }

  private fingerprints(path: string): Set<number> {
    let found = this.known.get(path);
    if (found === undefined) {
      found = fingerprintsOf(this.read(path));
      this.known.set(path, found);
    }
    return found;
  }
}
