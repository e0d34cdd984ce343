import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { compareVersions } from '../levels/base-version.js';
import {
  type Advisory,
  type BaseRelease,
  type Level,
  type LevelDelta,
  type LevelManifest,
  objectPath,
  type ProductName,
  type RepositoryObject,
  type Severity,
} from '../levels/level-manifest.js';
import type { TreeApplier, TreeDiffer, TreeSummary } from '../levels/tree-port.js';
import { frozen, type Publication, publishManifest, readManifest } from './level-index.js';
import type { TufRepository } from './tuf-repository.js';

/**
 * From folders of builds to levels in a repository. For each level: the full form, the delta from the baseline, and the delta from the level
 * before where that build is at hand; a delta that is not smaller than what it replaces is left out. Each patch is applied back to a
 * folder and its digest compared before it is offered. A level that was published with the same content is left as it is, so a second run
 * changes nothing.
 */
export interface BuildFolder {
  readonly path: string;
}

/** A build of a level in a folder, and what the manifest says of it. */
export interface LevelBuild extends BuildFolder {
  readonly level: number;
  readonly severity?: Severity | undefined;
  readonly advisories?: readonly Advisory[] | undefined;
  readonly rollout?: { readonly percent: number; readonly salt?: string | undefined } | undefined;
}

/** Which builds become which levels of which base. */
export interface PublishRequest extends ProductName {
  readonly base: BuildFolder & { readonly version: string };
  readonly levels: readonly LevelBuild[];
  /** Levels are for this base and later ones; default: what was published, else the base itself. */
  readonly minimumBase?: string | undefined;
  /** Work out everything, write nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: PlannedObject) => void) | undefined;
}

/** An object that a level is delivered by. */
export interface PlannedObject extends RepositoryObject {
  readonly kind: 'full' | 'delta';
  readonly level: number;
  /** Level that a delta starts from; null for the full form. */
  readonly from: number | null;
  /** Offered by this publication; a delta that does not pay is made, told and left out. */
  readonly offered: boolean;
}

/** What was published, or with `dryRun` would be. */
export interface PublishReport extends ProductName {
  readonly base: string;
  /** Levels that this publication adds; none when all were there. */
  readonly added: readonly number[];
  readonly objects: readonly PlannedObject[];
  readonly written: boolean;
  /** Sequence number of the manifest that is offered now; 0 for a dry run of the first. */
  readonly sequence: number;
}

export type Trees = TreeDiffer & TreeApplier;

/**
 * Makes and publishes levels: the full form and the deltas of each that is not there yet, every one applied back, then the manifest, and the
 * pointer (timestamp) last. A second call with the same builds changes nothing.
 *
 * @throws PolicyError HISTORY_FROZEN a published base or level would change · REFUSED the request makes no sense · VerifyError a patch does not give
 * its build back · SignatureError BAD_KEY a role cannot sign · StorageError · LimitError · `signal.reason`
 */
export async function publishLevels(
  repository: TufRepository,
  request: PublishRequest,
  trees: Trees,
  publication: Publication,
): Promise<PublishReport> {
  const before = readManifest(repository, request);
  const work = makeWorkFolder(repository);
  try {
    const builder = new LevelBuilder(repository, request, trees, work);
    const base = await builder.readBase(before);
    const known = new Map(base.levels.map((level) => [level.level, level]));
    const added: number[] = [];
    for (const build of [...request.levels].sort((a, b) => a.level - b.level)) {
      const summary = await trees.summarizeTree(build.path, request.signal);
      const published = known.get(build.level);
      if (published !== undefined) {
        if (published.treeDigest !== summary.digest)
          throw frozen(`level ${build.level} of base ${base.version}`);
      } else {
        assertNext(build.level, known);
        known.set(build.level, await builder.buildLevel(build, summary));
        added.push(build.level);
      }
      builder.remember(build);
    }
    const { objects } = builder;
    const name = productOf(request);
    const report = { ...name, base: base.version, added, objects };
    const next = {
      ...name,
      minimumBase: request.minimumBase ?? before?.minimumBase ?? base.version,
      bases: withBase(before?.bases ?? [], { ...base, levels: [...known.values()] }),
    };
    const unchanged = before !== undefined && sameOffer(before, next);
    if (unchanged || request.dryRun) return { ...report, written: false, sequence: before?.sequence ?? 0 };
    builder.writeObjects();
    const { sequence } = await publishManifest(repository, next, publication);
    return { ...report, written: true, sequence };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Takes a level back: it is offered to nobody any more. Devices that have it keep it until their owners decide.
 *
 * @throws PolicyError(REFUSED) for what was never published, SignatureError(BAD_KEY), StorageError
 */
export async function withdrawLevel(
  repository: TufRepository,
  where: ProductName & { readonly base: string; readonly level: number },
  reason: string,
  publication: Publication,
): Promise<LevelManifest> {
  return changeLevel(repository, where, publication, (level) => ({
    ...level,
    withdrawn: true,
    withdrawnReason: reason,
  }));
}

/**
 * Changes how many devices a level is offered to; the salt stays, so that nobody who was in is out by a higher number.
 *
 * @throws PolicyError(REFUSED) for what was never published, SignatureError(BAD_KEY), StorageError
 */
export async function setRollout(
  repository: TufRepository,
  where: ProductName & { readonly base: string; readonly level: number },
  percent: number,
  publication: Publication,
): Promise<LevelManifest> {
  return changeLevel(repository, where, publication, (level) => ({
    ...level,
    rollout: { ...level.rollout, percent },
  }));
}

async function changeLevel(
  repository: TufRepository,
  where: ProductName & { readonly base: string; readonly level: number },
  publication: Publication,
  change: (level: Level) => Level,
): Promise<LevelManifest> {
  const before = readManifest(repository, where);
  const base = before?.bases.find(({ version }) => version === where.base);
  const level = base?.levels.find((each) => each.level === where.level);
  if (before === undefined || base === undefined || level === undefined) {
    const what = `level ${where.level} of base ${where.base}`;
    throw patchError('REFUSED', 'publisher', `${what} of ${where.product} was never published`, { what });
  }
  const changed = change(level);
  if (JSON.stringify(changed) === JSON.stringify(level)) return before;
  const levels = base.levels.map((each) => (each === level ? changed : each));
  const next = { ...before, bases: withBase(before.bases, { ...base, levels }) };
  return publishManifest(repository, next, publication);
}

/** Makes the objects of levels and proves each. */
class LevelBuilder {
  readonly objects: PlannedObject[] = [];
  private readonly bytes: Uint8Array[] = [];
  private readonly repository: TufRepository;
  private readonly request: PublishRequest;
  private readonly trees: Trees;
  private readonly work: string;
  private previous: { readonly level: number; readonly path: string } | undefined;

  constructor(repository: TufRepository, request: PublishRequest, trees: Trees, work: string) {
    this.repository = repository;
    this.request = request;
    this.trees = trees;
    this.work = work;
  }

  async readBase(before: LevelManifest | undefined): Promise<BaseRelease> {
    const { base, signal } = this.request;
    const { digest, size } = await this.trees.summarizeTree(base.path, signal);
    const known = before?.bases.find(({ version }) => version === base.version);
    if (known !== undefined && known.treeDigest !== digest) throw frozen(`base ${base.version}`);
    return known ?? { version: base.version, treeDigest: digest, treeSize: size, levels: [] };
  }

  /** A build whose folder is at hand: the next level may get a delta from it. */
  remember({ level, path }: LevelBuild): void {
    this.previous = { level, path };
  }

  async buildLevel(build: LevelBuild, summary: TreeSummary): Promise<Level> {
    const full = await this.makeObject('full', build, undefined, summary);
    const baseline = { level: 0, path: this.request.base.path };
    const deltas: LevelDelta[] = [];
    // The smallest so far: the direct delta must beat the one from the baseline, and both the full form.
    let least = full.size;
    for (const from of [baseline, this.previous]) {
      if (from === undefined) continue;
      const delta = await this.makeObject('delta', build, from, summary, least);
      if (delta.size >= least) continue;
      least = delta.size;
      deltas.push({ from: from.level, ...delta });
    }
    const salt = `${this.request.product}-${this.request.base.version}-${build.level}`.slice(0, 64);
    return {
      level: build.level,
      treeDigest: summary.digest,
      treeSize: summary.size,
      withdrawn: false,
      withdrawnReason: '',
      rollout: { percent: build.rollout?.percent ?? 100, salt: build.rollout?.salt ?? salt },
      severity: build.severity ?? 'high',
      advisories: build.advisories ?? [],
      full,
      deltas,
    };
  }

  writeObjects(): void {
    this.objects.forEach((object, i) => {
      if (object.offered) this.repository.writeTarget(objectPath(object), this.bytes[i]!);
    });
  }

  private async makeObject(
    kind: 'full' | 'delta',
    build: LevelBuild,
    from: { readonly level: number; readonly path: string } | undefined,
    summary: TreeSummary,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<RepositoryObject> {
    const { signal, onProgress } = this.request;
    const patch = await this.trees.createTreePatch({ old: from?.path, new: build.path, signal });
    const object = { size: patch.length, sha256: toHex(sha256(patch)) };
    const offered = object.size < limit;
    if (offered) await this.proveObject(patch, from?.path, summary);
    const planned: PlannedObject = {
      kind,
      level: build.level,
      from: from?.level ?? null,
      offered,
      ...object,
    };
    this.objects.push(planned);
    this.bytes.push(patch);
    onProgress?.(planned);
    return object;
  }

  /** Applies a patch as a device would and compares. */
  private async proveObject(
    patch: Uint8Array,
    old: string | undefined,
    expected: TreeSummary,
  ): Promise<void> {
    const { signal } = this.request;
    const made = join(this.work, 'made');
    await this.trees.applyTreePatch({ old, patch, new: made, maxNewSize: expected.size, signal });
    const { digest } = await this.trees.summarizeTree(made, signal);
    rmSync(made, { recursive: true, force: true });
    if (digest === expected.digest) return;
    throw patchError(
      'ROUND_TRIP_MISMATCH',
      'publisher',
      `a patch makes another folder: expected ${expected.digest}, found ${digest}`,
      { expected: expected.digest, found: digest },
    );
  }
}

function productOf({ product, platform, architecture }: ProductName): ProductName {
  return { product, platform, architecture };
}

function assertNext(level: number, known: ReadonlyMap<number, Level>): void {
  const highest = Math.max(0, ...known.keys());
  if (Number.isSafeInteger(level) && level > highest) return;
  throw patchError(
    'HISTORY_FROZEN',
    'publisher',
    `level ${level} is not above ${highest}, the highest that was published`,
    { expected: highest + 1, found: level },
  );
}

function withBase(bases: readonly BaseRelease[], base: BaseRelease): BaseRelease[] {
  const others = bases.filter(({ version }) => version !== base.version);
  return [...others, base].sort((a, b) => compareVersions(a.version, b.version));
}

function sameOffer(before: LevelManifest, next: Pick<LevelManifest, 'minimumBase' | 'bases'>): boolean {
  return (
    before.minimumBase === next.minimumBase && JSON.stringify(before.bases) === JSON.stringify(next.bases)
  );
}

function makeWorkFolder({ folder }: TufRepository): string {
  // Beside what is served, so that big builds do not fill a small /tmp; the name begins with a dot, which servers leave out.
  mkdirSync(folder, { recursive: true });
  return mkdtempSync(join(folder, '.work-'));
}
