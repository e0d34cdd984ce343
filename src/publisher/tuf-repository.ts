import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { timeText } from '../levels/level-manifest.js';
import { tufKeyId } from '../levels/tuf-key.js';
import { writeFileAtomically } from '../node/atomic-file.js';
import { withPath } from '../node/storage-error.js';
import type { Signer } from '../signature/signer.js';
import { type Lifetimes, type RepositorySigners, type Role, rootTables } from './repository-keys.js';
import { loadTufModels, type TufModels } from './tuf-models.js';

/**
 * A repository of The Update Framework as a folder of static files:
 *
 *     metadata/1.root.json 2.root.json ...     who may sign; each signed by the one before
 *     metadata/N.targets.json                  every target: length and SHA-256
 *     metadata/N.snapshot.json                 which targets metadata is current
 *     metadata/timestamp.json                  which snapshot is current: the pointer, the only file that is ever replaced
 *     targets/<folder>/<sha256>.<name>         targets, named by their content
 *
 * Files are written in the order of what points to what, the pointer last, each whole or not at all. A run that dies in between leaves files
 * that nothing points to; the next run writes them again.
 */
export interface TargetEntry {
  readonly size: number;
  readonly sha256: string;
}

interface Current {
  readonly rootVersion: number;
  readonly targetsVersion: number;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  readonly targets: ReadonlyMap<string, TargetEntry>;
}

const SPEC_VERSION = '1.0.31';
const DAY = 86_400_000;

/**
 * A repository of static files in a folder, as The Update Framework lays it out: its metadata read, changed, signed and written, timestamp
 * last.
 */
export class TufRepository {
  readonly folder: string;
  private readonly models: TufModels;
  private root: AnyMetadata;
  private current: Current;

  private constructor(folder: string, models: TufModels) {
    this.folder = folder;
    this.models = models;
    const version = newestRoot(folder);
    this.root = models.Metadata.fromJSON(models.MetadataKind.Root, this.readDocument(`${version}.root.json`));
    this.root.verifyDelegate('root', this.root);
    this.current = this.readCurrent(version);
  }

  /** Opens a repository and checks its signatures. Throws StorageError, SignatureError(METADATA_NOT_TRUSTED). */
  static async open(folder: string): Promise<TufRepository> {
    const models = await loadTufModels();
    try {
      return new TufRepository(folder, models);
    } catch (cause) {
      if ((cause as { stage?: string }).stage !== undefined) throw cause;
      throw patchError(
        'METADATA_NOT_TRUSTED',
        'publisher',
        `the metadata in ${folder} does not hold: ${(cause as Error).message}`,
        { path: folder },
        cause,
      );
    }
  }

  /** Makes an empty repository: the first root, and nothing offered. Throws PolicyError(HISTORY_FROZEN) when there is one already. */
  static async create(
    folder: string,
    signers: RepositorySigners,
    lifetimes: Lifetimes,
    now: number,
  ): Promise<TufRepository> {
    const models = await loadTufModels();
    if (existsSync(join(folder, 'metadata', '1.root.json'))) {
      throw patchError('HISTORY_FROZEN', 'publisher', `${folder} holds a repository already`, {
        path: folder,
      });
    }
    const root = newRoot(models, signers, 1, now + lifetimes.root * DAY);
    await addSignatures(models, root, signers.root.signers);
    root.verifyDelegate('root', root);
    for (const each of ['metadata', 'targets']) makeFolder(join(folder, each));
    writeMetadata(folder, '1.root.json', root);
    const repository = new TufRepository(folder, models);
    await repository.publish(new Map(), signers, lifetimes, now);
    return repository;
  }

  /** Bytes of the root that a device is shipped with. */
  get rootBytes(): Uint8Array {
    return readBytes(join(this.folder, 'metadata', `${this.current.rootVersion}.root.json`));
  }

  get targets(): ReadonlyMap<string, TargetEntry> {
    return this.current.targets;
  }

  /** Versions and times at which each role's metadata ends. */
  describeRoles(): Record<Role, { version: number; expires: string }> {
    const { rootVersion, targetsVersion, snapshotVersion, timestampVersion } = this.current;
    const describe = (name: string, version: number) => {
      const expires = version === 0 ? '' : (this.readDocument(name).signed.expires as string);
      return { version, expires };
    };
    return {
      root: describe(`${rootVersion}.root.json`, rootVersion),
      targets: describe(`${targetsVersion}.targets.json`, targetsVersion),
      snapshot: describe(`${snapshotVersion}.snapshot.json`, snapshotVersion),
      timestamp: describe('timestamp.json', timestampVersion),
    };
  }

  /** Bytes of a target of the current set, checked. Throws VerifyError(OBJECT_MISMATCH) when the file is not what was signed. */
  readTarget(path: string): Uint8Array | undefined {
    const entry = this.current.targets.get(path);
    if (entry === undefined) return undefined;
    const bytes = readBytes(join(this.folder, targetFile(path, entry)));
    if (bytes.length === entry.size && toHex(sha256(bytes)) === entry.sha256) return bytes;
    throw patchError('OBJECT_MISMATCH', 'publisher', `the file of ${path} is not what was signed`, { path });
  }

  /** Puts a target's bytes in their place; offered only once `publish` names it. Harmless when it is there. */
  writeTarget(path: string, bytes: Uint8Array): TargetEntry {
    const entry = { size: bytes.length, sha256: toHex(sha256(bytes)) };
    const file = join(this.folder, targetFile(path, entry));
    makeFolder(dirname(file));
    if (!isWhole(file, entry)) writeFileAtomically(file, bytes, true);
    return entry;
  }

  /** Throws VerifyError(OBJECT_MISMATCH) unless a target's file is there and whole. */
  assertWritten(path: string, entry: TargetEntry): void {
    if (isWhole(join(this.folder, targetFile(path, entry)), entry)) return;
    throw patchError('OBJECT_MISMATCH', 'publisher', `the file of ${path} is missing or damaged`, { path });
  }

  /** Signs a new set of targets and moves the pointer to it. */
  async publish(
    targets: ReadonlyMap<string, TargetEntry>,
    signers: Omit<RepositorySigners, 'root'>,
    lifetimes: Lifetimes,
    now: number,
  ): Promise<void> {
    const { models, folder } = this;
    const version = this.current.targetsVersion + 1;
    const metadata = new models.Metadata(
      models.Targets.fromJSON({
        _type: 'targets',
        spec_version: SPEC_VERSION,
        version,
        expires: timeText(now + lifetimes.targets * DAY),
        targets: Object.fromEntries(
          [...targets]
            .sort()
            .map(([path, { size, sha256: digest }]) => [path, { length: size, hashes: { sha256: digest } }]),
        ),
      }),
    );
    await this.signAs('targets', metadata, signers.targets.signers);
    const bytes = writeMetadata(folder, `${version}.targets.json`, metadata);
    await this.publishSnapshot({ version, ...describe(bytes) }, signers, lifetimes, now);
  }

  /** Signs snapshot and timestamp anew for the targets that are offered, so that they do not run out. */
  async refresh(
    signers: Pick<RepositorySigners, 'snapshot' | 'timestamp'>,
    lifetimes: Lifetimes,
    now: number,
  ): Promise<void> {
    const version = this.current.targetsVersion;
    const bytes = readBytes(join(this.folder, 'metadata', `${version}.targets.json`));
    await this.publishSnapshot({ version, ...describe(bytes) }, signers, lifetimes, now);
  }

  /**
   * Publishes a new root: other keys, other thresholds or a later end. The keys of the present root must sign as well as the new ones.
   * A key of snapshot or timestamp that was taken away takes its metadata along, which heals versions that were driven up.
   */
  async rotate(
    next: RepositorySigners,
    present: readonly Signer[],
    lifetimes: Lifetimes,
    now: number,
  ): Promise<void> {
    const { models, folder } = this;
    const version = this.current.rootVersion + 1;
    const root = newRoot(models, next, version, now + lifetimes.root * DAY);
    await addSignatures(models, root, [...present, ...next.root.signers]);
    this.assertSigned('root', root);
    root.verifyDelegate('root', root);
    writeMetadata(folder, `${version}.root.json`, root);
    this.root = root;
    this.current = { ...this.current, rootVersion: version };
    // The lower roles are signed again at once: their old signatures may be by keys that are gone.
    await this.publish(this.current.targets, next, lifetimes, now);
  }

  private async publishSnapshot(
    targets: object,
    signers: Pick<RepositorySigners, 'snapshot' | 'timestamp'>,
    lifetimes: Lifetimes,
    now: number,
  ): Promise<void> {
    const { models, folder } = this;
    const version = this.current.snapshotVersion + 1;
    const common = (type: string, role: Role, number: number) => ({
      _type: type,
      spec_version: SPEC_VERSION,
      version: number,
      expires: timeText(now + lifetimes[role] * DAY),
    });
    const snapshot = new models.Metadata(
      models.Snapshot.fromJSON({
        ...common('snapshot', 'snapshot', version),
        meta: { 'targets.json': targets },
      } as never),
    );
    await this.signAs('snapshot', snapshot, signers.snapshot.signers);
    const bytes = writeMetadata(folder, `${version}.snapshot.json`, snapshot);
    const timestamp = new models.Metadata(
      models.Timestamp.fromJSON({
        ...common('timestamp', 'timestamp', this.current.timestampVersion + 1),
        meta: { 'snapshot.json': { version, ...describe(bytes) } },
      } as never),
    );
    await this.signAs('timestamp', timestamp, signers.timestamp.signers);
    writeMetadata(folder, 'timestamp.json', timestamp);
    this.current = this.readCurrent(this.current.rootVersion);
  }

  private async signAs(role: Role, metadata: AnyMetadata, signers: readonly Signer[]): Promise<void> {
    await addSignatures(this.models, metadata, signers);
    this.assertSigned(role, metadata);
  }

  /** What devices would refuse is not published. */
  private assertSigned(role: Role, metadata: AnyMetadata): void {
    try {
      this.root.verifyDelegate(role, metadata);
    } catch (cause) {
      throw patchError(
        'BAD_KEY',
        'publisher',
        `the keys given may not sign ${role}, or are too few: ${(cause as Error).message}`,
        { role },
        cause,
      );
    }
  }

  private readCurrent(rootVersion: number): Current {
    const { Metadata, MetadataKind } = this.models;
    if (!existsSync(join(this.folder, 'metadata', 'timestamp.json'))) {
      return { rootVersion, targetsVersion: 0, snapshotVersion: 0, timestampVersion: 0, targets: new Map() };
    }
    const timestamp = Metadata.fromJSON(MetadataKind.Timestamp, this.readDocument('timestamp.json'));
    const snapshotVersion = timestamp.signed.snapshotMeta.version;
    const snapshot = Metadata.fromJSON(
      MetadataKind.Snapshot,
      this.readDocument(`${snapshotVersion}.snapshot.json`),
    );
    const targetsVersion = snapshot.signed.meta['targets.json']!.version;
    const targets = Metadata.fromJSON(
      MetadataKind.Targets,
      this.readDocument(`${targetsVersion}.targets.json`),
    );
    const entries = Object.entries<{ length: number; hashes: Record<string, string> }>(
      targets.signed.targets,
    );
    return {
      rootVersion,
      targetsVersion,
      snapshotVersion,
      timestampVersion: timestamp.signed.version,
      targets: new Map(
        entries.map(([path, { length, hashes }]) => [path, { size: length, sha256: hashes.sha256! }]),
      ),
    };
  }

  private readDocument(name: string) {
    return JSON.parse(new TextDecoder().decode(readBytes(join(this.folder, 'metadata', name))));
  }
}

type AnyMetadata = InstanceType<TufModels['Metadata']>;

function newRoot(models: TufModels, signers: RepositorySigners, version: number, expires: number) {
  const { keys, roles } = rootTables(signers);
  const root = models.Root.fromJSON({
    _type: 'root',
    spec_version: SPEC_VERSION,
    version,
    expires: timeText(expires),
    consistent_snapshot: true,
    keys,
    roles,
  } as never);
  return new models.Metadata(root);
}

/** Ports may answer later, the package signs at once: it is asked for the bytes, and gets the signature afterwards. */
async function addSignatures(
  { Signature }: TufModels,
  metadata: AnyMetadata,
  signers: readonly Signer[],
): Promise<void> {
  for (const signer of signers) {
    const keyID = tufKeyId(signer.publicKey);
    let message: Uint8Array = new Uint8Array(0);
    metadata.sign((bytes) => {
      message = new Uint8Array(bytes);
      return new Signature({ keyID, sig: '' });
    });
    metadata.signatures[keyID] = new Signature({ keyID, sig: toHex(await signer.sign(message)) });
  }
}

function describe(bytes: Uint8Array) {
  return { length: bytes.length, hashes: { sha256: toHex(sha256(bytes)) } };
}

function writeMetadata(folder: string, name: string, metadata: AnyMetadata): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(metadata.toJSON()));
  writeFileAtomically(join(folder, 'metadata', name), bytes, true);
  return bytes;
}

/** File of a target below the repository: consistent snapshots put the digest before the name. */
function targetFile(path: string, { sha256: digest }: TargetEntry): string {
  return join('targets', dirname(path), `${digest}.${basename(path)}`);
}

function isWhole(file: string, { size, sha256: digest }: TargetEntry): boolean {
  if (!existsSync(file)) return false;
  const bytes = readBytes(file);
  return bytes.length === size && toHex(sha256(bytes)) === digest;
}

function newestRoot(folder: string): number {
  const names = withPath(folder, 'READ_FAILED', () => readdirSync(join(folder, 'metadata')));
  const versions = names.flatMap((name) => /^(\d+)\.root\.json$/.exec(name)?.[1] ?? []).map(Number);
  if (versions.length === 0) {
    throw patchError('READ_FAILED', 'publisher', `${folder} holds no repository`, { path: folder });
  }
  return Math.max(...versions);
}

function readBytes(path: string): Uint8Array {
  return withPath(path, 'READ_FAILED', () => new Uint8Array(readFileSync(path)));
}

function makeFolder(path: string): void {
  withPath(path, 'WRITE_FAILED', () => mkdirSync(path, { recursive: true }));
}
