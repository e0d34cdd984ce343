import { join } from 'node:path';
import { PatchError, patchError } from '../errors/patch-error.js';
import { VERSION_PATTERN } from '../levels/base-version.js';
import { displayVersion } from '../levels/level-label.js';
import {
  type Level,
  type LevelManifest,
  manifestPath,
  readLevelManifest,
  timeText,
} from '../levels/level-manifest.js';
import { FileLock } from '../node/file-lock.js';
import { AgentFolder } from './agent-folder.js';
import type { AgentEvent, AgentOptions, AgentStatus, CheckReport, InstallReport } from './agent-options.js';
import {
  type AgentState,
  type Journal,
  newState,
  readJournal,
  readState,
  type TreeName,
  writeState,
} from './agent-state.js';
import { type Choice, chooseLevel, type Wish } from './choose-level.js';
import { deviceTrees } from './device-trees.js';
import { HttpLink } from './http-link.js';
import { assertTree, levelPaths, makeLevel, type PathFailure } from './make-level.js';
import { switchLevel } from './switch-level.js';
import { fetchTarget, readExpiries, refreshRepository, type TrustedSet } from './trusted-repository.js';

/** What was found at the repository. */
interface Found {
  readonly set: TrustedSet;
  readonly manifest: LevelManifest;
  readonly state: AgentState;
}

/**
 * The agent of one product: it checks, installs, removes and tells. Each call that changes something takes the lock, finishes what an earlier
 * one left behind, does its work and lets go; nothing is held between calls, and a kill at any point leaves either the old or the new level in
 * use. docs/LEVELS.md has the states.
 */
export class Agent {
  readonly options: AgentOptions;
  private readonly link: HttpLink;

  constructor(options: AgentOptions) {
    this.options = options;
    this.link = new HttpLink(options.repository, options);
  }

  /**
   * Takes a folder as the baseline: copied, checked, put into use. Done once per base; a baseline that is there already stays.
   *
   * @throws PolicyError REFUSED another base is there
   */
  async adoptBaseline(path: string, version: string): Promise<AgentStatus> {
    if (!VERSION_PATTERN.test(version))
      throw new RangeError(`version: expected numbers with dots, got ${version}`);
    await this.locked(async (folder, _lock, known) => {
      const { digest } = await this.trees.summarizeTree(path, this.options.signal);
      if (known !== undefined) {
        if (known.base.version === version && known.base.treeDigest === digest) return;
        throw patchError('REFUSED', 'agent', `this device has the base ${known.base.version} already`, {
          base: known.base.version,
        });
      }
      const staged = join(folder.stagingFolder(), 'tree');
      folder.copyTree(path, staged);
      await assertTree(this.trees, staged, digest, this.options.signal);
      const name = treeName(digest);
      folder.keepVersion(staged, name.tree);
      folder.switchTo(name.tree);
      writeState(folder.path, newState({ ...name, version }, this.options.automatic ?? true));
    });
    return this.status();
  }

  /** Asks the repository what is there for this device; installs nothing. */
  async check(wish: Partial<Wish> = {}): Promise<CheckReport> {
    return this.locked(async (folder, _lock, known) => {
      const { choice, state } = await this.look(folder, mustHave(known), { automatic: true, ...wish });
      return this.describeChoice(choice, state, folder);
    });
  }

  /**
   * Brings the device to the level it should have. No restart and nobody's action is needed: programs that run keep their files, programs that start get
   * the new ones.
   *
   * @throws PolicyError REFUSED (a lock), STALE, HEALTH_CHECK_FAILED (rolled back) · SignatureError · MismatchError · StorageError · VerifyError
   */
  async install(wish: Partial<Wish> = {}): Promise<InstallReport> {
    const full: Wish = { automatic: false, ...wish };
    if (this.options.locks?.install) throw lockedBy('install');
    return this.locked(async (folder, lock, known) => {
      const found = await this.look(folder, mustHave(known), full);
      const { choice, state } = found;
      if (choice.level === undefined) return this.nothingInstalled(choice, state);
      return this.bring(choice.level, found, folder, lock);
    });
  }

  /** Goes back to the baseline. All levels go at once; the floor stays, and the same level can be installed again. */
  async remove(): Promise<AgentStatus> {
    if (this.options.locks?.remove) throw lockedBy('remove');
    await this.locked(async (folder, lock, known) => {
      const state = mustHave(known);
      const { base, installed } = state;
      if (installed.level === 0) return;
      if (!folder.hasVersion(base.tree)) throw baseGone(base.version);
      await assertTree(this.trees, folder.versionPath(base.tree), base.treeDigest, this.options.signal);
      const to = { level: 0, tree: base.tree, treeDigest: base.treeDigest };
      const journal: Journal = {
        operation: 'remove',
        level: 0,
        from: installed,
        to,
        phase: 'switching',
        why: '',
        checks: 0,
      };
      await switchLevel(this.switching(folder, lock), state, journal);
      this.emit({
        type: 'removed',
        level: installed.level,
        display: displayVersion(base.version, installed.level),
      });
    });
    return this.status();
  }

  /** Turns automatic installation on. */
  async enable(): Promise<AgentStatus> {
    return this.setAutomatic(true);
  }

  /** Turns automatic installation off. `install` works all the same. */
  async disable(): Promise<AgentStatus> {
    return this.setAutomatic(false);
  }

  /** What is known without asking anybody; takes no lock. */
  status(): AgentStatus {
    const folder = new AgentFolder(this.options.folder);
    const state = mustHave(readState(folder.path));
    const { product, platform, architecture, locks } = this.options;
    const { base, installed, lastCheck } = state;
    const journal = readJournal(folder.path);
    const why = lastCheck?.code ?? 'never-checked';
    return {
      product,
      platform,
      architecture,
      base: base.version,
      level: installed.level,
      display: displayVersion(base.version, installed.level),
      current: folder.inside('current'),
      automatic: state.automatic,
      locks: { install: locks?.install ?? false, remove: locks?.remove ?? false },
      isCurrent: CURRENT.has(why) ? true : BEHIND.has(why) ? false : null,
      why,
      message: lastCheck?.message ?? 'the repository was never asked',
      lastCheck: lastCheck?.time ?? null,
      floor: state.floor.level,
      removedLevel: state.removedLevel,
      quarantine: state.quarantine,
      pending: journal === undefined ? null : `${journal.operation} (${journal.phase})`,
    };
  }

  /** Finishes or undoes what an interrupted call left behind. Every other call does so first. */
  async recover(): Promise<AgentStatus> {
    await this.locked(async () => {});
    return this.status();
  }

  private get trees() {
    return this.options.trees ?? deviceTrees;
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }

  /** @internal */
  emit(event: AgentEvent): void {
    try {
      this.options.onEvent?.(event);
    } catch {
      // A listener's trouble is its own.
    }
  }

  private readonly step = (name: string) => this.emit({ type: 'step', name });

  private switching(folder: AgentFolder, lock: FileLock) {
    const { healthCheck, healthTimeout, signal } = this.options;
    return {
      folder,
      lock,
      healthCheck,
      healthTimeout,
      signal,
      emit: (event: AgentEvent) => this.emit(event),
    };
  }

  private async locked<Result>(
    work: (folder: AgentFolder, lock: FileLock, state: AgentState | undefined) => Promise<Result>,
  ): Promise<Result> {
    const folder = new AgentFolder(this.options.folder);
    const lock = new FileLock(folder.inside('lock'));
    try {
      this.step('locked');
      let state = readState(folder.path);
      const journal = readJournal(folder.path);
      if (state !== undefined && journal !== undefined) {
        state = await switchLevel(this.switching(folder, lock), state, journal, true);
      }
      if (state !== undefined) folder.sweep(namedTrees(state));
      return await work(folder, lock, state);
    } finally {
      lock.release();
    }
  }

  private async setAutomatic(automatic: boolean): Promise<AgentStatus> {
    await this.locked(async (folder, _lock, known) => {
      const state = mustHave(known);
      if (state.automatic !== automatic) writeState(folder.path, { ...state, automatic });
    });
    return this.status();
  }

  /** Asks the repository, and keeps what came of it in the state, failures as well. */
  private async look(
    folder: AgentFolder,
    known: AgentState,
    wish: Wish,
  ): Promise<Found & { choice: Choice }> {
    const time = timeText(this.now());
    try {
      const found = await this.fetchManifest(folder, known);
      const choice = chooseLevel(found.manifest, this.options, known, wish);
      const message = explainChoice(choice, known);
      const state = { ...found.state, lastCheck: { time, code: choice.reason, message } };
      writeState(folder.path, state);
      this.emit({ type: 'checked', reason: choice.reason, message });
      return { ...found, state, choice };
    } catch (error) {
      if (error instanceof PatchError) {
        const { code, message } = error;
        writeState(folder.path, { ...known, lastCheck: { time, code, message } });
      }
      throw error;
    }
  }

  private async fetchManifest(folder: AgentFolder, state: AgentState): Promise<Found> {
    const { trustedRoot, patience, signal } = this.options;
    const options = { link: this.link, folder: folder.inside('metadata'), trustedRoot, patience, signal };
    const set = await refreshRepository(options);
    this.step('metadata');
    this.assertFresh(readExpiries(options.folder), state, 'the metadata');
    const path = manifestPath(this.options);
    const target = set.target(path);
    if (target === undefined) {
      throw patchError('WRONG_PRODUCT', 'agent', `the repository has nothing for ${path}`, { path });
    }
    const manifest = readLevelManifest(await fetchTarget(set, path, target, options));
    const { sequence, published, expires } = manifest;
    const before = state.manifest;
    // A rotated root is a new beginning: it heals numbers that were driven up.
    if (set.rootVersion <= before.rootVersion && sequence < before.sequence) {
      throw patchError(
        'ROLLBACK',
        'agent',
        `manifest ${sequence} is older than ${before.sequence}, which was seen`,
        {
          expected: before.sequence,
          found: sequence,
        },
      );
    }
    this.assertFresh([Date.parse(expires)], { ...state, manifest: { ...before, published } }, 'the manifest');
    return {
      set,
      manifest,
      state: { ...state, manifest: { sequence, rootVersion: set.rootVersion, published } },
    };
  }

  /**
   * A clock that was set back must not make old metadata good: time is at least when the newest manifest was published. That comes from a signature and
   * never from this machine's clock, so a clock that once ran ahead does no lasting harm.
   */
  private assertFresh(ends: readonly number[], { manifest }: AgentState, what: string): void {
    const signed = manifest.published === '' ? 0 : Date.parse(manifest.published);
    const time = Math.max(this.now(), signed);
    const end = Math.min(...ends);
    if (time < end) return;
    throw patchError('STALE', 'agent', `${what} is out of date since ${timeText(end)}`, {
      expired: timeText(end),
    });
  }

  private async bring(
    level: Level,
    { state, set }: Found,
    folder: AgentFolder,
    lock: FileLock,
  ): Promise<InstallReport> {
    const { base, installed } = state;
    const display = displayVersion(base.version, level.level);
    const to = { level: level.level, ...treeName(level.treeDigest) };
    const brought = (await this.isKept(folder, to))
      ? { path: 'kept', downloaded: 0, failures: [] }
      : await this.makeVersion(level, { state, set }, to.tree, folder, lock);
    // A lower level than the floor comes only by the owner's word; the floor stays where it is.
    const isHigher = level.level > state.floor.level || state.floor.base !== base.version;
    const floor = isHigher
      ? { base: base.version, level: level.level, treeDigest: level.treeDigest }
      : state.floor;
    const journal: Journal = {
      operation: 'install',
      level: level.level,
      from: installed,
      to,
      phase: 'switching',
      why: '',
      checks: 0,
    };
    await switchLevel(this.switching(folder, lock), { ...state, floor }, journal);
    this.emit({ type: 'installed', level: level.level, display, path: brought.path });
    const message = `${display} is in use`;
    return { installed: true, reason: 'available', message, level: level.level, display, ...brought };
  }

  /** Makes a level's tree by the first path that works, and keeps it as the version `name`. */
  private async makeVersion(
    level: Level,
    { state, set }: Omit<Found, 'manifest'>,
    name: string,
    folder: AgentFolder,
    lock: FileLock,
  ): Promise<{
    readonly path: string;
    readonly downloaded: number;
    readonly failures: readonly PathFailure[];
  }> {
    const paths = levelPaths(level, state, folder);
    folder.sweepDownloads(paths.map(({ sha256 }) => sha256));
    const { download, patience, signal, maxDownload = 2 ** 31, maxTreeSize = 2 ** 36 } = this.options;
    const onProgress = (done: number, total: number) => this.emit({ type: 'download', done, total });
    const { tree, path, failures } = await makeLevel(level, paths, {
      folder,
      trees: this.trees,
      link: this.link,
      set,
      download: { ...download, patience, signal, onProgress },
      maxDownload,
      maxTreeSize,
      onFailure: (failure) => this.emit({ type: 'path-failed', ...failure }),
    });
    this.step('staged');
    lock.assertHeld();
    folder.keepVersion(tree, name);
    this.step('kept');
    return { path: path.name, downloaded: path.size, failures };
  }

  /** Whether a level's tree is on the device, whole; a damaged one goes. */
  private async isKept(folder: AgentFolder, { tree, treeDigest }: TreeName): Promise<boolean> {
    if (!folder.hasVersion(tree)) return false;
    const { digest } = await this.trees.summarizeTree(folder.versionPath(tree), this.options.signal);
    if (digest === treeDigest) return true;
    // Never what is in use: there it is told, and left to the owner.
    if (folder.currentTree() === tree)
      await assertTree(this.trees, folder.versionPath(tree), treeDigest, undefined);
    folder.dropVersion(tree);
    return false;
  }

  private describeChoice(choice: Choice, state: AgentState, folder: AgentFolder): CheckReport {
    const { level, reason, installedWithdrawn } = choice;
    const message = explainChoice(choice, state);
    if (level === undefined) return { reason, message, offered: null, installedWithdrawn };
    const { severity, advisories } = level;
    const display = displayVersion(state.base.version, level.level);
    const size = levelPaths(level, state, folder)[0]!.size;
    return {
      reason,
      message,
      offered: { level: level.level, display, severity, advisories, size },
      installedWithdrawn,
    };
  }

  private nothingInstalled(choice: Choice, { base, installed }: AgentState): InstallReport {
    const message = explainChoice(choice, { base, installed });
    const display = displayVersion(base.version, installed.level);
    const { reason } = choice;
    return {
      installed: false,
      reason,
      message,
      level: installed.level,
      display,
      path: '',
      downloaded: 0,
      failures: [],
    };
  }
}

/** Outcomes after which the device has what it should have, and after which it has not. Others say nothing about it. */
const CURRENT: ReadonlySet<string> = new Set(['current', 'nothing-offered', 'withdrawn']);
const BEHIND: ReadonlySet<string> = new Set([
  'available',
  'base-too-old',
  'installed-withdrawn',
  'not-in-rollout',
  'removed',
  'quarantined',
]);

function explainChoice(
  { reason, level, latest }: Choice,
  { base, installed }: Pick<AgentState, 'base' | 'installed'>,
): string {
  const mine = displayVersion(base.version, installed.level);
  const theirs = displayVersion(base.version, level?.level ?? latest?.level ?? 0);
  const texts: Record<Reason, string> = {
    available: `${theirs} is available, ${mine} is in use`,
    current: `${mine} is current`,
    'installed-withdrawn': `${mine} is in use and was withdrawn; nothing follows it yet`,
    'nothing-offered': `there are no levels for ${base.version}`,
    'base-too-old': `levels are for later bases than ${base.version}`,
    withdrawn: `what follows ${mine} was withdrawn`,
    'not-in-rollout': `what follows ${mine} is not offered to this device yet`,
    removed: `${theirs} was removed here; install it by hand to have it again`,
    quarantined: `${theirs} failed its health check here`,
  };
  return texts[reason];
}

type Reason = Choice['reason'];

/** A tree's folder: enough of its digest to be told apart, short enough to be read. */
function treeName(treeDigest: string): TreeName {
  return { tree: `tree-${treeDigest.slice(0, 24)}`, treeDigest };
}

function namedTrees({ base, installed, previous }: AgentState): string[] {
  return [base.tree, installed.tree, previous];
}

function mustHave(state: AgentState | undefined): AgentState {
  if (state !== undefined) return state;
  throw patchError('BASE_NOT_PRESENT', 'agent', 'this device has no baseline yet');
}

function baseGone(version: string) {
  return patchError('BASE_NOT_PRESENT', 'agent', `the baseline ${version} is gone`, { base: version });
}

function lockedBy(what: 'install' | 'remove') {
  const verb = what === 'install' ? 'installation' : 'removal';
  return patchError('REFUSED', 'agent', `the administrator has locked ${verb}`, { lock: what });
}
