import { patchError } from '../errors/patch-error.js';
import { compareVersions } from '../levels/base-version.js';
import { displayVersion } from '../levels/level-label.js';
import type { BaseRelease, Level, LevelManifest, ProductName } from '../levels/level-manifest.js';
import { isInRollout } from '../levels/rollout.js';
import type { AgentState } from './agent-state.js';

/**
 * Which level a device is to have: a pure function of the signed manifest, of what the device knows and of what was asked. The conditions stand in the
 * order in which they are looked at: product, platform and architecture; the base is present; history goes forward; a level above the installed
 * one; not withdrawn; taken part in the rollout, not removed, not quarantined.
 */
export type Reason =
  | 'available'
  | 'current'
  | 'installed-withdrawn'
  | 'nothing-offered'
  | 'base-too-old'
  | 'withdrawn'
  | 'not-in-rollout'
  | 'removed'
  | 'quarantined';

export interface Choice {
  readonly reason: Reason;
  /** The level to install; undefined unless the reason is `available`. */
  readonly level: Level | undefined;
  /** Highest level that is offered for the base to anybody. */
  readonly latest: Level | undefined;
  /** The installed level was withdrawn. */
  readonly installedWithdrawn: boolean;
}

/** What the caller of `check` and `install` wants. */
export interface Wish {
  /** This level and no other. */
  readonly level?: number | undefined;
  /** Nobody asked: the rollout counts, and what was removed stays away. */
  readonly automatic: boolean;
  /** Levels in quarantine too. */
  readonly retry?: boolean | undefined;
  /** Levels below the highest that was ever accepted too; a decision of the device's owner. */
  readonly allowLower?: boolean | undefined;
}

/**
 * @throws MismatchError WRONG_PRODUCT, BASE_NOT_PRESENT · SignatureError ROLLBACK: what was accepted before is missing or another
 */
export function chooseLevel(
  manifest: LevelManifest,
  mine: ProductName,
  state: AgentState,
  wish: Wish,
): Choice {
  assertProduct(manifest, mine);
  const base = findBase(manifest, state);
  assertForward(base, state);
  const installed = base.levels.find(({ level }) => level === state.installed.level);
  const installedWithdrawn = installed?.withdrawn === true;
  const offered = base.levels.filter(({ withdrawn }) => !withdrawn);
  const latest = offered.at(-1);
  const found = (outcome: Reason, level?: Level): Choice => {
    const isLast = outcome === 'current' || outcome === 'withdrawn';
    return {
      reason: isLast && installedWithdrawn ? 'installed-withdrawn' : outcome,
      level,
      latest,
      installedWithdrawn,
    };
  };
  if (compareVersions(base.version, manifest.minimumBase) < 0) return found('base-too-old');
  const floor = wish.allowLower ? 0 : state.floor.level;
  const isAbove = ({ level }: Level) =>
    level !== state.installed.level &&
    level >= floor &&
    (wish.level !== undefined || level > state.installed.level);
  const above = base.levels.filter((level) => isAbove(level) && (wish.level ?? level.level) === level.level);
  if (above.length === 0) {
    if (wish.level !== undefined && wish.level !== state.installed.level)
      throw refusedLevel(base, wish.level, state);
    return found(base.levels.length === 0 ? 'nothing-offered' : 'current');
  }
  const steps: readonly (readonly [Reason, (level: Level) => boolean])[] = [
    ['withdrawn', ({ withdrawn }) => !withdrawn],
    [
      'not-in-rollout',
      ({ rollout }) => !wish.automatic || isInRollout(state.deviceId, rollout.salt, rollout.percent),
    ],
    ['removed', ({ level }) => !wish.automatic || level > state.removedLevel],
    ['quarantined', ({ treeDigest }) => wish.retry === true || !isQuarantined(state, treeDigest)],
  ];
  let left = above;
  for (const [reason, keeps] of steps) {
    left = left.filter(keeps);
    if (left.length === 0) return found(reason);
  }
  return found('available', left.at(-1));
}

function isQuarantined({ quarantine }: AgentState, treeDigest: string): boolean {
  return quarantine.some((each) => each.treeDigest === treeDigest);
}

/** A manifest of something else, however well signed, says nothing about this device. */
function assertProduct(manifest: ProductName, mine: ProductName): void {
  for (const field of ['product', 'platform', 'architecture'] as const) {
    if (manifest[field] === mine[field]) continue;
    throw patchError(
      'WRONG_PRODUCT',
      'agent',
      `the manifest is for ${field} ${manifest[field]}, this device has ${mine[field]}`,
      { field, expected: mine[field], found: manifest[field] },
    );
  }
}

function findBase({ bases }: LevelManifest, { base }: AgentState): BaseRelease {
  const found = bases.find(({ treeDigest }) => treeDigest === base.treeDigest);
  if (found !== undefined) return found;
  const named = bases.find(({ version }) => version === base.version);
  const why = named === undefined ? 'is not among the published bases' : 'is not as it was published';
  throw patchError('BASE_NOT_PRESENT', 'agent', `the base ${base.version} of this device ${why}`, {
    base: base.version,
    found: base.treeDigest,
    expected: named?.treeDigest ?? null,
  });
}

/** The highest level that was ever accepted must still be there, and be the same. Publishers only add and withdraw. */
function assertForward(base: BaseRelease, { floor }: AgentState): void {
  if (floor.level === 0 || floor.base !== base.version) return;
  const same = base.levels.find(({ level }) => level === floor.level);
  if (same?.treeDigest === floor.treeDigest) return;
  const display = displayVersion(floor.base, floor.level);
  const why = same === undefined ? 'is missing' : 'has other content';
  throw patchError('ROLLBACK', 'agent', `${display} was accepted here before and ${why} in the manifest`, {
    base: floor.base,
    level: floor.level,
  });
}

function refusedLevel(base: BaseRelease, level: number, { floor }: AgentState) {
  const display = displayVersion(base.version, level);
  if (base.levels.some((each) => each.level === level)) {
    return patchError(
      'ROLLBACK',
      'agent',
      `${display} is below level ${floor.level}, which was accepted before`,
      {
        level,
        floor: floor.level,
      },
    );
  }
  return patchError('REFUSED', 'agent', `${display} was never published`, { level });
}
