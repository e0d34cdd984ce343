import { patchError } from '../errors/patch-error.js';
import {
  type Level,
  type LevelManifest,
  manifestPath,
  objectPath,
  type ProductName,
  readLevelManifest,
  timeText,
  writeLevelManifest,
} from '../levels/level-manifest.js';
import type { Lifetimes, RepositorySigners } from './repository-keys.js';
import type { TargetEntry, TufRepository } from './tuf-repository.js';

/** Keys and times of a publication. */
export interface Publication {
  readonly signers: Omit<RepositorySigners, 'root'>;
  readonly lifetimes: Lifetimes;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const DAY = 86_400_000;

/**
 * The manifest that a repository offers for a product, or undefined.
 *
 * @throws FormatError, VerifyError, StorageError when the file is another than the repository names
 */
export function readManifest(repository: TufRepository, name: ProductName): LevelManifest | undefined {
  const bytes = repository.readTarget(manifestPath(name));
  return bytes === undefined ? undefined : readLevelManifest(bytes);
}

/** Signs a manifest with the next sequence number and moves the pointer to it. Objects must be in their places. */
export async function publishManifest(
  repository: TufRepository,
  manifest: Omit<LevelManifest, 'sequence' | 'published' | 'expires'>,
  publication: Publication,
): Promise<LevelManifest> {
  const { now, lifetimes, signers } = publication;
  const before = readManifest(repository, manifest);
  const next: LevelManifest = {
    ...manifest,
    sequence: (before?.sequence ?? 0) + 1,
    published: timeText(now),
    expires: timeText(now + lifetimes.targets * DAY),
  };
  assertHistory(before, next);
  const path = manifestPath(manifest);
  const entry = repository.writeTarget(path, writeLevelManifest(next));
  const targets = new Map<string, TargetEntry>(repository.targets).set(path, entry);
  for (const { full, deltas } of allLevels(next)) {
    for (const { size, sha256 } of [full, ...deltas]) {
      const object = { size, sha256 };
      // Every fallback exists before anything points to it.
      const known = repository.targets.get(objectPath(object));
      if (known === undefined) repository.assertWritten(objectPath(object), object);
      targets.set(objectPath(object), object);
    }
  }
  await repository.publish(targets, signers, lifetimes, now);
  return next;
}

function allLevels({ bases }: Pick<LevelManifest, 'bases'>): Level[] {
  return bases.flatMap(({ levels }) => levels);
}

/** What was published stays: no base and no level vanishes, and none gets other content. */
function assertHistory(before: LevelManifest | undefined, next: LevelManifest): void {
  for (const base of before?.bases ?? []) {
    const same = next.bases.find(({ version }) => version === base.version);
    if (same?.treeDigest !== base.treeDigest) throw frozen(`base ${base.version}`);
    for (const level of base.levels) {
      const kept = same.levels.find((each) => each.level === level.level);
      if (kept?.treeDigest !== level.treeDigest) throw frozen(`level ${level.level} of base ${base.version}`);
    }
  }
}

export function frozen(what: string) {
  return patchError(
    'HISTORY_FROZEN',
    'publisher',
    `${what} was published with other content; publish a higher level, or withdraw it`,
    { what },
  );
}
